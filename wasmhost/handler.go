package wasmhost

import (
	"context"
	"fmt"
	"slices"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/wasi/http"
	"wippy/wasmhost/wit"
)

// HandlerMethod is the method of an entry that is there to serve HTTP.
const HandlerMethod = http.Handler + "#" + http.HandlerFunc

// Handler is a component that serves HTTP: it exports wasi:http/incoming-handler.
// It is immutable.
type Handler struct {
	program *componentProgram
	export  *linker.Export
}

// HandlerOf gives the handler that a program is, whatever its method. name is
// what errors call it.
//
// # Errors
//
// A *mailbox.Error of kind Invalid for what is no component, or exports no handler.
func HandlerOf(prog process.Program, name string) (*Handler, error) {
	p, ok := prog.(*componentProgram)
	if !ok {
		return nil, mailbox.Errorf(mailbox.Invalid, "%s cannot serve HTTP: it is no WebAssembly component; build it as one that exports %s", name, http.Handler)
	}
	exports := p.plan.Exports()
	i := slices.IndexFunc(exports, func(e linker.Export) bool { return e.Func == http.HandlerFunc && http.IsHandler(e.Interface) })
	if i < 0 {
		hint := ""
		if names := exportNames(exports); names != "" {
			hint = "; it exports " + names
		}
		return nil, mailbox.Errorf(mailbox.Invalid, "%s cannot serve HTTP: it exports no %s of WASI 0.2%s", name, http.Handler, hint)
	}
	e := &exports[i]
	if !e.Own() || !isHandle(&e.Type) {
		return nil, mailbox.Errorf(mailbox.Invalid, "%s cannot serve HTTP: its %s is %s; expected one of its own, func(request: incoming-request, response-out: response-outparam)",
			name, e.Name, e.Type.String())
	}
	return &Handler{program: p, export: e}, nil
}

// maxExports is how many exports an error lists.
const maxExports = 10

func exportNames(exports []linker.Export) (names string) {
	for i, e := range exports {
		switch {
		case i == maxExports:
			return names + fmt.Sprintf(" and %d more", len(exports)-maxExports)
		case i > 0:
			names += ", "
		}
		names += e.Name
	}
	return names
}

// isHandle tells whether a function has the type of incoming-handler's.
func isHandle(f *wit.Func) bool {
	is := func(i int, name string) bool {
		t := f.Params[i].Type
		return t.Kind == wit.Own && t.Resource != nil && (t.Resource.Name == "" || t.Resource.Name == name)
	}
	return len(f.Params) == 2 && f.Result() == nil &&
		is(0, http.IncomingRequests.Type.Name) && is(1, http.Outparams.Type.Name)
}

// Program gives the program whose one process serves a request.
func (h *Handler) Program(s *http.Serving) process.Program { return &served{h, s} }

// served is the program of one process.
type served struct {
	handler *Handler
	serving *http.Serving
}

var (
	_ process.Program = (*served)(nil)
	_ process.Deaf    = (*served)(nil)
)

// New implements process.Program.
func (s *served) New(_ []mailbox.Value, limits process.Limits) (process.Process, error) {
	p := s.handler.program
	t := &componentProcess{program: p, export: s.handler.export, serving: s.serving, Context: context.Background()}
	w, err := p.newWorld(nil, false)
	if err != nil {
		return nil, err
	}
	if t.instance, err = p.plan.New(t, limits); err != nil {
		return nil, err
	}
	t.caller = imports.Caller{Grants: p.grants, World: w, Guest: t.instance}
	return t, nil
}

// Straight implements process.Program.
func (s *served) Straight() bool { return false }

// Deaf implements process.Deaf.
func (s *served) Deaf() bool { return s.handler.program.Deaf() }
