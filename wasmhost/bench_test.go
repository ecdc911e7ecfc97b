package wasmhost

import (
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// BenchmarkProcess is a process's whole life, without a scheduler.
func BenchmarkProcess(b *testing.B) {
	for _, bb := range []struct {
		name, guest, method, wit string
		args                     []mailbox.Value
	}{
		{"stateless", "compute", "compute", "", []mailbox.Value{num(6), num(7)}},
		{"wit", "compute", "compute", "compute: func(a: s32, b: s32) -> s32;", []mailbox.Value{num(6), num(7)}},
		{"global", "start", "started", "", nil},
		{"page", "page", "sum", "", []mailbox.Value{num(8)}},
		{"string", "component/work_core", "greet", "greet: func(name: string) -> string;", []mailbox.Value{str("you")}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			p := compileGuest(b, newHost(b, Options{}), bb.guest, bb.method, bb.wit)
			ctx := &fakeContext{}
			b.ReportAllocs()
			for b.Loop() {
				proc, err := p.New(bb.args, process.Limits{})
				if err != nil {
					b.Fatal(err)
				}
				if err := proc.Init(ctx); err != nil {
					b.Fatal(err)
				}
				if r, _ := proc.Step(ctx); r.Err != nil {
					b.Fatal(r.Err)
				}
				proc.Close()
			}
		})
	}
}

// BenchmarkProcessParallel shows what processes of one program contend for.
func BenchmarkProcessParallel(b *testing.B) {
	for _, guest := range []string{"compute", "page"} {
		b.Run(guest, func(b *testing.B) {
			method, args := "compute", []mailbox.Value{num(6), num(7)}
			if guest == "page" {
				method, args = "sum", args[:1]
			}
			p := compileGuest(b, newHost(b, Options{}), guest, method, "")
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if r := run(b, p, process.Limits{}, args...); r.Err != nil {
						b.Fatal(r.Err)
					}
				}
			})
		})
	}
}
