package linker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/component"
	"wippy/wasmhost/memory"
	"wippy/wasmhost/module"
	"wippy/wasmhost/trap"
	"wippy/wasmhost/wit"
)

// Plan is a linked component. It lives as long as its Engine. Everything in it
// refers to the rest by index.
type Plan struct {
	name      string
	pool      *memory.Pool
	runtime   wazero.Runtime
	instances []componentPlan
	cores     []corePlan // in the order of instantiation
	codes     []code
	resources []resourcePlan
	options   []optionsPlan
	lifts     []liftPlan
	calls     []callPlan
	funcs     []coreRef // that are called by canonical definitions
	exports   []Export
	memory    uint64 // what its memories begin with, in bytes
	memories  bool   // it has any, which may grow
	nested    bool   // components call components
	again     bool   // guests are used again
	idle      idle
}

// componentPlan is an instance of a component.
type componentPlan struct {
	parent    int        // -1 for the root
	resources []int      // by the index that its functions' plans know each by
	cores     []int      // its core instances, by their number
	calls     []int      // those of its functions, by their number
	provided  api.Module // calls, as a module
}

// corePlan is an instance of a core module.
type corePlan struct {
	instance int
	code     int
	memory   uint64       // what its memory begins with, in bytes
	owns     bool         // it has a memory of its own
	options  []optionsRef // whose memory it has
	rooms    []int        // instances with which it shares a stack and that count it
}

// optionsRef tells under which name the memory of some options is exported.
type optionsRef struct {
	options int
	name    string
}

// code is a core module that was compiled, and what its frames are called.
type code struct {
	Code
	names trap.Names
}

// coreRef names a core function, or another item that a core instance exports,
// or a call.
type coreRef struct {
	core int // -1 for a call
	call int
	name string
}

// resourcePlan is a resource type.
type resourcePlan struct {
	name       string
	host       *canon.ResourceType // nil if a component defines it
	instance   int
	destructor int // of funcs, -1 for none
}

type optionsPlan struct {
	instance int
	encoding canon.Encoding
	realloc  int // of funcs, -1 for none
}

// liftPlan is a function that a component makes of core code.
type liftPlan struct {
	name       string
	plan       *canon.Func
	options    int
	core       int // of funcs
	postReturn int // of funcs, -1 for none
}

// callOp is what a call does.
type callOp uint8

const (
	callLift  callOp = iota // a function that is lifted
	callNever               // one of a component that contains the caller, or is contained in it
	callHost                // a function of the host
	resourceNew
	resourceRep
	resourceDrop
)

// callPlan is what core code can call that is no core code.
type callPlan struct {
	op       callOp
	core     module.FuncType
	plan     *canon.Func // of callLift and callHost, as the next ones
	options  int
	lift     int
	host     *canon.Host
	instance int // of the others, as the next one
	resource int
}

// Export is a function that a component exports.
type Export struct {
	// Name is the whole name: "ns:pkg/interface@1.2.3#func", or "func".
	Name string
	// Interface and Func are the parts of it. Interface may be "".
	Interface, Func string
	// Type is the signature, under the name within the interface.
	Type wit.Func
	plan *canon.Func
	lift int // -1 for a function that the component only passes on
}

// Fit checks arguments by names and turns them into what Instance.Call takes.
//
// # Errors
//
// Kind Invalid with the path to what does not fit.
func (e *Export) Fit(args []mailbox.Value) ([]mailbox.Value, error) {
	if e.lift < 0 {
		return nil, mailbox.Errorf(mailbox.Invalid, "%s is not the component's own function, but one that it imports", e.Name)
	}
	return e.plan.Fit(args)
}

// FitNew is Fit for an instance that is yet to be made: no resource can be its own.
func (e *Export) FitNew(args []mailbox.Value) ([]mailbox.Value, error) {
	if e.lift < 0 {
		return e.Fit(args)
	}
	return e.plan.FitNew(args)
}

// Own tells that the function is the component's own, and not one that it
// imports and only passes on.
func (e *Export) Own() bool { return e.lift >= 0 }

// Outcome takes the result of a function that returns a WIT result apart, as
// canon.Func.Outcome does.
func (e *Export) Outcome(v mailbox.Value) (payload mailbox.Value, failed bool) {
	if e.lift < 0 {
		return v, false
	}
	return e.plan.Outcome(v)
}

// Exports are the functions that the component exports, those of interfaces
// too, in order.
func (p *Plan) Exports() []Export { return p.exports }

// Find finds the function that a method names: "func", "interface#func" or
// "ns:pkg/interface@1.2.3#func", the version at will. The whole name counts
// first, then a function that is exported by itself.
//
// # Errors
//
// Kind Invalid, with what there is, for a method that names none or several.
func (p *Plan) Find(method string) (*Export, error) {
	var found []*Export
	for i := range p.exports {
		e := &p.exports[i]
		if e.Name == method {
			return e, nil
		}
		if e.named(method) {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, mailbox.Errorf(mailbox.Invalid, "%s exports no function %q; it exports %s", p.name, method, p.exported(nil))
	}
	return nil, mailbox.Errorf(mailbox.Invalid, "%s exports several functions %q: %s; name one of them in full", p.name, method, p.exported(found))
}

// named tells whether a short form of the name is method.
func (e *Export) named(method string) bool {
	iface, name, qualified := strings.Cut(method, "#")
	if !qualified {
		return e.Func == method
	}
	if e.Func != name {
		return false
	}
	i, ok := ParseInterface(e.Interface)
	return ok && (iface == i.Name || iface == i.Package+"/"+i.Name)
}

const mostListed = 20

func (p *Plan) exported(list []*Export) string {
	if list == nil {
		for i := range p.exports {
			list = append(list, &p.exports[i])
		}
	}
	if len(list) == 0 {
		return "no functions"
	}
	var names []string
	for _, e := range list[:min(len(list), mostListed)] {
		names = append(names, e.Name)
	}
	more := ""
	if n := len(list) - mostListed; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(names, ", ") + more
}

// Straight tells that nothing in it runs for longer than a moment, but for the
// functions of the host.
func (p *Plan) Straight() bool {
	return !p.nested && !slices.ContainsFunc(p.codes, func(c code) bool { return !c.Meter.Straight })
}

// Memory is what its memories begin with, in bytes.
func (p *Plan) Memory() uint64 { return p.memory }

// encodings are those of canon, by those of component.
var encodings = [...]canon.Encoding{component.UTF8: canon.UTF8, component.UTF16: canon.UTF16, component.Latin1OrUTF16: canon.Latin1OrUTF16}
