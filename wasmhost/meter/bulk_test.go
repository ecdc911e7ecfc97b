package meter

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"wippy/wasmhost/module"
)

// pair is a guest as it is and metered, on one host.
type pair struct{ plain, metered *instance }

func newPair(t testing.TB, binary []byte) pair {
	t.Helper()
	h := newHost(t)
	out, info := rewrite(t, binary, Options{})
	return pair{h.instantiate(t, binary, Info{}), h.instantiate(t, out, info)}
}

// call calls a function of both, and compares what it comes to and the memories.
func (p pair) call(t *testing.T, name string, args ...uint64) {
	t.Helper()
	want, err := p.plain.call(name, args...)
	got, meteredErr := p.metered.call(name, args...)
	if reason(err) != reason(meteredErr) || len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
		t.Fatalf("%s %x: %x %v, want %x %v", name, args, got, meteredErr, want, err)
	}
	if p.plain.Memory().Size() != p.metered.Memory().Size() || !bytes.Equal(memoryOf(p.plain), memoryOf(p.metered)) {
		t.Fatalf("%s %x: the memories differ", name, args)
	}
}

func memoryOf(i *instance) []byte {
	b, _ := i.Memory().Read(0, i.Memory().Size())
	return b
}

// scramble gives both memories the same content, no piece of it like another.
func (p pair) scramble() {
	random := rand.New(rand.NewPCG(1, 1))
	b := memoryOf(p.plain)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	copy(memoryOf(p.metered), b)
}

// TestPieces does bulk instructions on ranges around the size of a piece and the ends of the memory.
func TestPieces(t *testing.T) {
	const size, piece = 64 << 16, pieceBytes
	p := newPair(t, readGuest(t, "bulk"))
	p.scramble()
	lengths := []uint64{0, 1, 64, piece - 1, piece, piece + 1, 2 * piece, 3*piece + 7, size - 1, size, size + 1, 1<<31 + 5, 1<<32 - 1}
	for _, n := range lengths {
		for _, to := range []uint64{0, 3, size - n, size - n + 1, size, size + 1, 1<<32 - 1} {
			p.call(t, "fill", uint64(uint32(to)), n, n)
			p.call(t, "init", uint64(uint32(to)), 0, n)
		}
	}
	p.scramble()
	for _, n := range lengths {
		for _, distance := range []uint64{0, 1, 5, piece - 1, piece, piece + 1, 2*piece + 3} {
			p.call(t, "copy", 0, distance, n)
			p.call(t, "copy", distance, 0, n)
			p.call(t, "copy", uint64(uint32(size-n)), uint64(uint32(size-n-distance)), n)
			p.call(t, "copy", uint64(uint32(size-n-distance)), uint64(uint32(size-n)), n)
		}
	}
	p.call(t, "init", 5, 2, 8)
	p.call(t, "init", 5, 3, 8) // beyond the segment
	p.call(t, "init", 5, 1<<32-1, 2)
	p.call(t, "drop")
	p.call(t, "init", 5, 0, 1)
	p.call(t, "init", 5, 0, 0)
}

func TestTables(t *testing.T) {
	p := newPair(t, readGuest(t, "bulk"))
	for _, at := range []uint64{0, 97, 98, 100, 1<<32 - 1} {
		for _, n := range []uint64{0, 1, 3, 4, 100, 1<<32 - 1} {
			p.call(t, "table_fill", at, n)
			p.call(t, "table_copy", at, 1, n)
			p.call(t, "table_init", at, 0, n)
			p.call(t, "table_init", 0, at, n)
		}
	}
	p.call(t, "table_grow", 1000)
}

// TestTableBound grows a table up to where it may.
func TestTableBound(t *testing.T) {
	out, info := rewrite(t, readGuest(t, "bulk"), Options{MaxTable: 150})
	m := newHost(t).instantiate(t, out, info)
	for _, tt := range []struct{ by, want uint64 }{{51, 1<<32 - 1}, {1 << 31, 1<<32 - 1}, {50, 100}, {1, 1<<32 - 1}, {0, 150}} {
		if got, err := m.call("table_grow", tt.by); err != nil || got[0] != tt.want {
			t.Errorf("growing by %d gives %d, %v, want %d", tt.by, got, err, tt.want)
		}
	}
	if limits := read(t, out).Tables[0]; limits.Max != 150 {
		t.Errorf("%+v", limits)
	}
}

// TestLargeSegment does memory.init of a segment of several pieces.
func TestLargeSegment(t *testing.T) {
	const size = 2*pieceBytes + 100
	var c code
	c = append(c, 0) // no locals
	c.with(opLocalGet, 0)
	c.with(opLocalGet, 1)
	c.with(opLocalGet, 2)
	c.with(opMemoryInit, 0, 0)
	c.op(opEnd)
	drop := code{0}
	drop.with(prefixMisc<<8|9, 0)
	drop.op(opEnd)
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	b := module.Preamble()
	b = module.AppendSection(b, module.SectionType, []byte("\x02\x60\x03\x7f\x7f\x7f\x00\x60\x00\x00"))
	b = module.AppendSection(b, module.SectionFunction, []byte{2, 0, 1})
	b = module.AppendSection(b, module.SectionMemory, []byte{1, 0, 40})
	b = module.AppendSection(b, module.SectionExport, []byte("\x03\x04init\x00\x00\x04drop\x00\x01\x06memory\x02\x00"))
	b = module.AppendSection(b, module.SectionDataCount, []byte{1})
	bodies := append(module.AppendU32([]byte{2}, uint32(len(c))), c...)
	b = module.AppendSection(b, module.SectionCode, append(module.AppendU32(bodies, uint32(len(drop))), drop...))
	b = module.AppendSection(b, module.SectionData, append(module.AppendU32([]byte{1, 1}, size), data...))
	p := newPair(t, b)
	for _, n := range []uint64{0, 1, pieceBytes, pieceBytes + 1, size - 1, size, size + 1, 1<<32 - 1} {
		for _, from := range []uint64{0, 1, pieceBytes, size, 1<<32 - 1} {
			for _, to := range []uint64{0, 7, 40<<16 - pieceBytes, 40 << 16, 1<<32 - 1} {
				p.call(t, "init", to, from, n)
			}
		}
	}
	p.call(t, "drop")
	p.call(t, "init", 3, 0, size)
	p.call(t, "init", 3, 0, 0)
}

// TestPiecesYield checks that a long fill comes to the host piece by piece, and
// is charged for what it does and no more.
func TestPiecesYield(t *testing.T) {
	const length = 4 << 20
	m := metered(t, "bulk")
	m.host.grant = 0 // whatever is charged is more
	var written []int
	m.host.hook = func() { written = append(written, bytes.Count(memoryOf(m), []byte{9})) }
	if _, err := m.call("fill", 0, 9, length); err != nil {
		t.Fatal(err)
	}
	if len(written) < length/pieceBytes {
		t.Errorf("the host was called %d times", len(written))
	}
	for i := 1; i < len(written); i++ {
		if done := written[i] - written[i-1]; done > pieceBytes {
			t.Errorf("%d bytes were written at once", done)
		}
	}
	if used := m.used(); used != length>>unitShift {
		t.Errorf("%d units, want %d", used, length>>unitShift)
	}
	if _, err := m.call("fill", 1, 9, length); reason(err) != "wasm error: out of bounds memory access" || m.used() != length>>unitShift {
		t.Errorf("beyond the memory: %v, %d units", err, m.used())
	}
}
