// Command bench runs the project's benchmarks in one go and prints what they
// reached beside what is aimed at:
//
//	go run ./test/bench
//
// The same benchmarks run under go test -bench . ./test/bench, for benchstat.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// ballast is what the command line has (cmd/wippy).
var ballast = make([]byte, 32<<20)

func main() {
	only := flag.String("only", "", "run the benchmarks whose names contain this")
	testing.Init()
	flag.Parse()
	code := report(*only)
	runtime.KeepAlive(ballast)
	os.Exit(code)
}

func report(only string) int {
	fmt.Printf("%-32s %14s %-12s %s\n", "benchmark", "reached", "unit", "aim")
	for _, c := range cases {
		if !strings.Contains(c.name, only) {
			continue
		}
		r := testing.Benchmark(c.run)
		if r.N == 0 {
			fmt.Printf("%-32s failed\n", c.name)
			return 1
		}
		got := r.Extra[c.metric]
		digits := 0
		if got < 100 {
			digits = 2 // a ratio, or few milliseconds
		}
		fmt.Printf("%-32s %14.*f %-12s %s\n", c.name, digits, got, c.metric, verdict(c, got))
	}
	if strings.Contains("Startup", only) {
		return startup()
	}
	return 0
}

func verdict(c benchCase, got float64) string {
	text, bound := "-", "at least"
	if c.less {
		bound = "at most"
	}
	if c.aim > 0 {
		text = fmt.Sprintf("%s %g: %.2f of it", bound, c.aim, got/c.aim)
	}
	if c.note != "" {
		text += " (" + c.note + ")"
	}
	return text
}
