// Package meter rewrites core WebAssembly modules so that they can be
// preempted, charged and stopped. [Rewrite] takes a module as wasmhost/module
// read it and gives a binary that means the same, but counts what it does.
//
// # Why
//
// The engine, wazero, compiles guests to machine code that neither Go's
// scheduler nor its garbage collector can interrupt, and its own switch for
// that makes code several times slower. So the code interrupts itself: a
// global holds the fuel that is left, checks take from it, and a check that
// finds less than none calls the host, whose answer is the next allowance. The
// host may suspend the guest there, or end it with a panic.
//
// # What is charged
//
//   - A turn of a loop, the first one too: one unit. A loop that no branch
//     leads back to is none.
//   - A call of a function that calls others, or is not short: one unit.
//   - Straight code between two of those: one unit for each kilobyte or so,
//     short functions that call nothing included. Code of compilers rarely
//     has that much.
//   - Bulk instructions: one unit for each 64 bytes, before they run; growing
//     a memory, when it has grown. Long ones are done in pieces with checks in
//     between, and trap before the first piece if they trap at all.
//
// # How
//
// A loop
//
//	loop … end
//
// becomes
//
//	block $done
//	  loop $again
//	    block $empty
//	      loop            ;; branches to the loop lead here, as before
//	        fuel -= 1
//	        br_if $empty (fuel < 0)
//	        …
//	      end
//	      br $done
//	    end
//	    fuel = yield(fuel) + 1 ;; the turn is charged already
//	    br $again
//	  end
//	  unreachable
//	end
//
// which keeps the call out of the loop proper. That makes all the difference:
// a call inside makes the engine keep the loop's variables in memory. The
// fuel global itself costs next to nothing, less than a local that is
// written back at calls.
//
// Loops that take parameters, which could not be begun again like that, and
// those of functions with very many loops have the call inside after all.
//
// Functions that can be called again while they run also count the room that
// is left of the stack, because the engine lets a guest take some hundred
// megabytes and keeps them. On entry such a function takes its own size from
// the room that a global tells, and keeps what is left in a local; before each
// call that may lead to recursion it sets the global to that. So nothing needs to be
// undone when a function returns, whichever way it does; before a tail call
// the function gives its own size back, unless the engine makes an ordinary
// call of it. But what another module calls finds what the last call left, as
// modules do not know each other's globals: such functions put it back
// after each call of theirs. Functions that only lead to such functions do the same. A chain of
// calls that leads to none is no longer than the module is large, and is left
// to the engine.
//
// # What it relies on
//
// Instructions are decoded and encoded anew, so that the engine and this
// package cannot understand the same bytes differently; and what refers to
// something behind the module's own functions, globals and locals is refused,
// so that a guest cannot get at the fuel.
package meter

import (
	"fmt"
	"slices"

	"wippy/wasmhost/module"
)

// The functions that a rewritten module imports, from Options.Module.
const (
	// Yield, of type (i32) -> i32, is called when the fuel is used up. It is
	// given what is left, less than zero, and gives the next allowance, at least
	// zero. What a guest has used is the sum of all allowances without what was
	// left of each. There is none to begin with: the first check calls.
	Yield = "yield"
	// Overflow, of type () -> (), is called when the stack is used up, and must
	// not return.
	Overflow = "overflow"
)

// Options say how to rewrite.
type Options struct {
	// Module is the name of the module that Yield and Overflow are imported
	// from. What already imports from it is refused. "" means DefaultModule.
	Module string
	// Stack is how much of the stack recursion may take in a call from the
	// host, in bytes, more or less; the engine holds at most twice as much. Code
	// made to have large frames gets some ten times that. Zero means DefaultStack.
	Stack int32
	// MaxTable bounds the elements of all tables of a module together: what they
	// begin with, and, in equal parts, what they may grow to, beyond which growing
	// gives -1. Zero means DefaultMaxTable.
	MaxTable uint32
	// Import, unless nil, gives each import of the module another name.
	Import func(module, name string) (newModule, newName string)
	// Linked tells that imports may lead to other guests' code without the
	// host in between, which calls back: such recursion is bounded as well.
	// Tables and references, too, may then lead outside.
	Linked bool
	// Entered tells that other guests' code may call what the module exports or
	// has references to, without the host in between. What is linked always is.
	Entered bool
}

// What the zero Options mean.
const (
	DefaultModule   = "\x00wippy"
	DefaultStack    = 4 << 20
	DefaultMaxTable = 1 << 20
)

// Info is what Rewrite found out. The exports that it names are the host's,
// not the guest's.
type Info struct {
	// Straight tells that nothing in the module runs longer than a moment, but
	// for the functions that it imports. Such a module is left as it is but for
	// the exports of Globals; the other fields are empty.
	Straight bool
	// Restorable tells that an instance is as new once its memory and Globals hold what
	// they held before any of its code ran: no code changes a table or drops
	// a segment, and no start function runs before the host can look.
	Restorable bool
	// Globals are the exports of the module's own mutable globals, the host's aside,
	// in order; empty unless Restorable. All are numbers.
	Globals []string
	// Fuel is the export of the global, a mutable i32, that holds what is left
	// of the last allowance.
	Fuel string
	// Room is the export of the global, a mutable i32, that holds how much of
	// the stack is left, "" where nothing is recursive. The host sets it to
	// Options.Stack before each call that it makes, and when a call that it
	// made within another returns, to what it was.
	Room string
	// Start is the export of the start function, or of one that puts elements into tables and
	// calls it; "" where there is neither. The module has none any more: the host
	// calls it first of all.
	Start string
	// Imported is the number of functions that the module imported. Those of
	// its own have moved on by Shift.
	Imported, Shift uint32
	// Exports are the exports that were added.
	Exports []string
}

// Rewrite rewrites a module, which must have its Sections. Of the name section
// the module's and the functions' names stay; of the other custom sections those
// that do not point into the code, as debug information does. Time and memory are in proportion
// to the module's size; the result has a sixth more bytes as a rule, and at
// most some ten times as many.
//
// # Notes
//
// Whether the module is valid is for the engine to say: the result is valid if
// and only if the module was. What the engine then says about functions by
// their index is about the result.
//
// # Errors
//
// A *module.Error for a module that uses features beyond what this runtime
// runs, or that is malformed as far as it was looked into.
func Rewrite(m *module.Module, opts Options) ([]byte, Info, error) {
	opts.defaults()
	if err := refuse(m, opts); err != nil {
		return nil, Info{}, err
	}
	facts, err := scan(m)
	if err != nil {
		return nil, Info{}, err
	}
	w := newWriter(m, opts, facts)
	if err := w.code(); err != nil {
		return nil, Info{}, err
	}
	return w.binary()
}

// defaults fills in what the zero Options mean.
func (o *Options) defaults() {
	if o.Module == "" {
		o.Module = DefaultModule
	}
	if o.Stack == 0 {
		o.Stack = DefaultStack
	}
	if o.MaxTable == 0 {
		o.MaxTable = DefaultMaxTable
	}
}

// refuse gives an error for what is seen without looking into code.
func refuse(m *module.Module, opts Options) error {
	if len(m.Proposals) > 0 {
		return &module.Error{Offset: m.ProposalOffsets[0], Message: "it uses " + m.Proposals[0] + ", which is not supported"}
	}
	for _, t := range m.Types {
		i := slices.IndexFunc(t.Params, unsupported)
		if i >= 0 {
			return refusedType(m, t.Params[i])
		}
		if i = slices.IndexFunc(t.Results, unsupported); i >= 0 {
			return refusedType(m, t.Results[i])
		}
	}
	for _, i := range m.Imports {
		if i.Module == opts.Module {
			return &module.Error{Offset: find(m, module.SectionImport).Offset, Message: fmt.Sprintf("import section: %q is the host's own", i.Module)}
		}
	}
	if err := refuseTables(m, opts.MaxTable); err != nil {
		return err
	}
	return refuseStart(m)
}

// refuseStart looks at the start function, which the engine no longer does.
func refuseStart(m *module.Module) error {
	if !m.HasStart {
		return nil
	}
	message := ""
	if t, ok := m.FuncType(m.Start); uint64(m.Start) >= uint64(len(m.Funcs)) {
		message = fmt.Sprintf("unknown function %d", m.Start)
	} else if ok && len(t.Params)+len(t.Results) > 0 {
		message = fmt.Sprintf("function %s is %s; a start function is () -> ()", m.FuncName(m.Start), t)
	} else {
		return nil
	}
	return &module.Error{Offset: find(m, module.SectionStart).Offset, Message: "start section: " + message}
}

func unsupported(t module.ValType) bool { return typeProposal(t) != "" }

func refusedType(m *module.Module, t module.ValType) error {
	return &module.Error{Offset: find(m, module.SectionType).Offset, Message: fmt.Sprintf("type section: value type %#x is of %s, which is not supported", byte(t), typeProposal(t))}
}
