package runtime

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/runtime/scheduler"
	"wippy/wasmhost"
)

// Process is one that was spawned from Go.
type Process struct {
	rt   *Runtime
	pid  mailbox.PID
	exit *mailbox.Exit
	done chan struct{}
}

// PID is the process's address.
func (p *Process) PID() mailbox.PID { return p.pid }

// Done is closed once the process has ended and everything of it is freed.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit blocks until the process has ended and says how.
func (p *Process) Exit() *mailbox.Exit {
	<-p.done
	return p.exit
}

// Terminate kills the process; it may have ended already.
func (p *Process) Terminate() { _ = p.rt.sched.Terminate(p.pid) }

// Send posts a message to the process. It never blocks.
func (p *Process) Send(topic string, values ...any) error {
	return p.rt.Send(p.pid, topic, values...)
}

// Spawn starts a process of an entry in a group. It blocks while the entry is
// compiled, if that was not done. Arguments are as mailbox.ValueOf takes them.
//
// # Errors
//
// *mailbox.Error: kind NotFound for an unknown entry or group, Unavailable for
// a full group, Invalid for arguments that do not fit or an entry that does not
// compile.
func (rt *Runtime) Spawn(ctx context.Context, entry, group string, args ...any) (*Process, error) {
	return rt.start(ctx, scheduler.Start{Entry: entry, Group: group}, args)
}

// SpawnProgram starts a process of a program that is no entry; name is what
// events and logs call it.
func (rt *Runtime) SpawnProgram(ctx context.Context, prog process.Program, name, group string, args ...any) (*Process, error) {
	return rt.start(ctx, scheduler.Start{Entry: name, Group: group, Program: prog}, args)
}

// Words gives a command line's words as the arguments that a program takes: by
// the types of its parameters if it has any, else as strings.
func Words(prog process.Program, words []string) ([]any, error) {
	args := make([]any, len(words))
	if w, ok := prog.(process.Worded); ok {
		values, err := w.ParseWords(words)
		if err != nil {
			return nil, err
		}
		args = make([]any, len(values)) // fewer where some may be left out
		for i, v := range values {
			args[i] = v
		}
		return args, nil
	}
	for i, word := range words {
		args[i] = word
	}
	return args, nil
}

func (rt *Runtime) start(ctx context.Context, s scheduler.Start, args []any) (*Process, error) {
	if rt.sched == nil {
		return nil, notStarted()
	}
	var err error
	if s.Args, err = mailbox.ValuesOf(args...); err != nil {
		return nil, err
	}
	p := &Process{rt: rt, done: make(chan struct{})}
	s.OnExit = func(_ mailbox.PID, e *mailbox.Exit) {
		p.exit = e
		close(p.done)
	}
	if p.pid, err = rt.sched.Start(ctx, s); err != nil {
		return nil, err
	}
	return p, nil
}

// Run spawns a process and gives what it returned. When ctx ends first the
// process is killed, and the error is ctx's.
//
// # Errors
//
// Those of Spawn, and the process's own: a *mailbox.Error with its value and
// backtrace.
func (rt *Runtime) Run(ctx context.Context, entry, group string, args ...any) ([]mailbox.Value, error) {
	p, err := rt.Spawn(ctx, entry, group, args...)
	if err != nil {
		if over := ctx.Err(); over != nil && errors.Is(err, over) {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.Terminate()
		<-p.done
		return nil, context.Cause(ctx)
	}
	if p.exit.Err != nil {
		return nil, p.exit.Err
	}
	return p.exit.Values, nil
}

// CompileScript compiles a Lua file that is no entry: it may require every
// module, and what lies beside it in dir (nil: nothing).
//
// # Errors
//
// Syntax errors, with their position.
func (rt *Runtime) CompileScript(name string, source []byte, dir fs.FS) (process.Program, error) {
	began := time.Now()
	prog, err := rt.engine.CompileScript(name, source, dir, true)
	luaKind, _ := rt.engine.Kinds()
	rt.compiled(luaKind.Name, began, err)
	return prog, err
}

// CompileModule compiles a WebAssembly binary that is no entry.
//
// # Errors
//
// What is wrong with the binary or its method, as for an entry.
func (rt *Runtime) CompileModule(ctx context.Context, src wasmhost.Source) (process.Program, error) {
	began := time.Now()
	prog, err := rt.wasm.Compile(ctx, src)
	rt.compiled(rt.wasm.Kind().Name, began, err)
	return prog, err
}
