package lua

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua/pattern"
	"wippy/mailbox"
	"wippy/runtime/process"
)

const (
	// checkEvery is the number of instructions between two checkpoints: some 30 µs.
	checkEvery = 1000
	// sliceChecks is the number of checkpoints in a slice, after which others run.
	sliceChecks = 10

	// frames bounds the depth of calls in a thread. Lua's own bound is some 20,000;
	// here every level costs a byte of every process.
	frames = 2000
	// registers bounds the values on a thread's stack. Few are there at first,
	// and the stack grows by registerStep.
	registers      = 1 << 17
	firstRegisters = 128 // the least that gopher-lua takes
	registerStep   = 512
)

func init() {
	// A table keeps integer keys below this in an array, holes included: one
	// assignment t[n] = 1 costs 16 n bytes, in one go that nothing can interrupt.
	// The stock bound makes that a gigabyte; this one 64 MiB. Beyond it keys are hashed.
	glua.MaxArrayIndex = 1 << 22
}

// State is one Lua process: its main LState and its ties to the node. It is
// the context.Context of every LState of the process, its coroutines included,
// so that the virtual machine asks it before each instruction whether to go on.
//
// A State belongs to its process's coroutine. As a context it never ends: a
// function that goes to the I/O pool takes the context that Await gives.
type State struct {
	ctx     process.Context
	program *program
	main    *glua.LState

	left   int          // instructions to the next checkpoint
	ration int          // what left began with
	checks int          // checkpoints to the end of the slice
	bulk   int          // of what was used since the last checkpoint, what are no instructions
	fuel   int64        // that it may still use; negative for no limit
	urgent *atomic.Bool // a checkpoint is wanted at once

	// result is set once the process ends from within; all code unwinds then.
	result *process.Result

	lastError glua.LValue // that nothing caught
	trace     []string    // where it was raised
	kept      keptTrace
	handler   *glua.LFunction
	resumes   int // threads that are resuming another
	levels    int // calls on the stacks of those

	memory    *memory
	globals   globals
	requiring []required       // outermost first
	units     map[string]*unit // that ran, by name
	loaded    map[any]glua.LValue
	stash     map[any]any
	matchers  []*pattern.Matcher // that are idle, the last used last
	random    *rand.Rand
	args      []mailbox.Value
	started   time.Time
	output    process.Output
}

// From gives the State that L belongs to, in coroutines too; nil for an LState
// that is no process's.
func From(L *glua.LState) *State {
	if L == nil {
		return nil
	}
	s, _ := L.Context().(*State)
	return s
}

// newState makes a State that has run nothing.
func newState(ctx process.Context, p *program, m *memory) *State {
	L := glua.NewState(glua.Options{
		SkipOpenLibs:        true,
		MinimizeStackMemory: true,
		CallStackSize:       frames,
		RegistrySize:        firstRegisters,
		RegistryMaxSize:     registers,
		RegistryGrowStep:    registerStep,
	})
	m.init(ctx.Limits().MaxMemory)
	s := &State{ctx: ctx, program: p, main: L, memory: m, checks: sliceChecks, fuel: -1, urgent: ctx.Urgent(), started: ctx.Clock().Now()}
	if limit := ctx.Limits().MaxFuel; limit > 0 {
		s.fuel = max(0, limit-int64(ctx.FuelUsed()))
	}
	s.refill()
	L.SetContext(s)
	L.Panic = s.uncaught
	s.initGlobals()
	return s
}

// Context is the process's context, for calls on the process's coroutine.
func (s *State) Context() process.Context { return s.ctx }

// Main is the process's main thread.
func (s *State) Main() *glua.LState { return s.main }

// Exit ends the process with reason normal and these values, from within
// whatever it is doing: pcall does not catch it. It does not return.
func (s *State) Exit(values []mailbox.Value) {
	s.end(process.Result{Values: values})
}

// Upgrade has the process go on as another entry, see process.Peers. What it
// used so far counts.
func (s *State) Upgrade(entry string, args []mailbox.Value) error {
	s.settle()
	return s.ctx.Upgrade(entry, args)
}

// end ends the process from within. It does not return.
func (s *State) end(result process.Result) {
	if s.result == nil {
		s.settle() // what it used counts
	}
	s.result = &result
	s.left = 0
	process.Unwind()
}

// check unwinds if the process is ending, whoever decided that.
func (s *State) check() {
	if s.result != nil {
		process.Unwind()
	}
	s.ctx.Checkpoint(0)
}

// charge accounts for work of a library function as if it were so many
// instructions: it shares the worker, and unwinds if the process is ending.
func (s *State) charge(fuel int) {
	s.bulk += fuel
	if s.left -= fuel; s.left <= 0 || s.urgent.Load() {
		s.checkpoint()
	}
}

// Stash gives what this process keeps under key, made by make at the first
// call. It is for modules; keys are of unexported types, as with context.
func (s *State) Stash(key any, make func() any) any {
	v, ok := s.stash[key]
	if !ok {
		v = make()
		if s.stash == nil {
			s.stash = map[any]any{}
		}
		s.stash[key] = v
	}
	return v
}

// Metatable gives this process's metatable of that name, filled by build at the
// first call. Scripts cannot reach it: getmetatable gives them the name.
func (s *State) Metatable(name string, build func(*glua.LTable)) *glua.LTable {
	type metatable string
	return s.Stash(metatable(name), func() any {
		mt := s.main.CreateTable(0, 8)
		build(mt)
		mt.RawSetString("__metatable", glua.LString(name))
		return mt
	}).(*glua.LTable)
}

// Done implements context.Context. The virtual machine calls it before each
// instruction. It counts, shares the worker, and unwinds a process that is
// ending by a panic: again at each call, since stock functions that recover
// panics may swallow one.
func (s *State) Done() <-chan struct{} {
	if s.left--; s.left <= 0 || s.urgent.Load() {
		s.checkpoint()
	}
	return nil
}

// checkpoint charges what was used, ends a slice that is used up, by count or
// by the clock, and unwinds a process that is ending.
func (s *State) checkpoint() {
	s.settle()
	if s.checks <= 0 || s.urgent.Load() {
		s.ctx.Yield()
		s.checks = sliceChecks
	}
	s.refill()
	if m := s.memory; m.room < 0 {
		s.press(0)
	}
}

// settle charges the instructions since the last time. As long as it unwinds,
// the next instruction comes here again.
func (s *State) settle() {
	used := s.ration - s.left
	s.left, s.ration = 0, 0
	if s.result != nil {
		process.Unwind()
	}
	s.ctx.Checkpoint(uint64(used))
	s.checks -= max(1, used/checkEvery)
	s.memory.room -= int64(max(used-s.bulk, 0)) * numberBytes
	s.bulk = 0
	s.memory.publish()
	if s.fuel >= 0 {
		s.fuel = max(0, s.fuel-int64(used))
	}
}

// refill orders the next checkpoint: soon where little fuel is left, so that
// the limit is met to the instruction.
func (s *State) refill() {
	s.ration = checkEvery
	if s.fuel >= 0 && s.fuel < checkEvery {
		s.ration = int(s.fuel) + 1
	}
	s.left = s.ration
}

// Err implements context.Context.
func (s *State) Err() error { return nil }

// Deadline implements context.Context.
func (s *State) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value implements context.Context.
func (s *State) Value(any) any { return nil }
