package main

import (
	"context"
	"fmt"
	"os"
	goruntime "runtime"
	"slices"
	"testing"
	"time"

	"wippy/runtime"
)

// What the process model holds at scale. These take real time by their nature:
// they are benchmarks, and no test fails because a machine is slow.

const (
	runaways  = 1000    // guests that never end, on two executors
	crowd     = 100_000 // processes that wait at once
	multitude = 1 << 20 // processes that come and go
)

// load starts runaways of an entry and gives the running node.
func loaded(b *testing.B, entry string, n int) *runtime.Runtime {
	b.Helper()
	rt := start(b, runtime.WithExecutors(2))
	for range n {
		spawn(b, rt, entry)
	}
	return rt
}

func spawn(b *testing.B, rt *runtime.Runtime, entry string, args ...any) *runtime.Process {
	b.Helper()
	p, err := rt.Spawn(context.Background(), "bench:"+entry, "bench:processes", args...)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// worstGap is the longest that a process which wants to run every millisecond
// had to wait for it, of a second, while runaways share its group or another.
func worstGap(entry, group string) func(*testing.B) {
	return func(b *testing.B) {
		rt := loaded(b, entry, runaways)
		var gaps []float64
		for range b.N {
			v, err := rt.Run(context.Background(), "bench:ticks", "bench:"+group, 1000)
			if err != nil {
				b.Fatal(err)
			}
			gaps = append(gaps, v[0].Float()*1000)
		}
		b.ReportMetric(median(gaps), "ms")
	}
}

// collection is how long the program's garbage collection takes meanwhile.
func collection(entry string) func(*testing.B) {
	return func(b *testing.B) {
		rt := loaded(b, entry, runaways)
		spawn(b, rt, "ticks", 1).Exit() // all were started before it
		var took []float64
		for range b.N {
			begun := time.Now()
			goruntime.GC()
			took = append(took, float64(time.Since(begun).Microseconds())/1000)
		}
		b.ReportMetric(median(took), "ms")
	}
}

// killLatency is the time from Terminate to the EXIT of a process that loops,
// while others of its kind keep both executors busy: the median.
func killLatency(entry string, others int) func(*testing.B) {
	return func(b *testing.B) {
		rt := loaded(b, entry, others)
		var took []float64
		for range b.N {
			p := spawn(b, rt, entry)
			spawn(b, rt, "noop").Exit() // the victim was ahead of it: it runs
			begun := time.Now()
			p.Terminate()
			p.Exit()
			took = append(took, float64(time.Since(begun).Nanoseconds())/1e3)
		}
		b.ReportMetric(median(took), "µs")
	}
}

// sleepers has so many guests sleep for 100 ms on two executors. The ideal is
// the time that as many take which do not sleep, and 100 ms.
func sleepers(n int) func(*testing.B) {
	const nap = 100 * time.Millisecond
	return func(b *testing.B) {
		rt := start(b, runtime.WithExecutors(2))
		all := func(d time.Duration) time.Duration {
			guests := make([]*runtime.Process, n)
			begun := time.Now()
			for i := range guests {
				guests[i] = spawn(b, rt, "wasi_sleep", d.Milliseconds())
			}
			for _, g := range guests {
				if e := g.Exit(); e.Err != nil {
					b.Fatal(e.Err)
				}
			}
			return time.Since(begun)
		}
		all(0) // what is made once is there
		var ratios, ideals []float64
		for range b.N {
			ideal := all(0) + nap
			ideals = append(ideals, ideal.Seconds()*1000)
			ratios = append(ratios, float64(all(nap))/float64(ideal))
		}
		b.ReportMetric(median(ideals), "ideal-ms")
		b.ReportMetric(median(ratios), "of-ideal")
	}
}

// comeAndGo spawns and ends a million processes, and reports what they left.
func comeAndGo(entry string) func(*testing.B) {
	return func(b *testing.B) {
		rt := start(b)
		run(b, rt, "cycles", entry, 1000, 16) // what is made once is there
		before, goroutines := held(), goruntime.NumGoroutine()
		b.ResetTimer()
		for range b.N {
			run(b, rt, "cycles", entry, multitude, 16)
		}
		b.StopTimer()
		b.ReportMetric(float64(b.N)*multitude/b.Elapsed().Seconds(), "cycles/s")
		b.ReportMetric(float64(held()-before)/1024, "KiB-left")
		b.ReportMetric(float64(goruntime.NumGoroutine()-goroutines), "goroutines-left")
	}
}

// idle measures what a process costs that waits for a message, of n at once:
// heap and stacks together, and beside that what the program has of the
// machine's memory. Each has had so many messages before.
func idle(entry string, n, messages int) func(*testing.B) {
	return func(b *testing.B) {
		var total, touched int64
		for range b.N {
			rt, stop := open(b)
			before, occupied := held(), resident()
			for range n {
				p := spawn(b, rt, entry)
				for range messages {
					if err := p.Send("topic", "a text"); err != nil {
						b.Fatal(err)
					}
				}
			}
			for rt.Waiting() < n {
				goruntime.Gosched()
			}
			total += held() - before
			touched += resident() - occupied
			stop() // what dies must not count as held before the next round
		}
		b.ReportMetric(float64(total)/float64(b.N)/float64(n), "B/process")
		b.ReportMetric(float64(touched)/float64(b.N)/float64(n), "resident-B/process")
	}
}

func median(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}

// held is the memory that the program holds after a collection.
func held() int64 {
	goruntime.GC()
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// resident is what the program has of the machine's memory, in bytes; zero where
// the system does not say.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
