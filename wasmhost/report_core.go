package wasmhost

import (
	"fmt"
	"strings"

	"wippy/config"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wasi/preview1"
)

// module reports on a core module of size bytes.
func (r *Report) module(m *module.Module, size int, left *budget) error {
	r.Name = m.Name()
	r.CoreModules = append(r.CoreModules, coreReport(m, 0, size))
	var next [module.Tag + 1]uint32 // of each kind, how many there are before
	for _, i := range m.Imports {
		t, ok := m.Extern(i.Kind, next[i.Kind])
		next[i.Kind]++
		if left.spend(128 + len(i.Module) + len(i.Name) + typeText(t)) {
			return errReportSize
		}
		report := coreImport(i, t.Func)
		if ok {
			report.Type = t.String()
		}
		r.Imports = append(r.Imports, report)
	}
	var lines []string
	for _, e := range m.Exports {
		t, ok := m.Extern(e.Kind, e.Index)
		// A method is named three times more.
		if left.spend(256 + 4*len(e.Name) + 3*typeText(t)) {
			return errReportSize
		}
		if !ok {
			r.Exports = append(r.Exports, ExportReport{Name: e.Name, Kind: e.Kind.String()})
			continue
		}
		r.Exports = append(r.Exports, ExportReport{Name: e.Name, Kind: e.Kind.String(), Type: t.String()})
		if e.Kind != module.Func || unmapped(t.Func) != "" {
			continue
		}
		line := signatureLine(e.Name, t.Func)
		r.Methods = append(r.Methods, MethodReport{Forms: []string{e.Name}, Signature: t.Func.String(), WIT: line})
		if line != "" {
			lines = append(lines, line+"\n")
		}
	}
	r.WIT = strings.Join(lines, "")
	return nil
}

// coreReport reports on a core module by itself.
func coreReport(m *module.Module, offset, size int) CoreModule {
	c := CoreModule{
		Name: m.Name(), Offset: offset, Size: size, Memories: []MemoryReport{}, Start: m.HasStart,
		Unsupported: append([]string{}, m.Proposals...),
	}
	imported := 0
	for _, i := range m.Imports {
		if i.Kind == module.Memory {
			imported++
		}
	}
	for i, l := range m.Memories {
		report := MemoryReport{Imported: i < imported, Min: l.Min}
		if l.HasMax {
			report.Max = &l.Max
		}
		c.Memories = append(c.Memories, report)
	}
	for _, e := range m.Exports {
		if e.Kind == module.Func {
			c.Initialize = c.Initialize || e.Name == initialize
			c.Command = c.Command || e.Name == entryPoint
		}
	}
	return c
}

// typeText bounds the length of a core type as text. A parameter is written as a
// name and a type: "ab: externref, ".
func typeText(t module.Extern) int {
	return 64 + 16*(len(t.Func.Params)+len(t.Func.Results))
}

// coreImport tells what an import of a core module takes.
func coreImport(i module.Import, t module.FuncType) ImportReport {
	r := ImportReport{Module: i.Module, Name: i.Name, Kind: i.Kind.String(), Access: AccessUnknown, Needs: []string{}}
	switch m := hostModule(i.Module); {
	case i.Module == preview1.Name:
		groups, ok := preview1.Groups(i.Name)
		switch {
		case !ok || i.Kind != module.Func:
			r.Note = "WASI preview 1 has no such function"
		case groups == nil:
			r.Access = AccessFree
		default:
			r.Access, r.Needs, r.every = AccessGrant, groups, wantsEvery(i.Name)
		}
	case m != nil:
		f := m.Func(i.Name)
		switch {
		case f == nil || i.Kind != module.Func:
			r.Note = i.Module + " has no such function"
			if near := config.Nearest(i.Name, m.Names()); near != "" && near != i.Name {
				r.Note += fmt.Sprintf("; did you mean %q?", near)
			}
		case f.Type.String() != t.String():
			r.Note = "the function there is " + f.Type.String()
		case m.Needs(f) == "":
			r.Access = AccessFree
		default:
			r.Access, r.Needs = AccessGrant, []string{m.Needs(f)}
		}
	case i.Module == "wasi_unstable":
		r.Note = "it came before WASI preview 1; build the module for that"
	default:
		if needs, _ := interfaceNeeds(i.Module); needs != nil {
			r.Note = "only components can import it; make one of the module"
		}
	}
	return r
}

// wantsEvery tells of a function of preview 1 that what grants it is wanted
// altogether: whoever writes means standard output as well as files.
func wantsEvery(name string) bool { return name == "fd_read" || name == "fd_write" }
