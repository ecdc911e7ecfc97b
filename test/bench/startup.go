package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// startup compares `wippy run hello.lua` with `lua hello.lua`, where a lua is
// installed: the median of runs that take turns.
func startup() int {
	lua := ""
	for _, name := range []string{"lua", "lua5.1", "luajit", "lua5.4"} {
		if path, err := exec.LookPath(name); err == nil {
			lua = path
			break
		}
	}
	if lua == "" {
		fmt.Println("Startup: no lua is installed to compare with")
		return 0
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	wippy, hello := filepath.Join(dir, "wippy"), filepath.Join(dir, "hello.lua")
	if err := os.WriteFile(hello, []byte("print('hello')\n"), 0o666); err != nil {
		return fail(err)
	}
	build := exec.Command("go", "build", "-o", wippy, "wippy/cmd/wippy")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fail(err)
	}
	var ours, theirs []time.Duration
	for range 41 {
		for _, c := range []struct {
			cmd   *exec.Cmd
			times *[]time.Duration
		}{{exec.Command(wippy, "run", hello), &ours}, {exec.Command(lua, hello), &theirs}} {
			begun := time.Now()
			if err := c.cmd.Run(); err != nil {
				return fail(err)
			}
			*c.times = append(*c.times, time.Since(begun))
		}
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	a, b := ours[len(ours)/2], theirs[len(theirs)/2]
	aim := b*3/2 + 15*time.Millisecond
	fmt.Printf("%-32s %14.2f %-12s at most %.2f (1.5 × %.2f + 15): %.2f of it (beside %s, %s)\n", "Startup/hello.lua",
		ms(a), "ms", ms(aim), ms(b), float64(a)/float64(aim), lua, versionOf(lua))
	return 0
}

// versionOf is the name and version that a lua prints.
func versionOf(lua string) string {
	line, err := exec.Command(lua, "-v").CombinedOutput()
	if err != nil {
		return "of unknown version"
	}
	words := strings.Fields(string(line))
	return strings.Join(words[:min(2, len(words))], " ")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "bench:", err)
	return 1
}
