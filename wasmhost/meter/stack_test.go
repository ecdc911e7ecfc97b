package meter

import (
	"runtime"
	"strings"
	"testing"
)

// TestTailCallsOnTheStack makes tail calls with more than registers hold: the
// engine makes ordinary ones of them.
func TestTailCallsOnTheStack(t *testing.T) {
	const many = 20
	// f(n, …) calls itself until n is zero, directly or through a table.
	var direct code
	direct.with(opLocalGet, 0)
	direct.op(0x50) // i64.eqz
	direct.begin(opIf, empty)
	direct.op(opReturn, opEnd)
	direct.with(opLocalGet, 0)
	direct.i64(1)
	direct.op(0x7d) // i64.sub
	for i := range uint32(many - 1) {
		direct.with(opLocalGet, i+1)
	}
	direct.with(opReturnCall, 0)
	binary := assemble([]testFunc{{params: strings.Repeat("\x7e", many), body: direct}})
	out, info := rewrite(t, binary, Options{})
	m := newHost(t).instantiate(t, out, info)
	args := make([]uint64, many)
	args[0] = 1000
	if _, err := m.call("f", args...); err != nil {
		t.Error(err)
	}
	args[0] = 10_000_000
	if _, err := m.call("f", args...); reason(err) != errOverflow.Error() {
		t.Errorf("%v, want our limit", err)
	}
}

// TestLargeFrames recurses with frames that are much larger than their code:
// our limit comes before the engine's, which would take a hundred megabytes.
func TestLargeFrames(t *testing.T) {
	const many = 1000
	sum := func(c *code) {
		for range many - 1 {
			c.op(opI64Add)
		}
		c.with(opGlobalSet, 0)
	}
	load := func(c *code, i int) {
		c.i32(int32(i % 8 * 8))
		c.with(0x29, 0, 0)
	}
	values := strings.Repeat("\x7e", many)
	var giver, results, operands, parameters, blocks, vectors code
	for i := range many {
		load(&giver, i)
		load(&operands, i)
		parameters.with(opLocalGet, uint32(i))
		load(&blocks, i)
		vectors.i32(int32(i % 8 * 8))
		vectors.op(prefixSIMD << 8)
		vectors = append(vectors, 0, 0)
	}
	results.with(opCall, 1)
	results.with(opCall, 0)
	sum(&results)
	operands.with(opCall, 0)
	sum(&operands)
	parameters.with(opCall, 0)
	blocks.begin(opLoop, 1) // takes what function 1 takes
	blocks.with(opCall, 0)
	sum(&blocks)
	blocks.op(opEnd)
	vectors.with(opCall, 0)
	for range many - 1 {
		vectors.op(prefixSIMD<<8 | 0x51) // v128.xor
	}
	vectors.op(prefixSIMD<<8 | 29) // i64x2.extract_lane
	vectors = append(vectors, 0)
	vectors.with(opGlobalSet, 0)
	for name, fns := range map[string][]testFunc{
		"results":    {{body: results}, {results: values, body: giver}},
		"operands":   {{body: operands}},
		"parameters": {{params: values, body: parameters}},
		"blocks":     {{body: blocks}, {params: values}},
		"vectors":    {{body: vectors}},
	} {
		t.Run(name, func(t *testing.T) {
			out, info := rewrite(t, assemble(fns), Options{})
			m := newHost(t).instantiate(t, out, info)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := m.call("f", make([]uint64, len(fns[0].params))...)
			runtime.ReadMemStats(&after)
			if reason(err) != errOverflow.Error() {
				t.Errorf("%q, want our limit", reason(err))
			}
			// The engine doubles the stack, and copies it.
			taken := after.TotalAlloc - before.TotalAlloc
			if taken > 32*DefaultStack {
				t.Errorf("the stack took %d MB", taken>>20)
			}
			t.Logf("%d KB", taken>>10)
		})
	}
}
