// Package differential asks two engines the same and compares: ours, and
// wasmtime. What a component's functions take is made up from a seed; resources
// that one call gives are lent and given away in later ones.
//
// Run it by ./run, which finds wasmtime's headers:
//
//	./run -v                                  what CI runs
//	./run -run TestRandom -args -seed 7 -for 1m
package differential

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"wippy/mailbox"
	"wippy/test/differential/ours"
	"wippy/test/differential/peer"
	"wippy/test/differential/value"
	"wippy/wasmhost/wit"
)

// Pair is a component on both engines.
type Pair struct {
	name string
	peer *peer.Component
	ours *ours.Component
	// List has the functions.
	List  []peer.Export
	types map[string]string // of functions, as ours has them
}

// LoadError is what an engine, or both, have against a component, or against
// starting it.
type LoadError struct {
	Name           string
	Wasmtime, Ours error
}

// Error has both.
func (e *LoadError) Error() string {
	return fmt.Sprintf("%s: wasmtime: %v; ours: %v", e.Name, e.Wasmtime, e.Ours)
}

// Load loads a component on both.
//
// # Errors
//
// A *LoadError, or what exports differ.
func Load(name string, binary []byte) (*Pair, error) {
	p, perr := peer.Load(binary)
	o, oerr := ours.Load(name, binary)
	if perr != nil || oerr != nil {
		if p != nil {
			p.Close()
		}
		if o != nil {
			o.Close()
		}
		return nil, &LoadError{name, perr, oerr}
	}
	pair := &Pair{name, p, o, p.Exports(), map[string]string{}}
	var got []string
	exports := map[string]*wit.Func{}
	for _, e := range o.Exports() {
		got = append(got, e.Name)
		exports[e.Name] = &e.Type
	}
	numbers := map[*wit.Resource]uint32{}
	for _, e := range pair.List {
		if f := exports[e.String()]; f != nil {
			pair.types[e.String()] = value.OfWIT(f, numbers).String()
		}
	}
	want := pair.onlyFuncs(exports)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		err := fmt.Errorf("%s exports, says wasmtime,\n%s\nand say we\n%s", name, strings.Join(want, "\n"), strings.Join(got, "\n"))
		pair.Close()
		return nil, err
	}
	return pair, nil
}

// onlyFuncs leaves out of what wasmtime lists the types of functions, which it
// lists alike and an instance does not have. It gives the names.
func (p *Pair) onlyFuncs(known map[string]*wit.Func) (names []string) {
	var i *peer.Instance
	missing := func(e peer.Export) bool {
		if known[e.String()] != nil {
			return false
		}
		if i == nil {
			var err error
			if i, err = p.peer.Start(); err != nil {
				return true // nobody can tell
			}
		}
		_, err := i.Func(e)
		return err != nil
	}
	p.List = slices.DeleteFunc(p.List, missing)
	if i != nil {
		i.Close()
	}
	for _, e := range p.List {
		names = append(names, e.String())
	}
	return names
}

// Close frees both.
func (p *Pair) Close() error {
	p.peer.Close()
	return p.ours.Close()
}

// resource is one that both engines gave.
type resource struct {
	typ  uint32
	peer uint64
	ours mailbox.Value
	gone bool // given away or dropped
	used bool // by the call that is being made up
}

// Session is an instance on each engine, and the resources that both gave.
type Session struct {
	pair      *Pair
	peer      *peer.Instance
	ours      *ours.Instance
	Funcs     []*peer.Func
	random    value.Random
	resources []*resource
	log       []string // the calls so far
	// Result is what the last call gave, by SPEC's mapping; Failure the class of
	// the error that ended the session.
	Result  mailbox.Value
	Failure string
}

// ErrStart is what Start gives for a component that starts on neither engine.
var ErrStart = errors.New("it does not start, on both engines")

// Start makes a session, whose arguments come from random.
func (p *Pair) Start(random *rand.Rand) (*Session, error) {
	s := &Session{pair: p}
	s.random = value.Random{Rand: random, Resource: s.pick}
	var perr, oerr error
	s.peer, perr = p.peer.Start()
	s.ours, oerr = p.ours.Start()
	if perr != nil || oerr != nil {
		if s.peer != nil {
			s.peer.Close()
		}
		if s.ours != nil {
			s.ours.Close()
		}
		if perr != nil && oerr != nil && agree(perr, oerr) {
			return nil, ErrStart
		}
		return nil, &LoadError{p.name + ": starting", perr, oerr}
	}
	numbers := map[uint32]uint32{}
	for _, e := range p.List {
		f, err := s.peer.Func(e)
		if err != nil {
			return nil, err
		}
		s.Funcs = append(s.Funcs, f)
		if want, got := f.Type.Renumbered(numbers).String(), p.types[e.String()]; want != got {
			return nil, fmt.Errorf("%s: %s is, says wasmtime,\n%s\nand say we\n%s", p.name, e, want, got)
		}
	}
	return s, nil
}

// Close frees both instances.
func (s *Session) Close() error {
	s.peer.Close()
	return s.ours.Close()
}

// Func finds a function by its whole name.
func (s *Session) Func(name string) *peer.Func {
	for _, f := range s.Funcs {
		if f.String() == name {
			return f
		}
	}
	return nil
}

// pick gives a resource for an argument: seldom one that is gone or that the
// call uses already. There is one, see supply.
func (s *Session) pick(t *value.Type) uint64 {
	var good, bad []uint64
	for i, r := range s.resources {
		switch {
		case r.typ != t.Resource:
		case r.gone, r.used && t.Kind == value.Own:
			bad = append(bad, uint64(i))
		default:
			good = append(good, uint64(i))
		}
	}
	n := uint64(0)
	switch {
	case len(good) == 0 || len(bad) > 0 && s.random.IntN(50) == 0:
		n = bad[s.random.IntN(len(bad))]
	default:
		n = good[s.random.IntN(len(good))]
	}
	s.resources[n].used = true
	return n
}

// makers gives the functions that make a resource of nothing but values.
func (s *Session) makers(typ uint32) (list []*peer.Func) {
	for _, f := range s.Funcs {
		if r := f.Type.Result; r != nil && r.Kind == value.Own && r.Resource == typ && !slices.ContainsFunc(f.Type.Params, func(p value.Field) bool { return len(needs(p.Type)) > 0 }) {
			if !strings.Contains(f.Name, "bad") {
				list = append(list, f)
			}
		}
	}
	return list
}

// needs lists the types of resources in a type.
func needs(t *value.Type) (list []uint32) {
	if t == nil {
		return nil
	}
	if t.Kind == value.Own || t.Kind == value.Borrow {
		list = append(list, t.Resource)
	}
	for _, part := range []*value.Type{t.Elem, t.OK, t.Err} {
		list = append(list, needs(part)...)
	}
	for _, f := range t.Fields {
		list = append(list, needs(f.Type)...)
	}
	return list
}

// supply makes resources until there are some of each type that a function
// needs. It is as Random.
func (s *Session) supply(f *peer.Func) (bool, error) {
	for _, p := range f.Type.Params {
		for _, typ := range needs(p.Type) {
			for {
				living := 0
				for _, r := range s.resources {
					if r.typ == typ && !r.gone {
						living++
					}
				}
				if living >= 6 {
					break
				}
				makers := s.makers(typ)
				if len(makers) == 0 {
					return false, fmt.Errorf("%s: nothing makes what %s needs", s.pair.name, f)
				}
				if ok, err := s.Random(makers[s.random.IntN(len(makers))]); err != nil || !ok {
					return false, err
				}
			}
		}
	}
	return true, nil
}

// Random calls a function with random arguments. It is false after a call
// that failed, on both: the session is of no more use. An error is a difference.
func (s *Session) Random(f *peer.Func) (bool, error) {
	if ok, err := s.supply(f); err != nil || !ok {
		return false, err
	}
	for _, r := range s.resources {
		r.used = false
	}
	var args []value.Value
	for _, p := range f.Type.Params {
		args = append(args, s.random.Named(p.Name, p.Type))
	}
	return s.Call(f, args)
}

// Difference is where the engines do not agree.
type Difference struct {
	Component, Func string
	Type            value.Func
	Args            []value.Value
	Wasmtime, Ours  string
	Before          []string // the calls of the session that led there
}

// Error tells all of it.
func (d *Difference) Error() string {
	s := fmt.Sprintf("%s: %s: %s\nargs: %s\nwasmtime: %s\nours:     %s", d.Component, d.Func, short(d.Type.String(), 300), short(fmt.Sprint(d.Args), 2000), short(d.Wasmtime, 2000), short(d.Ours, 2000))
	if n := len(d.Before); n > 0 {
		s += "\nafter:\n\t" + strings.Join(d.Before[max(0, n-20):], "\n\t")
	}
	return s
}

func short(s string, most int) string {
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// Call calls a function on both engines.
func (s *Session) Call(f *peer.Func, args []value.Value) (bool, error) {
	var theirs []value.Value
	var own []mailbox.Value
	for i, a := range args {
		theirs = append(theirs, s.numbered(a))
		own = append(own, a.Mailbox(f.Type.Params[i].Type, false, func(n uint64) mailbox.Value { return s.resources[n].ours }))
	}
	pv, perr := f.Call(theirs)
	ov, oerr := s.ours.Call(f.String(), own)
	differ := func(p, o any) (bool, error) {
		return false, &Difference{s.pair.name, f.String(), f.Type, args, fmt.Sprint(p), fmt.Sprint(o), s.log}
	}
	said := func(v mailbox.Value) string { return string(v.AppendJSON(nil)) }
	switch {
	case perr != nil && Class(perr) == outOfFuel, oerr != nil && Class(oerr) == outOfFuel:
		s.Failure = outOfFuel // what costs how much is each engine's own
		return false, nil
	case perr != nil && Class(perr) == wrongEcho: // ours takes any number that fits
		s.Failure = wrongEcho
		return false, nil
	case perr != nil && oerr != nil:
		if !agree(perr, oerr) {
			return differ(fmt.Sprintf("[%s] %v", Class(perr), perr), fmt.Sprintf("[%s] %v", Class(oerr), oerr))
		}
		s.Failure = Class(oerr)
		return false, nil
	case perr != nil:
		return differ(perr, said(ov))
	case oerr != nil:
		return differ(text(pv), oerr)
	}
	s.Result = mailbox.Nil
	if pv == nil {
		if !ov.IsNil() {
			return differ("nothing", said(ov))
		}
	} else {
		// Resources are paired as they are met.
		t := f.Type.Result
		want := pv.Mailbox(t, false, func(n uint64) mailbox.Value { return mailbox.ResourceValue(placeholder(n)) })
		var met []*resource
		same := value.Same(want, ov, func(want, got mailbox.Value) bool {
			met = append(met, &resource{peer: uint64(want.Resource().(placeholder)), ours: got})
			return true
		})
		if !same {
			return differ(text(pv), said(ov))
		}
		s.Result = want
		typed := map[uint64]uint32{}
		types(*pv, t, typed)
		for _, r := range met {
			r.typ = typed[r.peer]
			s.resources = append(s.resources, r)
		}
	}
	for i, a := range args {
		s.consume(a, f.Type.Params[i].Type)
	}
	s.log = append(s.log, fmt.Sprintf("%s%s -> %s", f, short(fmt.Sprint(args), 100), short(text(pv), 100)))
	return true, nil
}

func text(v *value.Value) string {
	if v == nil {
		return "nothing"
	}
	return v.String()
}

// placeholder stands for a resource that wasmtime gave.
type placeholder uint64

// ResourceType implements mailbox.Resource.
func (placeholder) ResourceType() string { return "wasmtime's" }

// numbered gives a value whose resources have wasmtime's numbers.
func (s *Session) numbered(v value.Value) value.Value {
	if v.Kind == value.Own || v.Kind == value.Borrow {
		v.Bits = s.resources[v.Bits].peer
	}
	if v.Payload != nil {
		p := s.numbered(*v.Payload)
		v.Payload = &p
	}
	list := make([]value.Value, len(v.List))
	for i, e := range v.List {
		list[i] = s.numbered(e)
	}
	v.List = list
	return v
}

// each calls visit for every resource in a value.
func each(v value.Value, t *value.Type, visit func(v value.Value, t *value.Type)) {
	switch t.Kind {
	case value.Own, value.Borrow:
		visit(v, t)
	case value.List:
		for _, e := range v.List {
			each(e, t.Elem, visit)
		}
	case value.Record, value.Tuple:
		for i, e := range v.List {
			each(e, t.Fields[i].Type, visit)
		}
	case value.Variant:
		for _, c := range t.Fields {
			if c.Name == v.Text && v.Payload != nil {
				each(*v.Payload, c.Type, visit)
			}
		}
	case value.Option:
		if v.Payload != nil {
			each(*v.Payload, t.Elem, visit)
		}
	case value.Result:
		switch {
		case v.Payload == nil:
		case v.OK:
			each(*v.Payload, t.OK, visit)
		default:
			each(*v.Payload, t.Err, visit)
		}
	}
}

// types notes the types of a value's resources by wasmtime's numbers.
func types(v value.Value, t *value.Type, by map[uint64]uint32) {
	each(v, t, func(v value.Value, t *value.Type) { by[v.Bits] = t.Resource })
}

// consume notes what a call was given to own.
func (s *Session) consume(v value.Value, t *value.Type) {
	each(v, t, func(v value.Value, t *value.Type) {
		if t.Kind == value.Own {
			s.resources[v.Bits].gone = true
		}
	})
}

// Drop drops a resource that is left, if there is one, on both.
func (s *Session) Drop() (bool, error) {
	for i, r := range s.resources {
		if r.gone {
			continue
		}
		r.gone = true
		s.log = append(s.log, fmt.Sprintf("drop resource%d", i))
		perr, oerr := s.peer.Drop(r.peer), s.ours.Drop(r.ours)
		if !agree(perr, oerr) {
			return false, &Difference{s.pair.name, "drop", value.Func{}, nil, fmt.Sprint(perr), fmt.Sprint(oerr), s.log}
		}
		return perr == nil, nil
	}
	return true, nil
}
