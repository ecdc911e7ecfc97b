package ours

import (
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost"
)

// Module is a core module, of which every call is a process of its own.
type Module struct {
	host     *wasmhost.Host
	source   wasmhost.Source
	programs map[string]process.Program
}

// LoadModule takes a core module.
func LoadModule(name string, binary []byte) *Module {
	return &Module{wasmhost.New(wasmhost.Options{}), wasmhost.Source{Name: name, Bytes: binary}, map[string]process.Program{}}
}

// Close frees it.
func (m *Module) Close() error { return m.host.Close(background) }

// Call calls an export in a process of its own.
func (m *Module) Call(method string, args []mailbox.Value) (values []mailbox.Value, err error) {
	program := m.programs[method]
	if program == nil {
		source := m.source
		source.Method = method
		if program, err = m.host.Compile(background, source); err != nil {
			return nil, err
		}
		m.programs[method] = program
	}
	p, err := program.New(args, process.Limits{})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	defer unwound(&err)
	n := &node{}
	if err := p.Init(n); err != nil {
		return nil, err
	}
	r, _ := p.Step(n)
	if r.Err != nil {
		return nil, r.Err
	}
	return r.Values, nil
}
