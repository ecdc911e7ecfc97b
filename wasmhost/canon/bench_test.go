package canon

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

// echo is a component function that returns what it takes, called in three ways.
type echo struct {
	f      *Func
	args   []mailbox.Value
	lifted *Lifted
	low    *Lowered // another component that calls it
	host   *Lowered // a component that calls the host
	stack  []uint64 // of the lowered functions, with a value in the caller's memory
	work   []uint64
}

// newEcho makes them for a value of a type, which must be passed through two
// core values and returned through memory, or both ways in one.
func newEcho(t testing.TB, typ *wit.Type, v mailbox.Value, size int, h *Host) *echo {
	c, s := NewCompiler(), &Store{}
	e := &echo{f: compile(t, c, function(typ, typ))}
	var err error
	if e.args, err = e.f.Fit([]mailbox.Value{v}); err != nil {
		t.Fatal(err)
	}
	bump := func() (*Options, *[]byte) {
		mem := make([]byte, size)
		next := uint32(1024)
		g := &guest{mem: mem}
		o := g.options(s, c, UTF8)
		o.Realloc = coreFunc(func(_ context.Context, stack []uint64) error {
			p := uint32(alignTo(uint64(next), uint32(stack[2])))
			next = p + uint32(stack[3])
			if next > uint32(size) {
				p, next = 1024, 1024+uint32(stack[3])
			}
			stack[0] = uint64(p)
			return nil
		})
		return o, &g.mem
	}
	o, mem := bump()
	e.lifted = &Lifted{Plan: e.f, Options: o, Core: coreFunc(func(_ context.Context, stack []uint64) error {
		if e.f.resultOut {
			le.PutUint32((*mem)[8:], uint32(stack[0]))
			le.PutUint32((*mem)[12:], uint32(stack[1]))
			stack[0] = 8
		}
		return nil
	})}
	co, cmem := bump()
	e.low = &Lowered{Plan: e.f, Options: co, Target: e.lifted}
	e.host = &Lowered{Plan: e.f, Options: co, Target: h}
	x := lowerer{ctx: bg, opts: co, mem: *cmem}
	e.stack = make([]uint64, e.f.stackParams()+1)
	if err := x.params(e.f, e.args, e.stack); err != nil {
		t.Fatal(err)
	}
	if e.f.resultOut {
		e.stack[e.f.stackParams()] = 8
	}
	e.work = make([]uint64, len(e.stack))
	return e
}

func (e *echo) lift() error {
	v, err := e.lifted.Call(bg, e.args)
	sink = v
	return err
}

func (e *echo) between() error {
	copy(e.work, e.stack)
	return e.low.Call(bg, e.work)
}

func (e *echo) toHost() error {
	copy(e.work, e.stack)
	return e.host.Call(bg, e.work)
}

var sink mailbox.Value

var (
	echoHost = &Host{Name: "echo", Func: func(c *Call) error { c.Return(c.Arg(0)); return nil }}
	viewHost = &Host{Name: "echo", Views: true, Func: func(c *Call) error { c.Return(c.Arg(0)); return nil }}
)

type benchCase struct {
	name  string
	typ   *wit.Type
	v     mailbox.Value
	size  int // of a memory
	bytes int64
}

func benchCases() []benchCase {
	person := rec("person", "name", tString, "age", tU32, "height", tF64, "member", tBool)
	people := make([]mailbox.Value, 1000)
	for i := range people {
		people[i] = tab("name", str(fmt.Sprintf("person number %d", i)), "age", num(float64(i)), "height", num(1.8), "member", yes)
	}
	points := make([]mailbox.Value, 1000)
	for i := range points {
		points[i] = tab("x", num(float64(i)), "y", num(2))
	}
	numbers := make([]mailbox.Value, 1000)
	for i := range numbers {
		numbers[i] = num(float64(i))
	}
	return []benchCase{
		{"u32", tU32, num(7), 1 << 16, 0},
		{"bytes_1MiB", list(tU8), str(strings.Repeat("x", 1<<20)), 4 << 20, 1 << 20},
		{"string_20B", tString, str("hello, wide world 20"), 1 << 16, 0},
		{"string_1MiB", tString, str(strings.Repeat("x", 1<<20)), 4 << 20, 1 << 20},
		{"record", list(person), arr(people[0]), 1 << 16, 0},
		{"list_u32_1000", list(tU32), arr(numbers...), 1 << 16, 0},
		{"list_point_1000", list(rec("point", "x", tF64, "y", tF64)), arr(points...), 1 << 18, 0},
		{"list_person_1000", list(person), arr(people...), 1 << 20, 0},
	}
}

func BenchmarkCalls(b *testing.B) {
	for _, c := range benchCases() {
		e := newEcho(b, c.typ, c.v, c.size, echoHost)
		views := newEcho(b, c.typ, c.v, c.size, viewHost)
		for _, way := range []struct {
			name string
			call func() error
		}{{"fromHost", e.lift}, {"toHost", e.toHost}, {"toHostViews", views.toHost}, {"between", e.between}} {
			b.Run(c.name+"/"+way.name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(2 * c.bytes)
				for b.Loop() {
					if err := way.call(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkFit turns arguments by names into the form by position.
func BenchmarkFit(b *testing.B) {
	for _, c := range benchCases() {
		f := compile(b, NewCompiler(), function(nil, c.typ))
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			args := []mailbox.Value{c.v}
			for b.Loop() {
				if _, err := f.Fit(args); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMemcpy is what the bytes of a call cost at least, each way.
func BenchmarkMemcpy(b *testing.B) {
	from, to := make([]byte, 1<<20), make([]byte, 1<<20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		copy(to, from)
	}
}

// TestAllocations holds what calls allocate.
func TestAllocations(t *testing.T) {
	want := map[string][4]float64{
		"u32": {}, "bytes_1MiB": {1, 1, 0, 0}, "string_20B": {1, 1, 0, 0},
		"list_u32_1000": {2, 2, 2, 0}, "list_person_1000": {13, 13, 4, 0},
	}
	for _, c := range benchCases() {
		allocs, known := want[c.name]
		if !known {
			continue
		}
		e := newEcho(t, c.typ, c.v, c.size, echoHost)
		views := newEcho(t, c.typ, c.v, c.size, viewHost)
		for i, call := range []func() error{e.lift, e.toHost, views.toHost, e.between} {
			got := testing.AllocsPerRun(10, func() {
				if err := call(); err != nil {
					t.Fatal(err)
				}
			})
			if got != allocs[i] {
				t.Errorf("%s, way %d: %v allocations, want %v", c.name, i, got, allocs[i])
			}
		}
	}
}
