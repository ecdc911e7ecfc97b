package wasmhost

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/memory"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/world"
	"wippy/wasmhost/wit"
)

// Source is a binary to run.
type Source struct {
	// Name is what errors call it, such as its file name.
	Name string
	// Bytes are the binary. They must not change while Compile runs.
	Bytes []byte
	// Method is the exported function that a process calls: of a module the
	// export's name; of a component "func", "interface#func" or
	// "ns:pkg/interface@1.2.3#func", see linker.Plan.Find. "" is the default entry
	// point: _start, or the run of wasi:cli/run.
	Method string
	// WIT holds the signatures of a module's exports, one of them the method's. ""
	// maps the core types to numbers.
	WIT string
	// Grants are the capabilities that it may import, as an entry's imports
	// name them. None are granted by default.
	Grants imports.Grants
	// Dirs are the directories that it sees, if it has wasi:filesystem.
	Dirs []Dir
	// Args are its arguments, between its name and the words of a spawn, and CWD
	// is its working directory, "" if there is none to tell.
	Args []string
	CWD  string
	// Env gives its environment. It is called at each spawn, must not block, and
	// what it fails with the spawn fails with. Nil is an empty environment.
	Env func() ([]world.Variable, error)
	// Network is what it may reach, if it has wasi:http or wasi:sockets. Nil is
	// everything.
	Network *network.Policy
	// Entry is the ID of the entry that it is of, "" for a bare binary.
	Entry string
}

// Dir shows a directory of the host to a guest.
type Dir struct {
	Host     string
	Guest    string // absolute
	ReadOnly bool
}

// Compile makes a program of a bare binary.
//
// # Errors
//
// A *mailbox.Error of kind Invalid with everything that is wrong with the
// source, a line each; ctx's error when that ended first; Unavailable when the
// host is closed.
func (h *Host) Compile(ctx context.Context, src Source) (process.Program, error) {
	p, ps, err := h.program(ctx, src, sha256.Sum256(src.Bytes))
	if err != nil {
		return nil, err
	}
	if err := ps.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// program checks a source and compiles it. It gives the program, or what is
// wrong with the source, or the error for which neither could be found out.
func (h *Host) program(ctx context.Context, src Source, sum digest) (process.Program, problems, error) {
	if module.IsComponent(src.Bytes) {
		return h.component(ctx, src)
	}
	var ps problems
	info, err := module.Read(src.Bytes)
	if err != nil {
		ps.add("path", src.Name+": "+strings.TrimPrefix(err.Error(), "module: "), "") // whose name says that it is one
		return nil, ps, nil
	}
	p := &Program{host: h, surroundings: surroundings{name: src.Name, grants: src.Grants}, method: cmp.Or(src.Method, entryPoint), info: info}
	p.linked = link(&ps, src, info)
	h.prepareWorld(&ps, &p.surroundings, src)
	p.prepare(&ps, src)
	if len(info.Proposals) > 0 {
		ps.add("path", fmt.Sprintf("%s uses %s, which is not supported", src.Name, strings.Join(info.Proposals, " and ")),
			"build it without that feature")
		return nil, ps, nil
	}
	c, err := h.compile(ctx, src, info, sum)
	if isCancelled(err) {
		return nil, nil, err
	}
	if _, ours := errors.AsType[*mailbox.Error](err); ours {
		return nil, nil, err
	}
	if err != nil {
		ps.add("path", fmt.Sprintf("%s is not valid WebAssembly, or uses a feature that is not supported: %v", src.Name, err), "")
	}
	if len(ps) > 0 {
		return nil, ps, nil
	}
	p.engine, p.code, p.meter = c.engine, c.code, c.meter
	p.reuse()
	info.Sections = nil // they hold on to the whole binary
	return p, nil, nil
}

// prepare looks the method up and finds out how its values map.
func (p *Program) prepare(ps *problems, src Source) {
	var funcs []wit.Func
	var abis []*abi
	if src.WIT != "" {
		var err error
		if funcs, err = wit.Parse(src.WIT); err != nil {
			ps.add("wit", err.Error(), "")
			// The method can still be looked for.
		}
		abis = checkSignatures(ps, src, p.info, funcs)
	}
	e := p.info.Export(p.method)
	if e == nil {
		missingMethod(ps, src, p.info)
		return
	}
	if e.Kind != module.Func {
		ps.add("method", fmt.Sprintf("%q of %s is a %s, not a function", p.method, src.Name, e.Kind), exported(p.info))
		return
	}
	core, ok := p.info.FuncType(e.Index)
	if !ok {
		return // not valid, which the engine says better
	}
	p.sig = coreSignature(p.method, core)
	bad := unmapped(core)
	switch i := slices.IndexFunc(funcs, func(f wit.Func) bool { return names(p.info, f.Name) == p.method }); {
	case i >= 0 && abis[i] != nil:
		p.abi = abis[i]
	case i >= 0:
		p.sig = witSignature(p.method, funcs[i])
	case bad != "":
		ps.add("method", fmt.Sprintf("%s of %s is %s; no value maps to %s", p.method, src.Name, core, bad), "choose a method of i32, i64, f32 and f64")
	case len(funcs) > 0:
		hint := "leave wit out, which cannot name that method"
		if line := signatureLine(p.method, core); line != "" {
			hint = "add " + line
		}
		ps.add("wit", fmt.Sprintf("no signature for the method %q", p.method), hint)
	}
	p.runInitialize(ps, src)
	p.memory = initialMemory(p.info)
	if p.memory > memory.Largest {
		ps.add("path", fmt.Sprintf("%s begins with %d pages of memory; there may be %d", src.Name, p.memory/memory.PageSize, memory.Largest/memory.PageSize), "")
	}
}

// runInitialize finds out whether _initialize runs before the method.
func (p *Program) runInitialize(ps *problems, src Source) {
	e := p.info.Export(initialize)
	if e == nil || e.Kind != module.Func || p.method == entryPoint || p.method == initialize {
		return
	}
	if t, ok := p.info.FuncType(e.Index); ok && len(t.Params)+len(t.Results) > 0 {
		ps.add("path", fmt.Sprintf("%s exports _initialize as %s; it must neither take nor return anything", src.Name, t), "")
		return
	}
	p.initialize = true
}

const (
	// entryPoint is the export that runs a module which is a program.
	entryPoint = "_start"
	// initialize is the export that a reactor wants called before all others.
	initialize = "_initialize"
)

func missingMethod(ps *problems, src Source, info *module.Module) {
	if src.Method == "" {
		ps.add("method", fmt.Sprintf("%s exports no function %q, the default", src.Name, entryPoint), "--method picks another; "+exported(info))
		return
	}
	message := fmt.Sprintf("%s exports no function %q", src.Name, src.Method)
	hint := exported(info)
	if near := config.Nearest(src.Method, functions(info)); near != "" {
		hint = "did you mean " + strconv.Quote(near) + "? " + hint
	}
	ps.add("method", message, hint)
}

// exported lists the functions that a method can name.
func exported(info *module.Module) string {
	names := functions(info)
	if len(names) == 0 {
		return "it exports no functions"
	}
	for i, name := range names {
		names[i] = module.Readable(name)
	}
	return "it exports " + list(names)
}

func functions(info *module.Module) []string {
	var names []string
	for _, e := range info.Exports {
		if e.Kind == module.Func {
			names = append(names, e.Name)
		}
	}
	return names
}

// checkSignatures holds every signature of the wit field against its export. It
// gives, for each that needs the canonical ABI, how.
func checkSignatures(ps *problems, src Source, info *module.Module, funcs []wit.Func) []*abi {
	abis := make([]*abi, len(funcs))
	for i, f := range funcs {
		e := info.Export(names(info, f.Name))
		if e == nil {
			message := fmt.Sprintf("%d:%d: %s exports no function %q", f.Line, f.Col, src.Name, f.Name)
			ps.add("wit", message, exported(info))
			continue
		}
		core, ok := info.FuncType(e.Index)
		if !ok {
			continue
		}
		plan, message := match(f, core)
		switch {
		case message != "":
			ps.add("wit", fmt.Sprintf("%d:%d: %s", f.Line, f.Col, message), "")
		case plan != nil:
			abis[i] = ps.needs(src, info, f, e.Name, plan)
		}
	}
	return abis
}

// names gives the exported function that a WIT name stands for, "" for none.
// WIT names are in kebab-case, exports in whatever their language likes.
func names(info *module.Module, name string) string {
	if e := info.Export(name); e != nil && e.Kind == module.Func {
		return name
	}
	for _, e := range info.Exports {
		if e.Kind == module.Func && plain(e.Name) == plain(name) {
			return e.Name
		}
	}
	return ""
}

// plain takes the style out of a name.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
}

// initialMemory is what the module's own memories begin with, in bytes.
func initialMemory(info *module.Module) uint64 {
	var pages uint64
	for _, m := range info.Memories {
		pages += m.Min
	}
	return pages * memory.PageSize
}
