package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"wippy/wasmhost/canon"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wasi"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wit"
)

// writeMirror writes the text of a component that imports every function of
// WASI 0.2 that there is, and exports each as one that calls it: so a test calls
// them through a guest's code, memory and handles.
func writeMirror(root string) error {
	m := &mirror{compiler: canon.NewCompiler(), resources: map[string]string{}}
	return os.WriteFile(filepath.Join(root, "src", "component", "wasi.wat"), []byte(m.text()), 0o644)
}

// mirror is the text as it is written, by its sections.
type mirror struct {
	compiler  *canon.Compiler
	resources map[string]string // the interface that defines each
	imports   strings.Builder   // instances, and aliases of their types
	lowers    strings.Builder   // core functions
	core      strings.Builder   // the core module
	given     strings.Builder   // to the core module
	lifts     strings.Builder   // exports
	bodies    strings.Builder   // of the core module
}

// The places of the core module's memory: results are written to the first,
// lists are allocated from the second on.
const (
	resultAt = 1024
	heapAt   = 4096
)

const coreBegin = `    (memory (export "memory") 1)
    (global $heap (mut i32) (i32.const %d))
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.sub (i32.add (global.get $heap) (local.get $align)) (i32.const 1))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $heap (i32.add (local.get $at) (local.get $size)))
      (block $enough
        (br_if $enough (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $enough (i32.ne (i32.const -1) (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $size) (i32.const 16))))))
        (unreachable))
      (local.get $at))
    (func (export "free") (global.set $heap (i32.const %[1]d)))
    (func (export "free-i32") (param i32) (global.set $heap (i32.const %[1]d)))
    (func (export "free-i64") (param i64) (global.set $heap (i32.const %[1]d)))
`

func (m *mirror) text() string {
	interfaces := []*iface.Interface{}
	for _, i := range wasi.Registry() {
		for _, r := range i.Resources {
			m.resources[r.Name] = i.Name
		}
		interfaces = append(interfaces, i)
	}
	done := map[string]bool{}
	var add func(i *iface.Interface)
	add = func(i *iface.Interface) {
		if done[i.Name] {
			return
		}
		done[i.Name] = true
		for _, name := range used(i) {
			add(wasi.Registry().Interface(m.resources[name]))
		}
		m.add(i)
	}
	for _, i := range interfaces {
		add(i)
	}
	m.raw()
	m.reach()
	return ";; Every function of WASI 0.2, called by a guest. Made by test/guests/build.\n(component\n" + m.imports.String() +
		"  (core module $Memory\n" + fmt.Sprintf(coreBegin, heapAt) + "  )\n" +
		"  (core instance $memory (instantiate $Memory))\n" +
		m.lowers.String() +
		"  (core module $Calls\n    (import \"memory\" \"memory\" (memory 1))\n" + m.core.String() + m.bodies.String() + "  )\n" +
		"  (core instance $calls (instantiate $Calls\n    (with \"memory\" (instance $memory))\n    (with \"\" (instance\n" + m.given.String() + "    ))))\n" +
		m.lifts.String() + ")\n"
}

// used gives the resources that an interface's functions name.
func used(i *iface.Interface) (names []string) {
	seen := map[string]bool{}
	var walk func(t *wit.Type)
	walk = func(t *wit.Type) {
		if t == nil {
			return
		}
		if t.Resource != nil && !seen[t.Resource.Name] {
			seen[t.Resource.Name] = true
			names = append(names, t.Resource.Name)
		}
		walk(t.Elem)
		walk(t.OK)
		walk(t.Err)
		for _, f := range t.Fields {
			walk(f.Type)
		}
		for _, c := range t.Cases {
			walk(c.Type)
		}
	}
	for _, f := range i.Funcs {
		for _, p := range f.Type.Params {
			walk(p.Type)
		}
		walk(f.Type.Result())
	}
	return names
}

// short gives the last part of an interface's name, which is its alone but for
// that of wasi:http/types.
func short(name string) string {
	if name == "wasi:http/types" {
		return "http-types"
	}
	return name[strings.LastIndexByte(name, '/')+1:]
}

// exportName is what the component exports a function as.
func exportName(i *iface.Interface, f *iface.Func) string {
	name := f.Name
	if _, rest, ok := strings.Cut(name, "]"); ok {
		name = strings.ReplaceAll(rest, ".", "-")
	}
	return short(i.Name) + "-" + name
}

// add writes an interface and its functions.
func (m *mirror) add(i *iface.Interface) {
	in := short(i.Name)
	var b, aliases strings.Builder
	own := map[string]bool{}
	for _, r := range i.Resources {
		own[r.Name] = true
		fmt.Fprintf(&b, "    (export %q (type $%s (sub resource)))\n", r.Name, r.Name)
		fmt.Fprintf(&aliases, "  (alias export $%s %q (type $%s))\n", in, r.Name, r.Name)
		fmt.Fprintf(&m.lowers, "  (core func $drop-%s (canon resource.drop $%[1]s))\n", r.Name)
		fmt.Fprintf(&m.given, "      (export \"drop-%s\" (func $drop-%[1]s))\n", r.Name)
		fmt.Fprintf(&m.core, "    (import \"\" \"drop-%s\" (func $drop-%[1]s (param i32)))\n", r.Name)
	}
	for _, r := range used(i) {
		if !own[r] {
			fmt.Fprintf(&b, "    (alias outer 1 $%s (type $outer-%[1]s))\n    (export %[2]q (type $%[1]s (eq $outer-%[1]s)))\n", r, r)
		}
	}
	named := map[string]bool{}
	for n := range i.Funcs {
		f := &i.Funcs[n]
		for _, p := range f.Type.Params {
			m.define(&b, &aliases, in, named, p.Type)
		}
		m.define(&b, &aliases, in, named, f.Type.Result())
	}
	for n := range i.Funcs {
		f := &i.Funcs[n]
		fmt.Fprintf(&b, "    (export %q (func%s))\n", f.Name, funcType(&f.Type, ""))
	}
	fmt.Fprintf(&m.imports, "  (import \"%s@0.2.6\" (instance $%s\n%s  ))\n%s", i.Name, in, b.String(), aliases.String())
	for n := range i.Funcs {
		m.function(i, &i.Funcs[n])
	}
}

// define writes the types that have a name, each behind those that it is of.
func (m *mirror) define(b, aliases *strings.Builder, in string, named map[string]bool, t *wit.Type) {
	if t == nil {
		return
	}
	m.define(b, aliases, in, named, t.Elem)
	m.define(b, aliases, in, named, t.OK)
	m.define(b, aliases, in, named, t.Err)
	for _, f := range t.Fields {
		m.define(b, aliases, in, named, f.Type)
	}
	for _, c := range t.Cases {
		m.define(b, aliases, in, named, c.Type)
	}
	if t.Name == "" || named[t.Name] {
		return
	}
	named[t.Name] = true
	fmt.Fprintf(b, "    (type $make-%s %s)\n    (export %[3]q (type $%[1]s (eq $make-%[1]s)))\n", t.Name, made(t), t.Name)
	fmt.Fprintf(aliases, "  (alias export $%s %q (type $%s.%s))\n", in, t.Name, in, t.Name)
}

// made prints what a type with a name is made of.
func made(t *wit.Type) string {
	var b strings.Builder
	switch t.Kind {
	case wit.Record:
		b.WriteString("(record")
		for _, f := range t.Fields {
			fmt.Fprintf(&b, " (field %q %s)", f.Name, valType(f.Type, ""))
		}
	case wit.Variant:
		b.WriteString("(variant")
		for _, c := range t.Cases {
			if c.Type == nil {
				fmt.Fprintf(&b, " (case %q)", c.Name)
			} else {
				fmt.Fprintf(&b, " (case %q %s)", c.Name, valType(c.Type, ""))
			}
		}
	case wit.Enum, wit.Flags:
		b.WriteString("(" + t.Kind.String())
		for _, l := range t.Labels {
			fmt.Fprintf(&b, " %q", l)
		}
	}
	return b.String() + ")"
}

// valType prints a type; names begin with scope.
func valType(t *wit.Type, scope string) string {
	switch {
	case t.Name != "":
		return "$" + scope + t.Name
	case t.Kind <= wit.String:
		return t.Kind.String()
	}
	switch t.Kind {
	case wit.List, wit.Option:
		return "(" + t.Kind.String() + " " + valType(t.Elem, scope) + ")"
	case wit.Tuple:
		s := "(tuple"
		for _, f := range t.Fields {
			s += " " + valType(f.Type, scope)
		}
		return s + ")"
	case wit.Result:
		s := "(result"
		if t.OK != nil {
			s += " " + valType(t.OK, scope)
		}
		if t.Err != nil {
			s += " (error " + valType(t.Err, scope) + ")"
		}
		return s + ")"
	}
	return "(" + t.Kind.String() + " $" + t.Resource.Name + ")"
}

func funcType(f *wit.Func, scope string) string {
	var b strings.Builder
	for _, p := range f.Params {
		fmt.Fprintf(&b, " (param %q %s)", p.Name, valType(p.Type, scope))
	}
	if t := f.Result(); t != nil {
		fmt.Fprintf(&b, " (result %s)", valType(t, scope))
	}
	return b.String()
}

const memory = `(memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))`

// function writes the import of a function, what calls it, and its export.
func (m *mirror) function(i *iface.Interface, f *iface.Func) {
	name := exportName(i, f)
	plan, err := m.compiler.Func(&f.Type)
	if err != nil {
		panic(err)
	}
	lower, lift := plan.LowerType(), plan.LiftType()
	fmt.Fprintf(&m.lowers, "  (core func $%s (canon lower (func $%s %q) %s))\n", name, short(i.Name), f.Name, memory)
	fmt.Fprintf(&m.given, "      (export \"%s\" (func $%[1]s))\n", name)
	fmt.Fprintf(&m.core, "    (import \"\" \"%s\" (func $%[1]s%s))\n", name, coreType(lower))

	body := "(call $" + name
	for n := range lift.Params {
		body += fmt.Sprintf(" (local.get %d)", n)
	}
	through := len(lower.Params) > len(lift.Params)
	if through {
		body += fmt.Sprintf(" (i32.const %d)", resultAt)
	}
	body += ")"
	if through {
		body += fmt.Sprintf(" (i32.const %d)", resultAt)
	}
	fmt.Fprintf(&m.bodies, "    (func (export \"%s\")%s (local $i i32)\n      %s%s)\n", name, coreType(lift), body, m.drops(f))

	free := "free"
	if len(lift.Results) > 0 {
		free += "-" + lift.Results[0].String()
	}
	fmt.Fprintf(&m.lifts, "  (func (export %[1]q)%[2]s (canon lift (core func $calls %[1]q) %[3]s (post-return (core func $memory %[4]q))))\n",
		name, funcType(&f.Type, short(i.Name)+"."), memory, free)
}

// drops gives up what the caller lent.
func (m *mirror) drops(f *iface.Func) string {
	s, local := "", 0
	for _, p := range f.Type.Params {
		switch {
		case p.Type.Kind == wit.Borrow:
			s += fmt.Sprintf("\n      (call $drop-%s (local.get %d))", p.Type.Resource.Name, local)
		case p.Type.Kind == wit.List && p.Type.Elem.Kind == wit.Borrow:
			s += fmt.Sprintf(`
      (block $end (loop $next
        (br_if $end (i32.ge_u (local.get $i) (local.get %d)))
        (call $drop-%s (i32.load (i32.add (local.get %d) (i32.shl (local.get $i) (i32.const 2)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))`, local+1, p.Type.Elem.Resource.Name, local)
		}
		one, err := m.compiler.Func(&wit.Func{Params: []wit.Param{p}})
		if err != nil {
			panic(err)
		}
		local += len(one.LiftType().Params)
	}
	return s
}

func coreType(t module.FuncType) string {
	s := ""
	for _, p := range t.Params {
		s += " (param " + p.String() + ")"
	}
	for _, r := range t.Results {
		s += " (result " + r.String() + ")"
	}
	return s
}

// raw writes what a guest does that no host would help it to: calls with
// handles of its own choice, streams that are dropped before their pollables,
// what is opened and never closed.
func (m *mirror) raw() {
	m.bodies.WriteString(`    ;; raw calls a method of the resource that which says on any handle.
    (func (export "raw") (param $which i32) (param $handle i32)
      (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
        (br_table $0 $1 $2 $3 $4 $5 (local.get $which)))
        (drop (call $poll-pollable-ready (local.get $handle))) (return))
        (drop (call $streams-input-stream-subscribe (local.get $handle))) (return))
        (drop (call $streams-output-stream-subscribe (local.get $handle))) (return))
        (call $types-descriptor-stat (local.get $handle) (i32.const 1024)) (return))
        (call $types-directory-entry-stream-read-directory-entry (local.get $handle) (i32.const 1024)) (return))
      (call $error-error-to-debug-string (local.get $handle) (i32.const 1024)))
    ;; after-drop uses a stream that it has dropped.
    (func (export "after-drop") (local $s i32)
      (local.set $s (call $stdin-get-stdin))
      (call $drop-input-stream (local.get $s))
      (drop (call $streams-input-stream-subscribe (local.get $s))))
    ;; parent-first drops a stream before its pollable, and asks that.
    (func (export "parent-first") (result i32) (local $s i32) (local $p i32)
      (local.set $s (call $stdin-get-stdin))
      (local.set $p (call $streams-input-stream-subscribe (local.get $s)))
      (call $drop-input-stream (local.get $s))
      (call $poll-pollable-block (local.get $p))
      (call $poll-pollable-ready (local.get $p))
      (call $drop-pollable (local.get $p)))
    ;; keep opens the mounts and streams of times again, and closes nothing.
    (func (export "keep") (param $times i32)
      (loop $again
        (call $preopens-get-directories (i32.const 1024))
        (drop (call $stdin-get-stdin))
        (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
    ;; crowd polls as many pollables of one second as it is told.
    (func (export "crowd") (param $n i32) (result i32) (local $i i32)
      (loop $next
        (i32.store (i32.add (i32.const 8192) (i32.shl (local.get $i) (i32.const 2)))
          (call $monotonic-clock-subscribe-duration (i64.const 1000000000)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (call $poll-poll (i32.const 8192) (local.get $n) (i32.const 1024))
      (i32.load (i32.const 1028)))
    ;; same polls one pollable many times over.
    (func (export "same") (param $n i32) (result i32) (local $i i32) (local $p i32)
      (local.set $p (call $streams-input-stream-subscribe (call $stdin-get-stdin)))
      (loop $next
        (i32.store (i32.add (i32.const 8192) (i32.shl (local.get $i) (i32.const 2))) (local.get $p))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
      (call $poll-poll (i32.const 8192) (local.get $n) (i32.const 1024))
      (i32.load (i32.const 1028)))
    ;; list polls a list that is where and as long as it is told.
    (func (export "list") (param $at i32) (param $n i32)
      (call $poll-poll (local.get $at) (local.get $n) (i32.const 1024)))
`)
	m.lifts.WriteString(`  (func (export "raw") (param "which" u32) (param "handle" u32) (canon lift (core func $calls "raw")))
  (func (export "after-drop") (canon lift (core func $calls "after-drop")))
  (func (export "parent-first") (result bool) (canon lift (core func $calls "parent-first")))
  (func (export "keep") (param "times" u32) (canon lift (core func $calls "keep")))
  (func (export "crowd") (param "n" u32) (result u32) (canon lift (core func $calls "crowd")))
  (func (export "same") (param "n" u32) (result u32) (canon lift (core func $calls "same")))
  (func (export "list") (param "at" u32) (param "n" u32) (canon lift (core func $calls "list")))
`)
}
