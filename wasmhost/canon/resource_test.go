package canon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// TestHandleTable checks that indices count from one and the last that became
// free is used first.
func TestHandleTable(t *testing.T) {
	s := &Store{}
	i := s.NewInstance(nil, 0)
	rt := &ResourceType{Name: "r", Instance: i}
	fresh := func(rep, want uint32) {
		t.Helper()
		if got, err := ResourceNew(i, rt, rep); err != nil || got != want {
			t.Errorf("new handle %d %v, want %d", got, err, want)
		}
	}
	drop := func(index uint32) {
		t.Helper()
		if err := ResourceDrop(bg, i, rt, index); err != nil {
			t.Error(err)
		}
	}
	rep := func(index, want uint32) {
		t.Helper()
		if got, err := ResourceRep(i, rt, index); err != nil || got != want {
			t.Errorf("rep of %d: %d %v, want %d", index, got, err, want)
		}
	}
	fresh(100, 1)
	fresh(200, 2)
	fresh(300, 3)
	drop(2)
	fresh(400, 2)
	rep(1, 100)
	rep(2, 400)
	rep(3, 300)
	drop(1)
	drop(2)
	drop(3)
	fresh(500, 3)
	fresh(600, 2)
	fresh(700, 1)
	rep(3, 500)
	rep(1, 700)
	fresh(800, 4)
	if s.Handles() != 4 {
		t.Errorf("%d handles are held, want 4", s.Handles())
	}
	for _, index := range []uint32{0, 5, 1<<32 - 1} {
		want := fmt.Sprintf("unknown handle index %d", index)
		wantTrap(t, ResourceDrop(bg, i, rt, index), want)
		_, err := ResourceRep(i, rt, index)
		wantTrap(t, err, want)
	}
	drop(4)
	wantTrap(t, ResourceDrop(bg, i, rt, 4), "unknown handle index 4")
	other := &ResourceType{Name: "other", Instance: i}
	wantTrap(t, ResourceDrop(bg, i, other, 1),
		"handle index 1 used with the wrong type, expected guest-defined resource but found a different guest-defined resource")
	wantTrap(t, ResourceDrop(bg, i, &ResourceType{}, 1), "expected host-defined resource but found a guest-defined resource")
	_, err := ResourceRep(i, other, 1)
	wantTrap(t, err, "wrong type")
	i.held = true
	_, err = ResourceNew(i, rt, 1)
	wantTrap(t, err, "cannot leave component instance")
	wantTrap(t, ResourceDrop(bg, i, rt, 1), "cannot leave component instance")
	rep(1, 700) // post-return may do that
}

func TestMaxHandles(t *testing.T) {
	s := &Store{MaxHandles: 2}
	i, j := s.NewInstance(nil, 0), s.NewInstance(nil, 0)
	rt := &ResourceType{Instance: i}
	_, err1 := ResourceNew(i, rt, 1)
	_, err2 := ResourceNew(j, rt, 1)
	_, err := ResourceNew(i, rt, 1)
	if err1 != nil || err2 != nil || !errors.Is(err, mailbox.LimitHit) || err.Error() != "max_handles: the process holds 2 of 2 handles" {
		t.Errorf("%v, %v, %v", err1, err2, err)
	}
	if err := ResourceDrop(bg, j, rt, 1); err != nil {
		t.Error(err)
	}
	if _, err := ResourceNew(i, rt, 1); err != nil {
		t.Error(err)
	}
}

// pair is a component that defines a resource and one that uses it.
type pair struct {
	c                *Compiler
	s                *Store
	r                *wit.Resource
	rt               *ResourceType
	definer, user    *Options
	dropped          []uint32 // reps that the destructor got
	inDestructor     func()
	definerG, userG  *guest
	destructorFailed error
}

func newPair() *pair {
	p := &pair{c: NewCompiler(), s: &Store{}, r: &wit.Resource{Name: "r"}, definerG: newGuest(64), userG: newGuest(64)}
	p.c.Resource(p.r)
	p.definer, p.user = p.definerG.options(p.s, p.c, UTF8), p.userG.options(p.s, p.c, UTF8)
	p.rt = &ResourceType{Name: "r", Instance: p.definer.Instance, Destructor: coreFunc(func(_ context.Context, stack []uint64) error {
		p.dropped = append(p.dropped, uint32(stack[0]))
		if p.inDestructor != nil {
			p.inDestructor()
		}
		return p.destructorFailed
	})}
	p.definer.Instance.Resources[0], p.user.Instance.Resources[0] = p.rt, p.rt
	return p
}

// function has the user call a core function of the definer.
func (p *pair) function(t *testing.T, f *wit.Func, core func(stack []uint64) error) *Lowered {
	plan := compile(t, p.c, f)
	return &Lowered{Plan: plan, Options: p.user, Target: p.lift(plan, p.definer, core)}
}

func (p *pair) lift(plan *Func, o *Options, core func(stack []uint64) error) *Lifted {
	return &Lifted{Plan: plan, Options: o, Core: coreFunc(func(_ context.Context, stack []uint64) error { return core(stack) })}
}

// in runs code as the user's, called from the host.
func (p *pair) in(t *testing.T, run func() error) error {
	_, err := p.lift(compile(t, p.c, function(nil)), p.user, func([]uint64) error { return run() }).Call(bg, nil)
	return err
}

// TestOwn has owned resources cross in both directions.
func TestOwn(t *testing.T) {
	p := newPair()
	d := p.definer.Instance
	make := p.function(t, function(own(p.r), tU32), func(stack []uint64) error {
		index, err := ResourceNew(d, p.rt, uint32(stack[0]))
		stack[0] = uint64(index)
		return err
	})
	take := p.function(t, function(nil, own(p.r)), func(stack []uint64) error {
		return ResourceDrop(bg, d, p.rt, uint32(stack[0]))
	})
	var handles []uint64
	err := p.in(t, func() error {
		for _, rep := range []uint64{100, 200} {
			stack := []uint64{rep}
			if err := make.Call(bg, stack); err != nil {
				return err
			}
			handles = append(handles, stack[0])
		}
		// The user drops one itself, and gives one back.
		err := ResourceDrop(bg, p.user.Instance, p.rt, uint32(handles[1]))
		return errors.Join(err, take.Call(bg, []uint64{handles[0]}))
	})
	if err != nil || !slices.Equal(handles, []uint64{1, 2}) || !slices.Equal(p.dropped, []uint32{200, 100}) || p.s.Handles() != 0 {
		t.Errorf("%v: handles %v, dropped %v, %d held", err, handles, p.dropped, p.s.Handles())
	}
	err = p.in(t, func() error { return take.Call(bg, []uint64{1}) })
	wantTrap(t, err, "unknown handle index 1")
}

// TestBorrow checks that what is borrowed is used during a call and no longer.
func TestBorrow(t *testing.T) {
	p := newPair()
	u := p.user.Instance
	sum := p.function(t, function(tU32, borrow(p.r), borrow(p.r)), func(stack []uint64) error {
		stack[0] += stack[1] // the definer gets reps
		return nil
	})
	mixed := p.function(t, function(nil, borrow(p.r), own(p.r)), func([]uint64) error { return nil })
	var lent error
	dropping := p.function(t, function(nil, borrow(p.r)), func([]uint64) error {
		lent = ResourceDrop(bg, u, p.rt, 1)
		return lent
	})
	fill := func() {
		for _, rep := range []uint32{40, 2} {
			if _, err := ResourceNew(u, p.rt, rep); err != nil {
				t.Error(err)
			}
		}
	}
	err := p.in(t, func() error {
		fill()
		stack := []uint64{1, 2}
		err := sum.Call(bg, stack)
		if stack[0] != 42 {
			t.Errorf("got %d", stack[0])
		}
		stack = []uint64{1, 1} // the same twice
		if err := sum.Call(bg, stack); err != nil || stack[0] != 80 {
			t.Errorf("got %d %v", stack[0], err)
		}
		if u.handles.entries[0].lends != 0 {
			t.Error("it is still lent")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	err = p.in(t, func() error { return mixed.Call(bg, []uint64{1, 1}) })
	wantTrap(t, err, "cannot remove owned resource while borrowed")
	p = newPair()
	u = p.user.Instance
	dropping = p.function(t, function(nil, borrow(p.r)), func([]uint64) error { return ResourceDrop(bg, u, p.rt, 1) })
	err = p.in(t, func() error { fill(); return dropping.Call(bg, []uint64{1}) })
	wantTrap(t, err, "cannot remove owned resource while borrowed")
}

// TestBorrowIsDropped passes what a host defines to components, one of which
// forgets to drop what it borrowed, and one that hands it on as its own.
func TestBorrowIsDropped(t *testing.T) {
	p := newPair()
	d, u := p.definer.Instance, p.user.Instance
	p.rt.Instance, p.rt.Drop = nil, func(context.Context, uint32) error { return nil }
	take := compile(t, p.c, function(nil, own(p.r)))
	passOn := &Lowered{Plan: take, Options: p.definer, Target: &Host{Func: func(*Call) error { return nil }}}
	for _, c := range []struct {
		core func(stack []uint64) error
		trap string
	}{
		{func([]uint64) error { return nil }, "borrow handles still remain at the end of the call: 1"},
		{func(stack []uint64) error { return ResourceDrop(bg, d, p.rt, uint32(stack[0])) }, ""},
		{func(stack []uint64) error {
			if rep, err := ResourceRep(d, p.rt, uint32(stack[0])); err != nil || rep != 40 {
				t.Errorf("rep %d %v", rep, err)
			}
			return passOn.Call(bg, stack)
		}, "cannot pass on a borrowed resource as owned"},
	} {
		d.entered, u.entered, d.handles, u.handles = false, false, table{}, table{}
		f := p.function(t, function(nil, borrow(p.r)), c.core)
		if _, err := ResourceNew(u, p.rt, 40); err != nil {
			t.Fatal(err)
		}
		err := p.in(t, func() error { return f.Call(bg, []uint64{1}) })
		if c.trap != "" {
			wantTrap(t, err, c.trap)
		} else if err != nil {
			t.Error(err)
		}
	}
}

// TestDestructor checks who may be entered for a destructor.
func TestDestructor(t *testing.T) {
	p := newPair()
	d, u := p.definer.Instance, p.user.Instance
	p.inDestructor = func() {
		if !d.entered {
			t.Error("the definer is not entered while its destructor runs")
		}
	}
	drop := func() error {
		_, err := ResourceNew(u, p.rt, 7)
		return errors.Join(err, ResourceDrop(bg, u, p.rt, 1))
	}
	if err := p.in(t, drop); err != nil || len(p.dropped) != 1 || d.entered {
		t.Errorf("%v, dropped %v", err, p.dropped)
	}
	// The definer drops its own while it runs.
	_, err := p.lift(compile(t, p.c, function(nil)), p.definer, func([]uint64) error {
		_, err := ResourceNew(d, p.rt, 8)
		return errors.Join(err, ResourceDrop(bg, d, p.rt, 1))
	}).Call(bg, nil)
	if err != nil || len(p.dropped) != 2 {
		t.Errorf("%v, dropped %v", err, p.dropped)
	}
	// The definer calls the user, which drops: the definer is entered already.
	call := &Lowered{Plan: compile(t, p.c, function(nil)), Options: p.definer, Target: p.lift(compile(t, p.c, function(nil)), p.user, func([]uint64) error { return drop() })}
	_, err = p.lift(compile(t, p.c, function(nil)), p.definer, func([]uint64) error { return call.Call(bg, nil) }).Call(bg, nil)
	wantTrap(t, err, "cannot enter component instance")
	d.entered, u.entered, u.handles = false, false, table{}
	p.destructorFailed = errors.New("boom")
	if err := p.in(t, drop); !errors.Is(err, p.destructorFailed) {
		t.Error(err)
	}
}

// TestHandle checks resources in the hands of the host.
func TestHandle(t *testing.T) {
	p := newPair()
	d := p.definer.Instance
	make := p.lift(compile(t, p.c, function(own(p.r))), p.definer, func(stack []uint64) error {
		index, err := ResourceNew(d, p.rt, 5)
		stack[0] = uint64(index)
		return err
	})
	var h *Handle
	use := p.lift(compile(t, p.c, function(tU32, borrow(p.r))), p.definer, func(stack []uint64) error {
		if err := h.Drop(bg); err == nil || err.Error() != "the resource (r) is in use by a call" {
			t.Errorf("dropping: %v", err)
		}
		return nil
	})
	take := p.lift(compile(t, p.c, function(nil, own(p.r))), p.definer, func(stack []uint64) error {
		return ResourceDrop(bg, d, p.rt, uint32(stack[0]))
	})
	v, err := make.Call(bg, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v.String() != "a resource (r)" {
		t.Errorf("got %s", v)
	}
	h = v.Resource().(*Handle)
	call := func(l *Lifted) (mailbox.Value, error) {
		args, err := l.Plan.Fit([]mailbox.Value{v})
		if err != nil {
			t.Fatal(err)
		}
		d.entered = false
		return l.Call(bg, args)
	}
	if got, err := call(use); err != nil || got.Float() != 5 {
		t.Errorf("%s %v", got, err)
	}
	if _, err := call(take); err != nil || !slices.Equal(p.dropped, []uint32{5}) {
		t.Errorf("%v, dropped %v", err, p.dropped)
	}
	for _, l := range []*Lifted{use, take} {
		if _, err := call(l); err == nil || err.Error() != "the resource (r) was dropped or passed on" {
			t.Error(err)
		}
	}
	if err := h.Drop(bg); !errors.Is(err, mailbox.Invalid) {
		t.Error(err)
	}
	if _, ok := h.Rep(); ok {
		t.Error("it still has a rep")
	}
	v = mailbox.ResourceValue((&Store{}).NewHandle(p.rt, 1))
	if _, err := call(use); err == nil || err.Error() != "the resource (r) belongs to another process" {
		t.Error(err)
	}
	v = mailbox.ResourceValue(p.s.NewHandle(&ResourceType{Name: "x"}, 1))
	if _, err := call(use); err == nil || err.Error() != "the resource (x) is not a r" {
		t.Error(err)
	}
	h = p.s.NewHandle(p.rt, 6)
	d.entered = false
	if err := h.Drop(bg); err != nil || !slices.Equal(p.dropped, []uint32{5, 6}) {
		t.Errorf("%v, dropped %v", err, p.dropped)
	}
}

// TestNamedBorrowEnds checks that a host function cannot keep what it borrowed.
func TestNamedBorrowEnds(t *testing.T) {
	p := newPair()
	var kept, owned *Handle
	low := &Lowered{Plan: compile(t, p.c, function(nil, borrow(p.r), own(p.r))), Options: p.user, Target: &Host{Named: true, Func: func(c *Call) error {
		kept, owned = c.Arg(0).Resource().(*Handle), c.Arg(1).Resource().(*Handle)
		if rep, ok := kept.Rep(); !ok || rep != 1 {
			t.Errorf("rep %d %v", rep, ok)
		}
		return nil
	}}}
	err := p.in(t, func() error {
		for rep := range uint32(2) {
			if _, err := ResourceNew(p.user.Instance, p.rt, rep+1); err != nil {
				return err
			}
		}
		return low.Call(bg, []uint64{1, 2})
	})
	_, ok := kept.Rep()
	rep, owns := owned.Rep()
	if err != nil || ok || !owns || rep != 2 {
		t.Errorf("%v, borrowed %v, owned %v %d", err, ok, owns, rep)
	}
}

// TestStoreClose checks that the host's resources are given back.
func TestStoreClose(t *testing.T) {
	s := &Store{}
	i := s.NewInstance(nil, 0)
	var gone []uint32
	boom := errors.New("boom")
	file := &ResourceType{Name: "file", Drop: func(_ context.Context, rep uint32) error {
		gone = append(gone, rep)
		return boom
	}}
	for rep := range uint32(3) {
		if _, err := i.add(entry{rt: file, rep: rep, own: rep != 1, scope: &task{}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(bg); !errors.Is(err, boom) || !slices.Equal(gone, []uint32{0, 2}) {
		t.Errorf("%v, dropped %v", err, gone)
	}
}
