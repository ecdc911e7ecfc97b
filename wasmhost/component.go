package wasmhost

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/component"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/procworld"
	"wippy/wasmhost/wasi"
	"wippy/wasmhost/wasi/cli"
	"wippy/wasmhost/wit"
)

// interfaces are those that the host provides to components.
var interfaces = slices.Concat(wasi.Registry(), wasi.Interfaces{procworld.Interface()})

// componentProgram is a linked and compiled component with the function that its
// processes call. It lives as long as its Host.
type componentProgram struct {
	surroundings
	plan     *linker.Plan
	export   *linker.Export
	straight bool
	command  bool // the function is the run of wasi:cli/run, whose result is an exit code
}

var (
	_ process.Program = (*componentProgram)(nil)
	_ process.Worded  = (*componentProgram)(nil)
	_ process.Deaf    = (*componentProgram)(nil)
)

// component checks a source that is a component, links and compiles it. What it
// gives is as of program.
func (h *Host) component(ctx context.Context, src Source) (process.Program, problems, error) {
	var ps problems
	if src.WIT != "" {
		ps.add("wit", src.Name+" is a component, which carries its own types", "leave wit out")
	}
	c, err := component.Read(src.Bytes)
	if err != nil {
		ps.add("path", src.Name+": "+err.Error(), "")
		return nil, ps, nil
	}
	p := &componentProgram{surroundings: surroundings{name: src.Name, grants: src.Grants}}
	r := &resolver{Resolver: interfaces.Resolver(src.Name, src.Entry, src.Grants)}
	if p.plan, err = h.Link(ctx, src.Name, c, r); err != nil {
		if _, ours := errors.AsType[*mailbox.Error](err); ours || isCancelled(err) {
			return nil, nil, err
		}
		ps.unlinked(src, err)
		return nil, ps, nil
	}
	p.linked = r.linked
	p.straight = p.plan.Straight() && !p.linked.suspends
	h.prepareWorld(&ps, &p.surroundings, src)
	p.find(&ps, src)
	if len(ps) > 0 {
		return nil, ps, nil
	}
	return p, nil, nil
}

// find looks the method up.
func (p *componentProgram) find(ps *problems, src Source) {
	method := src.Method
	if method == "" {
		method = cli.Run + "#run"
	}
	var err error
	if p.export, err = p.plan.Find(method); err != nil {
		message, hint := err.Error(), ""
		if i := strings.LastIndex(message, "; "); i >= 0 { // no name has one
			message, hint = message[:i], message[i+2:]
		}
		switch near := config.Nearest(method, methods(p.plan)); {
		case src.Method == "":
			message = fmt.Sprintf("%s exports no %s, the default", src.Name, cli.Run)
			hint = "--method picks another; " + hint
		case near != "" && near != method && strings.HasPrefix(hint, "it exports"):
			hint = "did you mean " + strconv.Quote(near) + "? " + hint
		}
		ps.add("method", message, hint)
		return
	}
	if !p.export.Own() {
		ps.add("method", fmt.Sprintf("%s of %s is a function that it imports and only passes on", p.export.Name, src.Name), "name one of its own")
	}
	p.command = p.export.Func == "run" && cli.IsRun(p.export.Interface)
}

// methods are the names by which a method may name a component's functions.
func methods(p *linker.Plan) []string {
	var names []string
	for _, e := range p.Exports() {
		names = append(names, e.Func, e.Name)
		if i, ok := linker.ParseInterface(e.Interface); ok {
			names = append(names, i.Name+"#"+e.Func)
		}
	}
	return names
}

// unlinked reports why a component was not linked.
func (ps *problems) unlinked(src Source, err error) {
	all := []error{err}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		all = several.Unwrap()
	}
	said := map[string]bool{} // one interface may lack many functions
	for _, err := range all {
		if said[err.Error()] {
			continue
		}
		said[err.Error()] = true
		p, ok := errors.AsType[*wasi.Problem](err)
		switch {
		case !ok:
			ps.add("path", src.Name+": "+err.Error(), "")
		case p.Grant != "":
			ps.add("imports", p.Message, p.Hint)
		default:
			ps.add("path", p.Message, p.Hint)
		}
	}
}

// resolver links a component to the host's interfaces, and notes what its
// imports say about it.
type resolver struct {
	*wasi.Resolver
	linked linked
}

// Func implements linker.Resolver.
func (r *resolver) Func(name string, f wit.Func) (*canon.Host, error) {
	h, err := r.Resolver.Func(name, f)
	if err != nil {
		return nil, err
	}
	l := &r.linked
	l.any = true
	i, _ := linker.ParseInterface(name)
	if i.Package+"/"+i.Name != procworld.Interface().Name {
		l.wasi, l.suspends = true, true
		return h, nil
	}
	fn := procworld.Module().Func(f.Name)
	l.suspends = l.suspends || fn.Suspends
	l.receives = l.receives || fn.Receives
	l.arguments = l.arguments || fn.TakesArguments
	l.values = l.values || fn.TakesArguments
	return h, nil
}

// New implements process.Program. The error is of kind Invalid for arguments
// that do not fit, LimitHit for a component that begins with more memory than
// it may have.
func (p *componentProgram) New(args []mailbox.Value, limits process.Limits) (process.Process, error) {
	params := p.export.Type.Params
	t := &componentProcess{program: p, export: p.export, Context: context.Background()}
	takesAnything := p.takesWords()
	if !takesAnything {
		var err error
		if t.args, err = p.export.FitNew(optional(params, args)); err != nil {
			return nil, err
		}
	}
	w, err := p.newWorld(args, takesAnything)
	if err != nil {
		return nil, err
	}
	if t.instance, err = p.plan.New(t, limits); err != nil {
		return nil, err
	}
	t.caller = imports.Caller{Args: args, Grants: p.grants, World: w, Guest: t.instance}
	return t, nil
}

// takesWords tells that what the process is spawned with is there for who asks
// the host for it, whatever it is.
func (p *componentProgram) takesWords() bool {
	return p.command || p.takesAnything(len(p.export.Type.Params))
}

// optional adds to arguments the options at the end of the parameters that were
// left out.
func optional(params []wit.Param, args []mailbox.Value) []mailbox.Value {
	for n := len(args); n < len(params); n++ {
		if params[n].Type.Kind != wit.Option {
			return args
		}
	}
	if len(args) >= len(params) {
		return args
	}
	return append(slices.Clip(args), make([]mailbox.Value, len(params)-len(args))...)
}

// ParseWords implements process.Worded. Options at the end may be left out.
func (p *componentProgram) ParseWords(words []string) ([]mailbox.Value, error) {
	params := p.export.Type.Params
	if p.takesWords() {
		return texts(words), nil
	}
	return parseWords(p.export.Name, params, words)
}

// parseWords gives the arguments that the command line's words stand for.
func parseWords(method string, params []wit.Param, words []string) ([]mailbox.Value, error) {
	for i, param := range params {
		if r := handleIn(param.Type, map[*wit.Type]bool{}); r != nil {
			return nil, mailbox.Errorf(mailbox.Invalid, "%s cannot be called from the command line: argument %d (%s) takes a resource (%s), which no word can be",
				method, i+1, param.Name, r.Kind)
		}
	}
	args := make([]mailbox.Value, min(len(words), len(params)))
	for i := range args {
		v, err := wit.ParseWord(words[i], params[i].Type)
		if err != nil {
			return nil, mailbox.Errorf(mailbox.Invalid, "argument %d (%s): %w", i+1, params[i].Name, err)
		}
		args[i] = v
	}
	if len(optional(params, args)) < len(params) || len(words) > len(params) {
		return nil, mailbox.Errorf(mailbox.Invalid, "%s takes %s, got %d", method, takes(params), len(words))
	}
	return args, nil
}

// takes says what a call needs.
func takes(params []wit.Param) string {
	switch len(params) {
	case 0:
		return "no arguments"
	case 1:
		return "1 argument (" + wit.Params(params) + ")"
	}
	return fmt.Sprintf("%d arguments (%s)", len(params), wit.Params(params))
}

// handleIn gives the first type of a resource within t, nil if there is none.
// seen are the types that were looked at: a type may be part of another many times.
func handleIn(t *wit.Type, seen map[*wit.Type]bool) *wit.Type {
	if t == nil || seen[t] {
		return nil
	}
	seen[t] = true
	if t.Kind == wit.Own || t.Kind == wit.Borrow {
		return t
	}
	for _, part := range parts(t) {
		if h := handleIn(part, seen); h != nil {
			return h
		}
	}
	return nil
}

// parts are the types that a type consists of.
func parts(t *wit.Type) []*wit.Type {
	all := []*wit.Type{t.Elem, t.OK, t.Err}
	for _, f := range t.Fields {
		all = append(all, f.Type)
	}
	for _, c := range t.Cases {
		all = append(all, c.Type)
	}
	return all
}

// Straight implements process.Program.
func (p *componentProgram) Straight() bool { return p.straight }

// Deaf implements process.Deaf: a component learns of a cancel if it can receive.
func (p *componentProgram) Deaf() bool { return !p.linked.receives }
