package wasmhost

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"wippy/wasmhost/component"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/module"
)

// Report is what a binary says about itself, as Inspect found it. Encoded as
// JSON it is what `wippy inspect --json` prints: fields are only ever added.
type Report struct {
	// Kind is "module" for a core module, or "component".
	Kind string `json:"kind"`
	// Name is the module's own, as its name section gives it.
	Name string `json:"name,omitempty"`
	// Size is the binary's, in bytes, and Hash what an entry's hash field says.
	Size int    `json:"size"`
	Hash string `json:"hash"`
	// CoreModules are all core modules in it, those of components in it too, in
	// the order of the binary. A core module is its own.
	CoreModules []CoreModule `json:"core_modules"`
	// Components counts the components in a component.
	Components int `json:"components"`
	// WIT is the world of a component, as a document that tools for WIT read. Of a
	// core module it is what the wit field may say of its exports, a line each, or
	// "" where there are none that map.
	WIT string `json:"wit"`
	// Unsaid are the names of imports and exports that WIT cannot say, such as
	// components: within an interface, behind its name and "#".
	Unsaid []string `json:"unsaid"`
	// Imports and Exports are in the order of the binary.
	Imports []ImportReport `json:"imports"`
	Exports []ExportReport `json:"exports"`
	// Methods are the functions that an entry's method can name.
	Methods []MethodReport `json:"methods"`
	// Grants are the capabilities that an entry has to grant for all of Imports
	// that can be granted.
	Grants []string `json:"grants"`
	// Custom are the custom sections of the binary itself.
	Custom []SectionReport `json:"custom_sections"`
}

// CoreModule is one core module.
type CoreModule struct {
	Name string `json:"name,omitempty"`
	// Offset is where it begins in the binary, and Size how long it is, in bytes.
	Offset int `json:"offset"`
	Size   int `json:"size"`
	// Memories are its memories, those that it imports first.
	Memories []MemoryReport `json:"memories"`
	// Start tells that it has a start function, Initialize that it exports
	// _initialize, which runs before a method, and Command that it exports _start.
	Start      bool `json:"start"`
	Initialize bool `json:"initialize"`
	Command    bool `json:"command"`
	// Unsupported names what it uses of WebAssembly that is not run here, as far
	// as this shows outside of its code.
	Unsupported []string `json:"unsupported"`
}

// MemoryReport is a memory. Sizes are in pages of 64 KiB.
type MemoryReport struct {
	Imported bool   `json:"imported"`
	Min      uint64 `json:"min"`
	// Max is nil where the module sets no bound.
	Max *uint64 `json:"max"`
}

// What it takes to import something, as ImportReport.Access says.
const (
	AccessGrant   = "grant"   // one of Needs
	AccessFree    = "free"    // nothing: it is there without a grant
	AccessTypes   = "types"   // nothing: it is imported for its types alone
	AccessUnknown = "unknown" // nothing provides it
)

// ImportReport is one import.
type ImportReport struct {
	// Module is the first of the two names that a core module's import has.
	Module string `json:"module,omitempty"`
	Name   string `json:"name"`
	// Kind is what it is: func, table, memory, global or tag of a core module;
	// interface, function, type, resource, component or core module of a component.
	Kind string `json:"kind"`
	// Type is the core type, or the signature of a function.
	Type string `json:"type,omitempty"`
	// Functions counts those of an interface.
	Functions int `json:"functions,omitempty"`
	// Access is one of the constants above. Needs are the capabilities that grant
	// it, any one of them, the least first.
	Access string   `json:"access"`
	Needs  []string `json:"needs"`
	// Note says more: why nothing provides it.
	Note string `json:"note,omitempty"`

	every bool // the first of Needs is granted, though another would do
}

// ExportReport is one export.
type ExportReport struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"`                // as an ImportReport's
	Type      string `json:"type,omitempty"`      // as an ImportReport's
	Functions int    `json:"functions,omitempty"` // as an ImportReport's
}

// MethodReport is a function that an entry's method can name.
type MethodReport struct {
	// Forms are the names that are accepted for it, shortest first.
	Forms []string `json:"forms"`
	// Signature is in WIT of a component, in core types of a module.
	Signature string `json:"signature"`
	// WIT is, of a core module, what the wit field may say of it; "" if a
	// signature cannot name it.
	WIT string `json:"wit,omitempty"`
}

// SectionReport is a custom section. Those inside of a component's modules and
// components do not count.
type SectionReport struct {
	Name   string `json:"name"`
	Offset int    `json:"offset"`
	Size   int    `json:"size"` // in bytes, name included
}

// maxReport bounds the text of a report, in bytes. Types and names are shared in
// a binary, and written out for each that speaks of them.
const maxReport = 64 << 20

var errReportSize = fmt.Errorf("its imports and exports would take more than %d MiB of text", maxReport>>20)

// budget is how many bytes of text may still come.
type budget int

// spend takes n away, and tells whether there is no more.
func (b *budget) spend(n int) bool {
	*b -= budget(min(n, maxReport+1))
	if *b < 0 {
		*b = -1
	}
	return *b < 0
}

// Inspect reads a core module or component, without running or compiling
// anything: what is wrong within functions it does not see. The report shares
// nothing with b. It takes time and memory in proportion to b, and at most 64 MiB
// of text.
//
// # Errors
//
// A *module.Error or *component.Error, which say where, when b is neither a
// valid module nor component, or is truncated, or is a component with features that
// are not run here; another error when the report would be larger than allowed.
func Inspect(b []byte) (*Report, error) {
	r := &Report{
		Kind: "module", Size: len(b), Hash: digest(sha256.Sum256(b)).String(), CoreModules: []CoreModule{}, Imports: []ImportReport{},
		Exports: []ExportReport{}, Methods: []MethodReport{}, Grants: []string{}, Custom: []SectionReport{}, Unsaid: []string{},
	}
	left := budget(maxReport)
	if module.IsComponent(b) {
		c, err := component.Read(b)
		if err != nil {
			return nil, err
		}
		r.Kind = "component"
		err = r.component(c, &left)
		if err != nil {
			return nil, err
		}
	} else {
		m, err := module.Read(b)
		if err != nil {
			return nil, err
		}
		if err := r.module(m, len(b), &left); err != nil {
			return nil, err
		}
	}
	if !r.custom(b, &left) {
		return nil, errReportSize
	}
	r.Grants = grants(r.Imports)
	return r, nil
}

// custom lists the custom sections of b, which was read; false for too many.
func (r *Report) custom(b []byte, left *budget) bool {
	head := len(module.Preamble())
	all := module.NewReader(b[head:], head, "binary")
	for all.Len() > 0 && all.Err() == nil {
		id, size := all.Byte(), all.U32()
		at := all.Offset()
		body := all.Bytes(uint64(size))
		if id != module.SectionCustom || all.Err() != nil {
			continue
		}
		name := module.NewReader(body, at, "custom section").Name()
		if left.spend(64 + len(name)) {
			return false
		}
		r.Custom = append(r.Custom, SectionReport{name, at, len(body)})
	}
	return true
}

// grants picks the capabilities that grant all of the imports that can be:
// what one alone grants, then of those that several do the least.
func grants(of []ImportReport) []string {
	var chosen imports.Grants
	for _, single := range []bool{true, false} {
		for _, i := range of {
			if i.Access != AccessGrant || single != (i.every || len(i.Needs) == 1) {
				continue
			}
			if single && !chosen.Has(i.Needs[0]) || !single && !slices.ContainsFunc(i.Needs, chosen.Has) {
				chosen = append(chosen, i.Needs[0])
			}
		}
	}
	slices.SortFunc(chosen, func(a, b string) int { return slices.Index(capabilities, a) - slices.Index(capabilities, b) })
	return append([]string{}, chosen...)
}

// GrantLine is the line of an entry that grants Grants, "" where it needs none.
func (r *Report) GrantLine() string {
	if len(r.Grants) == 0 {
		return ""
	}
	return imports.Grants(nil).With(r.Grants...)
}

// Missing are the imports that nothing provides.
func (r *Report) Missing() []ImportReport {
	return slices.DeleteFunc(slices.Clone(r.Imports), func(i ImportReport) bool { return i.Access != AccessUnknown })
}

// Unsupported names what any of the core modules uses that is not run here.
func (r *Report) Unsupported() []string {
	var all []string
	for _, m := range r.CoreModules {
		for _, u := range m.Unsupported {
			if !slices.Contains(all, u) {
				all = append(all, u)
			}
		}
	}
	return all
}

// DefaultMethod is the method that runs a program, or else the first that is
// there for more than the inner workings; nil where there is none.
func (r *Report) DefaultMethod() *MethodReport {
	rank := func(m MethodReport) int {
		full := m.Forms[len(m.Forms)-1]
		switch {
		case full == entryPoint, strings.HasPrefix(full, "wasi:cli/run@"):
			return 0
		case full == initialize, full == imports.Realloc, strings.HasPrefix(full, "cabi_"), strings.HasPrefix(full, "_"):
			return 2
		}
		return 1
	}
	best := -1
	for i, m := range r.Methods {
		if best < 0 || rank(m) < rank(r.Methods[best]) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return &r.Methods[best]
}

// Entry gives the lines of an entry that runs the binary: as a process.wasm
// of that file name, in the fs.directory of that reference, with
// DefaultMethod and all that it needs. "" where there is no method.
func (r *Report) Entry(file, fs string) string {
	m := r.DefaultMethod()
	if m == nil {
		return ""
	}
	var b strings.Builder
	field := func(name, value string) { b.WriteString("  " + name + ": " + scalarText(value) + "\n") }
	b.WriteString("- name: " + scalarText(entryName(file)) + "\n")
	field("kind", "process.wasm")
	field("fs", fs)
	field("path", file)
	field("hash", r.Hash)
	field("method", m.Forms[0])
	if m.WIT != "" && !strings.HasSuffix(m.WIT, "func();") {
		field("wit", m.WIT)
	}
	if line := r.GrantLine(); line != "" {
		b.WriteString("  " + line + "\n")
	}
	return b.String()
}

// entryName makes the name of an entry of a file's.
func entryName(file string) string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.", c) {
			return c
		}
		return '-'
	}, strings.TrimSuffix(file, ".wasm"))
	if name = strings.Trim(name, "-."); name == "" {
		return "module"
	}
	return name
}

// scalarText writes a string as YAML, on one line.
func scalarText(s string) string {
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) || strings.Contains(s, ": ") {
		n.Style = yaml.DoubleQuotedStyle
	}
	text, err := yaml.Marshal(&n)
	if err != nil {
		return fmt.Sprintf("%q", s) // nearly the same
	}
	return strings.TrimRight(string(text), "\n")
}
