package lua

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	embedded "wippy/lua/library"
)

// TestScripts runs every chunk of testdata/*.lua in a process of its own;
// lines "---" divide a file into chunks. A line that ends in
//
//	--- expect: text
//
// is where the chunk must fail, with an error that holds the text; a chunk
// without one must not fail.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			line := 0
			for chunk := range strings.SplitSeq(string(source), "\n---\n") {
				runChunk(t, filepath.Base(file), chunk, line)
				line += strings.Count(chunk, "\n") + 2
			}
		})
	}
}

func runChunk(t *testing.T, file, chunk string, line int) {
	t.Helper()
	want, at := "", 0
	for i, text := range strings.Split(chunk, "\n") {
		if _, after, ok := strings.Cut(text, "--- expect: "); ok {
			want, at = after, line+i+1
		}
	}
	got := ""
	// Empty lines before it give the chunk the file's own line numbers.
	program, err := newTestEngine(t, Options{Library: embedded.FS}).CompileScript(file, []byte(strings.Repeat("\n", line)+chunk), nil, true)
	if err != nil {
		got = err.Error()
	} else {
		ctx := newFake()
		if result, _ := startProgram(t, ctx, program).Step(ctx); result.Err != nil {
			got = result.Err.Message
			if len(result.Err.Trace) > 0 && !strings.HasPrefix(got, file) {
				got = result.Err.Trace[0] + ": " + got
			}
		}
	}
	switch {
	case want == "" && got != "":
		t.Errorf("the chunk at %s:%d fails: %s", file, line+1, got)
	case want != "" && (!strings.Contains(got, want) || !strings.HasPrefix(got, file+":"+strconv.Itoa(at)+":")):
		t.Errorf("%s:%d: want %q, got %q", file, at, want, got)
	}
}
