package canon

import (
	"context"
	"errors"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/wasmhost/wit"
)

var bg = context.Background()

// core is a core function made of a Go one.
type coreFunc func(ctx context.Context, stack []uint64) error

func (f coreFunc) CallWithStack(ctx context.Context, stack []uint64) error { return f(ctx, stack) }

// guest is core code's memory and a bump allocator in it. A growth moves the
// memory, and what is where it was before is overwritten.
type guest struct {
	mem      []byte
	next     uint32
	reallocs [][4]uint64
	moves    bool // every realloc moves the memory
}

func newGuest(size int) *guest { return &guest{mem: make([]byte, size), next: 16} }

func (g *guest) Size() uint32 { return uint32(len(g.mem)) }

func (g *guest) Read(offset, count uint32) ([]byte, bool) {
	if uint64(offset)+uint64(count) > uint64(len(g.mem)) {
		return nil, false
	}
	return g.mem[offset : offset+count : offset+count], true
}

func (g *guest) CallWithStack(_ context.Context, stack []uint64) error {
	g.reallocs = append(g.reallocs, [4]uint64(stack))
	old, oldSize, align, size := uint32(stack[0]), uint32(stack[1]), uint32(stack[2]), uint32(stack[3])
	if old != 0 && size <= oldSize {
		return nil // stack[0] is old
	}
	p := uint32(alignTo(uint64(g.next), align))
	for uint64(p)+uint64(size) > uint64(len(g.mem)) {
		g.move(2 * len(g.mem))
	}
	if g.moves {
		g.move(len(g.mem))
	}
	copy(g.mem[p:], g.mem[old:old+oldSize])
	g.next = p + size
	stack[0] = uint64(p)
	return nil
}

func (g *guest) move(size int) {
	before := g.mem
	g.mem = make([]byte, size)
	copy(g.mem, before)
	for i := range before {
		before[i] = 0xaa
	}
}

// options are those of a new root instance over a guest.
func (g *guest) options(s *Store, c *Compiler, e Encoding) *Options {
	return &Options{Instance: s.NewInstance(nil, c.Resources()), Encoding: e, Memory: g, Realloc: g}
}

func scalarType(k wit.Kind) *wit.Type { return &wit.Type{Kind: k} }

var (
	tBool, tS8, tU8 = scalarType(wit.Bool), scalarType(wit.S8), scalarType(wit.U8)
	tS16, tU16      = scalarType(wit.S16), scalarType(wit.U16)
	tS32, tU32      = scalarType(wit.S32), scalarType(wit.U32)
	tS64, tU64      = scalarType(wit.S64), scalarType(wit.U64)
	tF32, tF64      = scalarType(wit.F32), scalarType(wit.F64)
	tChar, tString  = scalarType(wit.Char), scalarType(wit.String)
	null            = mailbox.Nil
	yes             = mailbox.Bool(true)
	no              = mailbox.Bool(false)
)

func list(t *wit.Type) *wit.Type   { return &wit.Type{Kind: wit.List, Elem: t} }
func option(t *wit.Type) *wit.Type { return &wit.Type{Kind: wit.Option, Elem: t} }
func result(ok, err *wit.Type) *wit.Type {
	return &wit.Type{Kind: wit.Result, OK: ok, Err: err}
}

func tuple(ts ...*wit.Type) *wit.Type {
	t := &wit.Type{Kind: wit.Tuple}
	for _, e := range ts {
		t.Fields = append(t.Fields, wit.Field{Type: e})
	}
	return t
}

// rec makes a record of names and types in turn.
func rec(name string, fields ...any) *wit.Type {
	t := &wit.Type{Kind: wit.Record, Name: name}
	for i := 0; i < len(fields); i += 2 {
		t.Fields = append(t.Fields, wit.Field{Name: fields[i].(string), Type: fields[i+1].(*wit.Type)})
	}
	return t
}

// variant makes a variant of names and types in turn; nil is no payload.
func variant(name string, cases ...any) *wit.Type {
	t := &wit.Type{Kind: wit.Variant, Name: name}
	for i := 0; i < len(cases); i += 2 {
		payload, _ := cases[i+1].(*wit.Type)
		t.Cases = append(t.Cases, wit.Case{Name: cases[i].(string), Type: payload})
	}
	return t
}

func enum(labels ...string) *wit.Type  { return &wit.Type{Kind: wit.Enum, Name: "e", Labels: labels} }
func flags(labels ...string) *wit.Type { return &wit.Type{Kind: wit.Flags, Name: "f", Labels: labels} }
func own(r *wit.Resource) *wit.Type    { return &wit.Type{Kind: wit.Own, Resource: r} }
func borrow(r *wit.Resource) *wit.Type { return &wit.Type{Kind: wit.Borrow, Resource: r} }

// manyLabels gives that many names.
func manyLabels(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = "l" + strings.Repeat("x", i/26) + string(rune('a'+i%26))
	}
	return out
}

// function makes a signature; a nil result is none.
func function(result *wit.Type, params ...*wit.Type) *wit.Func {
	f := &wit.Func{Name: "f"}
	for i, p := range params {
		f.Params = append(f.Params, wit.Param{Name: string(rune('a' + i)), Type: p})
	}
	if result != nil {
		f.Results = []wit.Param{{Type: result}}
	}
	return f
}

func compile(t testing.TB, c *Compiler, f *wit.Func) *Func {
	t.Helper()
	p, err := c.Func(f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func num(f float64) mailbox.Value { return mailbox.Float(f) }
func str(s string) mailbox.Value  { return mailbox.String(s) }

// arr makes a list of Values.
func arr(vs ...mailbox.Value) mailbox.Value { return mailbox.TableValue(vs, nil) }

// tab makes a table of keys and Values in turn.
func tab(kv ...any) mailbox.Value {
	var pairs []mailbox.Pair
	for i := 0; i < len(kv); i += 2 {
		pairs = append(pairs, mailbox.Pair{Key: str(kv[i].(string)), Value: kv[i+1].(mailbox.Value)})
	}
	return mailbox.TableValue(nil, pairs)
}

// dump prints a Value whole.
func dump(v mailbox.Value) string {
	t := v.Table()
	if t == nil {
		if v.Kind() == mailbox.KindString {
			return v.String()
		}
		return v.Kind().String() + " " + v.String()
	}
	var parts []string
	for _, e := range t.List {
		parts = append(parts, dump(e))
	}
	for _, p := range t.Pairs {
		parts = append(parts, p.Key.Str()+"="+dump(p.Value))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// identical is Equal, but pairs of nil count.
func identical(a, b mailbox.Value) bool { return a.Equal(b) && dump(a) == dump(b) }

// wantTrap checks that err is a Trap with a text.
func wantTrap(t testing.TB, err error, text string) {
	t.Helper()
	trap, ok := errors.AsType[*Trap](err)
	if !ok || !strings.Contains(trap.Message, text) {
		t.Errorf("got %v, want a trap with %q", err, text)
	}
}
