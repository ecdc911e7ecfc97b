package wasmhost

import (
	"github.com/tetratelabs/wazero"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/memory"
	"wippy/wasmhost/meter"
	"wippy/wasmhost/module"
)

// Program is a checked and compiled module with the method that its processes
// call. It lives as long as its Host.
type Program struct {
	surroundings
	host       *Host
	method     string
	info       *module.Module
	engine     wazero.Runtime // that code was compiled by
	code       wazero.CompiledModule
	meter      meter.Info
	sig        signature
	abi        *abi   // of a method that needs the canonical ABI, nil else; sig is empty then
	memory     uint64 // what its memories begin with, in bytes
	initialize bool   // _initialize runs before the method
	again      bool   // instances are used again
	idle       idle
}

var (
	_ process.Program = (*Program)(nil)
	_ process.Worded  = (*Program)(nil)
	_ process.Deaf    = (*Program)(nil)
)

// New implements process.Program. The error is of kind Invalid for arguments
// that do not fit, LimitHit for a module that begins with more memory than it may have.
func (p *Program) New(args []mailbox.Value, limits process.Limits) (process.Process, error) {
	if p.memory > 0 && limits.MaxMemory > 0 && p.memory > uint64(limits.MaxMemory) {
		return nil, mailbox.Errorf(mailbox.LimitHit, "max_memory: the limit is %d bytes; %s begins with %d (%d too many)",
			limits.MaxMemory, p.name, p.memory, p.memory-uint64(limits.MaxMemory))
	}
	t := &instance{program: p}
	t.stack = t.small[:]
	if n := max(len(p.sig.params), len(p.sig.results)); n > len(t.small) {
		t.stack = make([]uint64, n)
	}
	switch {
	case p.takesAnything():
	case p.abi != nil:
		var err error
		if t.args, err = p.abi.plan.Fit(optional(p.abi.plan.Type.Params, args)); err != nil {
			return nil, err
		}
	default:
		if err := p.sig.lower(args, t.stack); err != nil {
			return nil, err
		}
	}
	w, err := p.newWorld(args, p.takesAnything())
	if err != nil {
		return nil, err
	}
	if p.linked.any {
		t.tank.caller = &caller{Caller: imports.Caller{Args: args, Grants: p.grants, World: w, Guest: t}}
	}
	if len(p.info.Memories) > 0 {
		t.budget = new(memory.Budget)
		t.budget.Init(&p.host.pool, uint64(limits.MaxMemory))
	}
	return t, nil
}

// ParseWords implements process.Worded.
func (p *Program) ParseWords(words []string) ([]mailbox.Value, error) {
	if p.takesAnything() {
		return texts(words), nil
	}
	if p.abi != nil {
		return parseWords(p.method, p.abi.plan.Type.Params, words)
	}
	return p.sig.parse(words)
}

// texts makes arguments of words.
func texts(words []string) []mailbox.Value {
	args := make([]mailbox.Value, len(words))
	for i, word := range words {
		args[i] = mailbox.String(word)
	}
	return args
}

func (p *Program) takesAnything() bool {
	params := len(p.sig.params)
	if p.abi != nil {
		params = len(p.abi.plan.Type.Params)
	}
	return p.surroundings.takesAnything(params)
}

// Straight implements process.Program: code that may run for longer than a
// moment is metered, and suspends when its allowance is used up, as some of the
// host's functions do.
func (p *Program) Straight() bool { return p.meter.Straight && !p.linked.suspends }

// Deaf implements process.Deaf: a module learns of a cancel if it can receive.
func (p *Program) Deaf() bool { return !p.linked.receives }
