package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	out := newOutput()
	done := progress(out, time.Millisecond, "compiling x")
	out.wait(t, "compiling x")
	done()
	if want := "compiling x\r" + strings.Repeat(" ", 11) + "\r"; out.String() != want {
		t.Errorf("printed %q, want %q", out, want)
	}
}

func TestProgressOfQuickOnes(t *testing.T) {
	out := newOutput()
	progress(out, time.Hour, "compiling x")()
	if out.String() != "" {
		t.Errorf("printed %q, want nothing", out)
	}
}

func TestCacheDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	t.Setenv(cacheVariable, dir)
	if got := cacheDir(); got != dir {
		t.Errorf("cacheDir() = %q, want %q", got, dir)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, none := range []string{"", file} {
		t.Setenv(cacheVariable, none)
		if got := cacheDir(); got != "" {
			t.Errorf("with %s=%q: cacheDir() = %q, want none", cacheVariable, none, got)
		}
	}
}
