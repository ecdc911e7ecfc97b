package linker_test

import (
	"strings"
	"testing"

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
				if _, err := i.Call(e, args); err != nil {
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
			if _, err := i.Call(e, args); err != nil {
				b.Fatal(err)
			}
			if err := i.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
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
