package lua

import (
	"runtime"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func compiled(b testing.TB, source string) process.Program {
	b.Helper()
	p, err := newTestEngine(b, Options{}).CompileScript("bench.lua", []byte(source), nil, true)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkState is the birth and death of a process's state.
func BenchmarkState(b *testing.B) {
	program := compiled(b, ``)
	ctx := newFake()
	b.ReportAllocs()
	for b.Loop() {
		p, _ := program.New(nil, process.Limits{})
		p.Init(ctx)
		p.Close()
	}
}

// BenchmarkStateBytes reports what an idle state holds: new, and after a script
// that uses some of the library.
func BenchmarkStateBytes(b *testing.B) {
	for name, source := range map[string]string{
		"new":  ``,
		"used": `local process = require("process") local function f(x) return tostring(x) .. type(x) end for i = 1, 10 do f(i) end`,
	} {
		b.Run(name, func(b *testing.B) {
			program := compiled(b, source)
			ctx := newFake()
			const states = 1000
			kept := make([]process.Process, states)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for i := range kept {
				kept[i], _ = program.New(nil, process.Limits{})
				kept[i].Init(ctx)
				kept[i].Step(ctx)
			}
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/states, "B/state")
			b.ReportMetric(0, "ns/op")
			runtime.KeepAlive(kept)
		})
	}
}

// BenchmarkSpawn is a whole short process.
func BenchmarkSpawn(b *testing.B) {
	program := compiled(b, `local a, b = ... return a + b`)
	args := []mailbox.Value{mailbox.Float(1), mailbox.Float(2)}
	ctx := newFake()
	b.ReportAllocs()
	for b.Loop() {
		p, _ := program.New(args, process.Limits{})
		p.Init(ctx)
		p.Step(ctx)
		p.Close()
	}
}

// BenchmarkRoundTrip is a value into Lua and back.
func BenchmarkRoundTrip(b *testing.B) {
	record := mailbox.TableValue(nil, []mailbox.Pair{
		{Key: mailbox.String("id"), Value: mailbox.Float(12345)},
		{Key: mailbox.String("name"), Value: mailbox.String("worker")},
		{Key: mailbox.String("done"), Value: mailbox.Bool(true)},
	})
	list := make([]mailbox.Value, 100)
	for i := range list {
		list[i] = mailbox.Float(float64(i))
	}
	for name, v := range map[string]mailbox.Value{
		"number": mailbox.Float(12345),
		"string": mailbox.String("some text"),
		"record": record,
		"list":   mailbox.TableValue(list, nil),
	} {
		b.Run(name, func(b *testing.B) {
			ctx := newFake()
			p := start(b, ctx, ``)
			L := p.(*instance).state.main
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ToValue(L, FromValue(L, v)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCalls are what the replaced library functions cost.
func BenchmarkCalls(b *testing.B) {
	for name, body := range map[string]string{
		"loop":   ``,
		"pcall":  `pcall(f)`,
		"resume": `w()`,
		"error":  `pcall(error, "x")`,
		"method": `local x = s:len()`,
	} {
		b.Run(name, func(b *testing.B) {
			source := `local n = ... local s = "text" local function f() end
				local w = coroutine.wrap(function() while true do coroutine.yield() end end)
				for i = 1, n do ` + body + ` end`
			ctx := newFake()
			ctx.deadline = ctx.deadline.Add(1 << 40)
			p := startProgram(b, ctx, compiled(b, source), mailbox.Float(float64(b.N)))
			b.ReportAllocs()
			b.ResetTimer()
			if result, _ := p.Step(ctx); result.Err != nil {
				b.Fatal(result.Err)
			}
		})
	}
}
