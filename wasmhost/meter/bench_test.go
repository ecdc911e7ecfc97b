package meter

import (
	"math"
	"testing"
	"time"
)

// kernels are the functions of kernels.c, with an amount of work that takes
// some milliseconds.
var kernels = []struct {
	name string
	n    uint64
}{
	{"matmul", 20}, {"sieve", 20}, {"sha256", 10000}, {"quicksort", 20}, {"nbody", 50000}, {"copy", 100},
	{"fib", 27}, {"search", 30}, {"interpret", 2000}, {"list", 1000},
}

// BenchmarkSlowdown runs each kernel as it is and metered, in turns, and
// reports the ratio of the best times, and of all together.
func BenchmarkSlowdown(b *testing.B) {
	binary := readGuest(b, "kernels")
	metered, info := rewrite(b, binary, Options{})
	h := newHost(b)
	versions := [2]*instance{h.instantiate(b, binary, Info{}), h.instantiate(b, metered, info)}
	ratios := map[string]float64{}
	for _, k := range kernels {
		b.Run(k.name, func(b *testing.B) {
			best := [2]time.Duration{math.MaxInt64, math.MaxInt64}
			for range max(b.N, 10) {
				for i, v := range versions {
					start := time.Now()
					if _, err := v.call(k.name, k.n); err != nil {
						b.Fatal(err)
					}
					best[i] = min(best[i], time.Since(start))
				}
			}
			ratio := float64(best[1]) / float64(best[0])
			ratios[k.name] = ratio
			b.ReportMetric(best[0].Seconds()*1e3, "plain-ms")
			b.ReportMetric(ratio, "slowdown")
			b.ReportMetric(0, "ns/op")
		})
	}
	b.Run("geomean", func(b *testing.B) {
		sum := 0.0
		for _, r := range ratios {
			sum += math.Log(r)
		}
		b.ReportMetric(math.Exp(sum/float64(len(ratios))), "slowdown")
		b.ReportMetric(0, "ns/op")
	})
}
