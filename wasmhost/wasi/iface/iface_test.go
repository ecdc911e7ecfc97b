package iface

import (
	"context"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/wasi/world"
	"wippy/wasmhost/wit"
)

func TestNew(t *testing.T) {
	things := NewResource[int]("thing", nil)
	i := New("a:b/c", []string{"a:b"}, "variant trouble { big(u8), small(own<thing>) }",
		Func{Name: "[method]thing.do", Signature: "func(self: borrow<thing>, all: list<own<thing>>) -> result<tuple<u8, option<own<thing>>>, trouble>"},
		Func{Name: "two", Signature: "func() -> tuple<own<thing>, string>"},
	).With(things.Type)
	if i.Func("two") == nil || i.Func("three") != nil || i.Resource("thing") != things.Type || i.Resource("things") != nil {
		t.Error("look-ups")
	}
	do := i.Func("[method]thing.do")
	if got, want := do.Type.String(), "[method]thing.do: func(self: borrow<thing>, all: list<thing>) -> result<tuple<u8, option<thing>>, trouble>"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if do.Host.Name != "a:b/c#[method]thing.do" {
		t.Error(do.Host.Name)
	}
	if do.Type.Params[0].Type.Kind != wit.Borrow || do.Type.Params[1].Type.Elem.Kind != wit.Own || do.Type.Results[0].Type.Err.Cases[1].Type.Kind != wit.Own {
		t.Error("handles")
	}
	two := i.Func("two")
	if !two.Accepts(&two.Type) || !do.Accepts(&do.Type) || do.Accepts(&two.Type) || two.Accepts(&do.Type) {
		t.Error("Accepts")
	}
	for _, wrong := range []string{"func(", "func() -> unknown", "u8"} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(r.(string), "a:b/c: ") {
					t.Errorf("%s: %v", wrong, r)
				}
			}()
			New("a:b/c", nil, "", Func{Name: "f", Signature: wrong})
		}()
	}
}

// node is a process's node.
type node struct {
	process.Context
	limits   process.Limits
	exceeded *mailbox.Error
}

func (n *node) Limits() process.Limits { return n.limits }
func (n *node) Exceed(err *mailbox.Error) {
	n.exceeded = err
	process.Unwind()
}

func TestObjects(t *testing.T) {
	var dropped []string
	texts := NewResource("text", func(_ *Process, s string) { dropped = append(dropped, s) })
	numbers := NewResource[int]("number", nil)
	n := &node{limits: process.Limits{MaxHandles: 3}}
	caller := &imports.Caller{Context: n}
	ctx := context.WithValue(context.Background(), imports.Key{}, caller)
	p := Of(ctx)
	if Of(ctx) != p {
		t.Error("a process is another at its second call")
	}
	other := Of(context.WithValue(context.Background(), imports.Key{}, &imports.Caller{Context: n, World: world.New(&world.Config{}, nil, nil)}))
	a := uint32(texts.New(p, "a").Uint())
	b := uint32(texts.New(p, "b").Uint())
	numbers.New(p, 1)
	if s, err := texts.Get(p, a); s != "a" || err != nil {
		t.Error(s, err)
	}
	if _, err := texts.Get(other, a); err == nil {
		t.Error("a process has another's object")
	}
	func() {
		defer func() {
			if !process.Unwinding(recover()) || n.exceeded.Message != "max_handles: the process holds 3 of 3 handles" {
				t.Errorf("%v", n.exceeded)
			}
		}()
		texts.New(p, "c")
		t.Error("it holds more than it may")
	}()
	if s, err := texts.Take(p, b); s != "b" || err != nil || len(dropped) > 0 {
		t.Error(s, err, dropped)
	}
	for range 2 { // the second finds nothing
		if err := texts.Type.Drop(ctx, a); err != nil || len(dropped) != 1 || dropped[0] != "a" {
			t.Error(err, dropped)
		}
	}
	_, err := texts.Take(p, b)
	if trap, ok := err.(*canon.Trap); !ok || trap.Message != "there is no such text" || p.Objects() != 1 {
		t.Error(err, p.Objects())
	}
}

func TestBuffer(t *testing.T) {
	p := &Process{}
	for _, n := range []int{0, 1, 512, 513, keep, keep + 1, 1 << 20} {
		if len(p.Buffer(n)) != n || len(p.scratch) > keep {
			t.Errorf("%d bytes, %d kept", n, len(p.scratch))
		}
	}
	if allocs := testing.AllocsPerRun(10, func() { p.Buffer(keep) }); allocs > 0 {
		t.Errorf("%g allocations", allocs)
	}
	if got := Text("a\xffb").Str(); got != "a\uFFFDb" {
		t.Errorf("%q", got)
	}
}
