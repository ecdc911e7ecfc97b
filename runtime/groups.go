package runtime

import (
	"fmt"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/runtime/scheduler"
)

// The groups that exist where the application declares none (SPEC section 4).
const (
	DefaultGroup    = "app:processes"
	DefaultTerminal = "app:terminal"
)

// hostSpec is a process.host entry: a process group.
type hostSpec struct {
	// Workers is how many of the group's processes run at one moment; zero
	// means one for each processor.
	Workers int `yaml:"workers" config:"min=1"`
	// MaxProcesses is how many may live at once; a spawn beyond it fails. Zero
	// means no bound.
	MaxProcesses int `yaml:"max_processes" config:"min=1"`
	Mailbox      struct {
		// Capacity is in messages; zero means mailbox.DefaultCapacity.
		Capacity int    `yaml:"capacity" config:"min=1"`
		Overflow string `yaml:"overflow" config:"enum=reject|drop_oldest|block"`
	} `yaml:"mailbox"`
	Limits process.Limits `yaml:"limits"`
}

// terminalSpec is a terminal.host entry: it has nothing to configure.
type terminalSpec struct{}

var (
	hostKind     = config.Kind{Name: "process.host", New: func() any { return new(hostSpec) }}
	terminalKind = config.Kind{Name: terminalName, New: func() any { return new(terminalSpec) }, Check: checkTerminal}
)

const terminalName = "terminal.host"

func checkTerminal(c *config.Check, e *config.Entry) {
	if first := c.App().ByKind(terminalName)[0]; e != first {
		c.Mistake("there may be one terminal.host", fmt.Sprintf("the first is %q at %s", first.ID, first.Pos))
	}
}

var overflows = map[string]mailbox.Overflow{
	"": mailbox.Reject, "reject": mailbox.Reject, "drop_oldest": mailbox.DropOldest, "block": mailbox.Block,
}

// groups gives the application's process groups.
func (rt *Runtime) groups() []scheduler.Group {
	var groups []scheduler.Group
	for _, e := range rt.app.ByKind(hostKind.Name) {
		spec := e.Spec.(*hostSpec)
		groups = append(groups, scheduler.Group{
			ID: string(e.ID), Workers: spec.Workers, MaxProcesses: spec.MaxProcesses,
			Mailbox: mailbox.Config{Capacity: spec.Mailbox.Capacity, Overflow: overflows[spec.Mailbox.Overflow]},
			Limits:  spec.Limits,
		})
	}
	if len(groups) == 0 && rt.app.Entry(DefaultGroup) == nil {
		groups = append(groups, scheduler.Group{ID: DefaultGroup})
	}
	return append(groups, scheduler.Group{ID: rt.Terminal(), Terminal: rt.opts.terminal})
}

// Terminal gives the ID of the group that owns the standard streams.
func (rt *Runtime) Terminal() string {
	for _, e := range rt.app.ByKind(terminalName) {
		return string(e.ID)
	}
	id := DefaultTerminal
	for rt.app.Entry(config.ID(id)) != nil { // an entry of another kind has that name
		id += "_"
	}
	return id
}
