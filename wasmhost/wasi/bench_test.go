package wasi_test

import (
	"os"
	"path/filepath"
	"testing"

	"wippy/mailbox"
)

// BenchmarkCall calls through the guest that has every function: what a call
// of the guest takes is part of it.
func BenchmarkCall(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), make([]byte, 1<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	for name, prepare := range map[string]func(g *guest) (string, []mailbox.Value){
		"now": func(*guest) (string, []mailbox.Value) { return "monotonic-clock-now", nil },
		"subscribe": func(*guest) (string, []mailbox.Value) {
			return "monotonic-clock-subscribe-duration", []mailbox.Value{num(0)}
		},
		"ready": func(g *guest) (string, []mailbox.Value) {
			return "poll-pollable-ready", []mailbox.Value{g.call("monotonic-clock-subscribe-duration", num(0))}
		},
		"random": func(*guest) (string, []mailbox.Value) { return "random-get-random-u64", nil },
		"read 4 KiB": func(g *guest) (string, []mailbox.Value) {
			return descriptor + "read", []mailbox.Value{open(g, root(g), "f", nil, reading), num(4096), num(0)}
		},
		"stat": func(g *guest) (string, []mailbox.Value) {
			return descriptor + "stat", []mailbox.Value{open(g, root(g), "f", nil, reading)}
		},
		"write 4 KiB": func(g *guest) (string, []mailbox.Value) {
			out := g.call(descriptor+"write-via-stream", open(g, root(g), "f", nil, readWrite), num(0))
			return "streams-output-stream-blocking-write-and-flush", []mailbox.Value{out, str(string(make([]byte, 4096)))}
		},
	} {
		b.Run(name, func(b *testing.B) {
			run(b, withDir(b, dir), func(g *guest) {
				method, args := prepare(g)
				e, err := g.plan.Find(method)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					fitted, err := e.Fit(args)
					if err != nil {
						b.Fatal(err)
					}
					v, err := g.instance.Call(e, fitted)
					if err != nil {
						b.Fatal(err)
					}
					if v.Resource() != nil {
						g.drop(v)
					}
				}
			})
		})
	}
}
