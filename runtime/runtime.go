// Package runtime is the embedding API: a Go program makes a [Runtime], loads
// an application of YAML entries into it, and spawns Lua scripts and
// WebAssembly modules that run as supervised, message-passing processes.
//
//	rt, err := runtime.New(runtime.WithModule(luamod.Bind("greet", greet)))
//	…
//	defer rt.Close() // ends what still runs
//	err = rt.Load("./app")
//	…
//	err = rt.Start()
//	…
//	values, err := rt.Run(ctx, "myns:compute", "myns:processes", 6, 7)
package runtime

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"wippy/config"
	"wippy/lua"
	"wippy/lua/library"
	"wippy/luamod"
	envmod "wippy/luamod/env"
	errorsmod "wippy/luamod/errors"
	jsonmod "wippy/luamod/json"
	logmod "wippy/luamod/log"
	processmod "wippy/luamod/process"
	timemod "wippy/luamod/time"
	"wippy/mailbox"
	"wippy/runtime/env"
	"wippy/runtime/process"
	"wippy/runtime/scheduler"
	"wippy/runtime/supervisor"
	"wippy/wasmhost"
)

// Runtime is one node: an application, its compiled programs, and the
// scheduler that runs them. Its life is New, Load (at most once), Start,
// Spawn and Run as often as wanted, Stop, Close. Methods may be called from
// any goroutine once Start has returned.
type Runtime struct {
	opts    options
	app     *config.App
	kinds   map[string]process.Kind
	service config.Kind
	wasm    *wasmhost.Host
	engine  *lua.Engine
	env     *env.Store
	started time.Time

	programs map[config.ID]*program
	compiles map[string]*compiles // by kind; every kind is there

	dirMu sync.Mutex
	dirs  map[config.ID]fs.FS
	close []func() error

	sched  *scheduler.Scheduler // from Start on
	closed bool

	servicesMu sync.Mutex
	services   *Services // nil until StartServices
}

// New makes a runtime. It starts nothing.
//
// # Errors
//
// When two modules or kinds have the same name.
func New(opts ...Option) (*Runtime, error) {
	rt := &Runtime{opts: defaults(), kinds: map[string]process.Kind{}, compiles: map[string]*compiles{}, dirs: map[config.ID]fs.FS{}}
	for _, o := range opts {
		o(&rt.opts)
	}
	rt.started = rt.opts.clock.Now()
	modules := append([]luamod.Module{
		processmod.Module(),
		timemod.Module(rt.started),
		jsonmod.Module(),
		logmod.Module(),
		envmod.Module(rt, func(entry, variable config.ID) bool {
			return lua.Granted(rt.Entry(entry), variable)
		}),
		errorsmod.Module(),
	}, rt.opts.modules...)
	var err error
	if rt.engine, err = lua.NewEngine(lua.Options{Modules: modules, Library: library.FS}); err != nil {
		return nil, err
	}
	rt.wasm = wasmhost.New(wasmhost.Options{CacheDir: rt.opts.cacheDir, Progress: rt.opts.progress, Logger: rt.opts.logger})
	luaKind, _ := rt.engine.Kinds()
	supervisorKind, serviceKind := supervisor.Kinds()
	rt.service = serviceKind
	for _, k := range append([]process.Kind{luaKind, rt.wasm.Kind(), supervisorKind}, rt.opts.kinds...) {
		if _, taken := rt.kinds[k.Name]; taken {
			return nil, mailbox.Errorf(mailbox.Invalid, "two kinds are called %q", k.Name)
		}
		rt.kinds[k.Name] = k
		rt.compiles[k.Name] = newCompiles()
	}
	rt.adopt(&config.App{})
	return rt, nil
}

// ConfigKinds gives every kind of entry that Load knows.
func (rt *Runtime) ConfigKinds() []config.Kind {
	_, library := rt.engine.Kinds()
	kinds := []config.Kind{directoryKind, hostKind, terminalKind, library}
	kinds = append(kinds, env.Kinds()...)
	kinds = append(kinds, rt.service)
	for _, name := range slices.Sorted(maps.Keys(rt.kinds)) {
		kinds = append(kinds, rt.kinds[name].Kind)
	}
	return kinds
}

// TypeStubs gives the type stubs of all that scripts find in this runtime, for
// editors, by file name: see lua.Engine.Stubs.
func (rt *Runtime) TypeStubs() (map[string]string, error) { return rt.engine.Stubs() }

// Load reads the application in dir. It compiles nothing: see Check, and
// Spawn, which compiles what it starts.
//
// # Errors
//
// config.Errors with every mistake of the entries, or why dir is unreadable.
func (rt *Runtime) Load(dir string) error {
	app, err := rt.load(dir)
	if err != nil {
		return err
	}
	rt.adopt(app)
	return nil
}

func (rt *Runtime) load(dir string) (*config.App, error) {
	if rt.sched != nil {
		return nil, errors.New("load the application before Start: its processes run already")
	}
	app, err := config.Load(dir, rt.ConfigKinds())
	if app == nil {
		return nil, err
	}
	mistakes, _ := errors.AsType[config.Errors](err)
	for _, id := range []config.ID{supervisor.ProgramEntry, supervisor.ServicesName} {
		if e := app.Entry(id); e != nil {
			mistakes = append(mistakes, e.Mistake(fmt.Sprintf("the runtime itself has an entry %q", id), "choose another name", "name"))
		}
	}
	if len(mistakes) > 0 {
		return app, mistakes.Sorted()
	}
	return app, err
}

func (rt *Runtime) adopt(app *config.App) {
	rt.app = app
	rt.env = env.NewStore(app)
	rt.programs = map[config.ID]*program{}
	for _, e := range app.Entries {
		if k, ok := rt.kinds[e.Kind]; ok {
			rt.programs[e.ID] = &program{entry: e, kind: k}
		}
	}
}

// Start starts the node: from here on processes can be spawned. The groups are
// those of the application; one without any gets the group DefaultGroup, one
// without a terminal.host the terminal DefaultTerminal.
func (rt *Runtime) Start() error {
	if rt.sched != nil {
		return errors.New("the runtime is started already")
	}
	groups := rt.groups()
	rt.sched = scheduler.New(scheduler.Config{
		Node: 1, Clock: rt.opts.clock, Entropy: rt.opts.entropy, Logger: rt.opts.logger,
		Executors: rt.opts.executors, Limits: rt.opts.limits,
		Resolve: rt.resolve,
		Prepare: func(ctx context.Context, id string) error { _, err := rt.Prepare(ctx, id); return err },
	})
	for _, g := range groups {
		if err := rt.sched.AddGroup(g); err != nil {
			return err // cannot be: the IDs of entries are unique
		}
	}
	return nil
}

// Stop asks every process to end within grace, kills those that do not, and
// stops the node. It waits for that until ctx is done at the most. Services come
// first, in their order; all that is left has as long again. Services.Stop gives
// each its own time instead; without grace all are killed at once.
//
// # Errors
//
// When ctx ends first, an error that names the processes that are stuck.
func (rt *Runtime) Stop(ctx context.Context, reason string, grace time.Duration) error {
	if rt.sched == nil {
		return nil
	}
	if s := rt.Services(); s != nil && grace > 0 {
		_ = s.stop(ctx, reason, grace) // what is stuck is named below
	}
	return rt.sched.Stop(ctx, reason, grace)
}

// KillAll kills every process at once.
func (rt *Runtime) KillAll() {
	if rt.sched != nil {
		rt.sched.KillAll()
	}
}

// closeWithin bounds how long Close waits for processes to die, in which a
// guest that cannot be stopped would hold it for ever.
const closeWithin = 10 * time.Second

// Close kills the processes that there still are, stops the node, and frees
// compiled code and open directories. Closing again does nothing.
//
// # Errors
//
// When processes could not be ended, an error that names them; nothing was
// freed then, since they may still use it.
func (rt *Runtime) Close() error {
	if rt.closed {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if err := rt.Stop(ctx, "the runtime is closed", 0); err != nil {
		return err
	}
	rt.closed = true
	errs := []error{rt.wasm.Close(context.Background())}
	for _, c := range slices.Backward(rt.close) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// Logger implements process.App.
func (rt *Runtime) Logger() *slog.Logger { return rt.opts.logger }

// Entry implements process.App.
func (rt *Runtime) Entry(id config.ID) *config.Entry { return rt.app.Entry(id) }

// App gives the loaded application; empty before Load.
func (rt *Runtime) App() *config.App { return rt.app }

// Env implements process.App.
func (rt *Runtime) Env(id config.ID) (value string, secret bool, err error) { return rt.env.Get(id) }

var _ process.App = (*Runtime)(nil)
