package linker_test

import (
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/linker"
)

// BenchmarkProcess is a process's whole life, without a scheduler.
func BenchmarkProcess(b *testing.B) {
	for _, bb := range []struct {
		name, guest, method string
		args                []mailbox.Value
	}{
		{"small-add", "small", "add", []mailbox.Value{num(6), num(7)}},
		{"small-echo", "small", "echo", []mailbox.Value{str("you")}},
		{"pair-one", "pair", callee + "add", []mailbox.Value{num(6), num(7)}},
		{"pair-greet", "pair", callee + "greet", []mailbox.Value{str("you")}},
		{"pair-both", "pair", caller + "greet", []mailbox.Value{str("you")}},
		{"many", "many", "a", nil},
	} {
		b.Run(bb.name, func(b *testing.B) {
			p := link(b, bb.guest, linker.Nothing{})
			e, err := p.Find(bb.method)
			if err != nil {
				b.Fatal(err)
			}
			n := &node{}
			b.ReportAllocs()
			for b.Loop() {
				args, err := e.Fit(bb.args)
				if err != nil {
					b.Fatal(err)
				}
				i, err := p.New(background, process.Limits{})
				if err != nil {
					b.Fatal(err)
				}
				if err := i.Start(n); err != nil {
					b.Fatal(err)
				}
				if _, err := i.CallLast(e, args); err != nil {
					b.Fatal(err)
				}
				if err := i.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkProcessParallel shows what processes of one plan contend for.
func BenchmarkProcessParallel(b *testing.B) {
	p := link(b, "small", linker.Nothing{})
	e, err := p.Find("echo")
	if err != nil {
		b.Fatal(err)
	}
	args, err := e.Fit([]mailbox.Value{str("you")})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		n := &node{}
		for pb.Next() {
			i, err := p.New(background, process.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			if err := i.Start(n); err != nil {
				b.Fatal(err)
			}
			if _, err := i.CallLast(e, args); err != nil {
				b.Fatal(err)
			}
			if err := i.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkEcho has values go into a component that gives them back, and out.
// memcpy/way is how many times as long it takes, each way, as copying as many bytes
// of memory does.
func BenchmarkEcho(b *testing.B) {
	field := func(name string, v mailbox.Value) mailbox.Pair { return mailbox.Pair{Key: str(name), Value: v} }
	point := mailbox.TableValue(nil, []mailbox.Pair{field("x", num(1)), field("y", num(-2))})
	person := mailbox.TableValue(nil, []mailbox.Pair{
		field("full_name", str("Ada Lovelace")), field("age", num(36)), field("email", str("ada@example.org")),
		field("tags", mailbox.TableValue([]mailbox.Value{str("a"), str("b")}, nil)), field("place", point),
	})
	list := func(v mailbox.Value) mailbox.Value {
		elems := make([]mailbox.Value, 1000)
		for i := range elems {
			elems[i] = v
		}
		return mailbox.TableValue(elems, nil)
	}
	const mib = 1 << 20
	for _, bb := range []struct {
		method string
		arg    mailbox.Value
		bytes  int
	}{
		{"echo-string", str("hello, world"), 0},
		{"echo-person", person, 0},
		{"echo-list-point", list(point), 0},
		{"echo-list-person", list(person), 0},
		{"echo-bytes", str(strings.Repeat("x", mib)), mib},
		{"echo-string", str(strings.Repeat("x", mib)), mib},
	} {
		name := bb.method
		if bb.bytes > 0 {
			name += "-1MiB"
		}
		b.Run(name, func(b *testing.B) {
			r := start(b, link(b, "echo", linker.Nothing{}), process.Limits{})
			e, err := r.plan.Find(bb.method)
			if err != nil {
				b.Fatal(err)
			}
			from, to := make([]byte, mib), make([]byte, mib)
			var copied time.Duration
			b.ReportAllocs()
			for b.Loop() {
				args, err := e.Fit([]mailbox.Value{bb.arg})
				if err == nil {
					_, err = r.Call(e, args)
				}
				if err != nil {
					b.Fatal(err)
				}
				if bb.bytes > 0 {
					begun := time.Now()
					copy(to, from)
					copied += time.Since(begun)
				}
			}
			if bb.bytes > 0 {
				b.ReportMetric(float64(b.Elapsed()-copied)/float64(copied)/2, "memcpy/way")
			}
		})
	}
}

// BenchmarkCall calls a component that runs, and through it another.
func BenchmarkCall(b *testing.B) {
	for _, bb := range []struct {
		name, method string
		args         []mailbox.Value
		bytes        int64
	}{
		{"u32", callee + "add", []mailbox.Value{num(6), num(7)}, 0},
		{"u32-between", caller + "add", []mailbox.Value{num(6), num(7)}, 0},
		{"string", callee + "echo", []mailbox.Value{str("hello, world")}, 0},
		{"string-between", caller + "echo", []mailbox.Value{str("hello, world")}, 0},
		{"bytes-1MiB", callee + "bytes", []mailbox.Value{str(strings.Repeat("x", 1<<20))}, 1 << 20},
		{"string-1MiB", callee + "echo", []mailbox.Value{str(strings.Repeat("x", 1<<20))}, 1 << 20},
		{"string-1MiB-between", caller + "echo", []mailbox.Value{str(strings.Repeat("x", 1<<20))}, 1 << 20},
	} {
		b.Run(bb.name, func(b *testing.B) {
			r := start(b, link(b, "pair", linker.Nothing{}), process.Limits{})
			e, err := r.plan.Find(bb.method)
			if err != nil {
				b.Fatal(err)
			}
			args, err := e.Fit(bb.args)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(bb.bytes)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Call(e, args); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
