package process

// Limits bound one process (SPEC section 2, "limits"). A zero field sets no
// limit of its own: the group's default holds, then the node's. The tags are
// those of the YAML field of the same name.
type Limits struct {
	// MaxExecutionMS bounds wall time from Init, waiting included. Milliseconds.
	// Negative is no bound, whatever its group and node say.
	MaxExecutionMS int64 `yaml:"max_execution_ms" config:"min=1,unit=milliseconds"`
	// MaxFuel bounds work: a unit per loop turn or call of wasm, per VM
	// instruction of Lua. Too small a value kills a process that is only slow.
	MaxFuel int64 `yaml:"max_fuel" config:"min=1"`
	// MaxMemory bounds the sum of all linear memories, or what a Lua state
	// holds, in bytes.
	MaxMemory int64 `yaml:"max_memory" config:"min=1,unit=bytes"`
	// MaxOutput bounds what the process prints, in bytes.
	MaxOutput int64 `yaml:"max_output" config:"min=1,unit=bytes"`
	// MaxHandles bounds open handles: files, sockets, timers, resources.
	MaxHandles int64 `yaml:"max_handles" config:"min=1"`
	// MaxChildren bounds living processes that this one spawned.
	MaxChildren int64 `yaml:"max_children" config:"min=1"`
}

// Under gives l with its unset fields taken from defaults.
func (l Limits) Under(defaults Limits) Limits {
	for _, f := range []struct{ own, inherited *int64 }{
		{&l.MaxExecutionMS, &defaults.MaxExecutionMS},
		{&l.MaxFuel, &defaults.MaxFuel},
		{&l.MaxMemory, &defaults.MaxMemory},
		{&l.MaxOutput, &defaults.MaxOutput},
		{&l.MaxHandles, &defaults.MaxHandles},
		{&l.MaxChildren, &defaults.MaxChildren},
	} {
		if *f.own == 0 {
			*f.own = *f.inherited
		}
	}
	return l
}
