package behaviour_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime"
)

// chunk is one test of a Lua file. Lines "---" divide a file into chunks, each
// run as the main process of a node of its own; its first line, a comment,
// names it. Comments in it ask for more:
//
//	--- needs: PART…        the parts of a guest that it uses (see guests)
//	--- executors: N        how many processes run at one moment
//	--- expect error: TEXT  the chunk must fail, on this line, with TEXT
//	--- skip: REASON        the chunk shows what does not work yet
type chunk struct {
	file      string
	line      int // of its first line, from 1
	title     string
	source    string // at the same lines as in the file
	needs     []string
	executors int
	errorText string
	errorLine int
	skip      string
}

func chunks(t *testing.T, dir string) []chunk {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.lua"))
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts in", dir, err)
	}
	var all []chunk
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line := 1
		for source := range strings.SplitSeq(string(text), "\n---\n") {
			all = append(all, newChunk(t, filepath.Base(file), line, source))
			line += strings.Count(source, "\n") + 2
		}
	}
	return all
}

func newChunk(t *testing.T, file string, line int, source string) chunk {
	t.Helper()
	first, _, _ := strings.Cut(source, "\n")
	title, ok := strings.CutPrefix(first, "-- ")
	if !ok {
		t.Fatalf("%s:%d: a chunk begins with a comment that names it, found %q", file, line, first)
	}
	c := chunk{file: file, line: line, title: strings.TrimSuffix(title, "."), source: strings.Repeat("\n", line-1) + source}
	for i, text := range strings.Split(source, "\n") {
		if _, words, ok := strings.Cut(text, "--- needs: "); ok {
			c.needs = strings.Fields(words)
		}
		if _, words, ok := strings.Cut(text, "--- executors: "); ok {
			var err error
			if c.executors, err = strconv.Atoi(words); err != nil {
				t.Fatalf("%s:%d: %v", file, line+i, err)
			}
		}
		if _, words, ok := strings.Cut(text, "--- expect error: "); ok {
			c.errorText, c.errorLine = words, line+i
		}
		if _, reason, ok := strings.Cut(text, "--- skip: "); ok {
			c.skip = reason
		}
	}
	return c
}

// run runs the chunk with arguments, in the application app.
func (c chunk) run(t *testing.T, args ...any) { c.runIn(t, "app", args...) }

func (c chunk) runIn(t *testing.T, app string, args ...any) {
	t.Helper()
	if c.skip != "" {
		t.Skip(c.skip)
	}
	var opts []runtime.Option
	if c.executors > 0 {
		opts = append(opts, runtime.WithExecutors(c.executors))
	}
	e := start(t, app, opts...).script(c.file, c.source, args...)
	switch {
	case c.errorText == "" && e.Err != nil:
		t.Errorf("%s:%d: %s", c.file, c.line, failure(e))
	case c.errorText == "":
	case e.Err == nil:
		t.Errorf("%s:%d: want an error with %q, got none", c.file, c.errorLine, c.errorText)
	case !strings.Contains(e.Err.Message, c.errorText),
		!c.isAt(e.Err):
		t.Errorf("%s:%d: want an error here with %q, got %s", c.file, c.errorLine, c.errorText, failure(e))
	}
}

// isAt tells whether an error is of the line that the chunk says: that its text
// begins with, or where it was raised.
func (c chunk) isAt(err *mailbox.Error) bool {
	place := fmt.Sprintf("%s:%d:", c.file, c.errorLine)
	return strings.HasPrefix(err.Message, place) || len(err.Trace) > 0 && strings.HasPrefix(err.Trace[0], place)
}

// TestKinds runs what every kind of guest does alike. The chunks get the
// guest's entries by part.
func TestKinds(t *testing.T) {
	all := chunks(t, "kinds")
	run(t, func(t *testing.T, g guest) {
		for _, c := range all {
			t.Run(c.title, func(t *testing.T) {
				t.Parallel()
				g.need(t, c.needs...)
				c.run(t, g.entries)
			})
		}
	})
}

// TestPairs runs what two processes do with each other, for every kind of guest
// with every other and itself. The chunks get the entries of both by part.
func TestPairs(t *testing.T) {
	all := chunks(t, "pairs")
	run(t, func(t *testing.T, one guest) {
		run(t, func(t *testing.T, other guest) {
			for _, c := range all {
				t.Run(c.title, func(t *testing.T) {
					t.Parallel()
					one.need(t, c.needs...)
					other.need(t, c.needs...)
					c.run(t, one.entries, other.entries)
				})
			}
		})
	})
}

// TestLua runs what only Lua processes do.
func TestLua(t *testing.T) { runAll(t, "lua") }

// TestWasm runs what only wasm processes do.
func TestWasm(t *testing.T) { runAll(t, "wasm") }

// TestProcworld runs what guests of wippy:process do, core modules and components.
func TestProcworld(t *testing.T) {
	all := chunks(t, "procworld")
	for _, kind := range []string{"core", "component"} {
		t.Run(kind, func(t *testing.T) {
			for _, c := range all {
				t.Run(c.title, func(t *testing.T) {
					t.Parallel()
					c.run(t, "app:"+kind+".")
				})
			}
		})
	}
}

// TestValues runs what values become on their way into a component and out, in an
// application with every function of the guests echo and work.
func TestValues(t *testing.T) { runAllIn(t, "values", "component") }

func runAll(t *testing.T, dir string) { runAllIn(t, "app", dir) }

func runAllIn(t *testing.T, app, dir string) {
	for _, c := range chunks(t, dir) {
		t.Run(c.title, func(t *testing.T) {
			t.Parallel()
			c.runIn(t, app)
		})
	}
}
