package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// cacheVariable names the directory for compiled WebAssembly; empty means none.
const cacheVariable = "WIPPY_CACHE"

// cacheDir is where compiled WebAssembly is kept, "" for nowhere: without a
// place for it programs start more slowly, and that is all.
func cacheDir() string {
	dir, ok := os.LookupEnv(cacheVariable)
	if !ok {
		user, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(user, "wippy")
	}
	if dir == "" || os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return dir
}

// compilingIsLong is when a user begins to wonder.
const compilingIsLong = 500 * time.Millisecond

// progress says on a terminal what is compiled when that takes long, and
// erases it at the end.
func (c *cli) progress(name string, size int) (done func()) {
	if !isTerminal(c.stderr) {
		return func() {}
	}
	return progress(c.stderr, compilingIsLong, fmt.Sprintf("compiling %s (%.1f MB)…", name, float64(size)/1e6))
}

func progress(w io.Writer, after time.Duration, line string) (done func()) {
	var mu sync.Mutex
	shown, over := false, false
	timer := time.AfterFunc(after, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			fmt.Fprint(w, line)
			shown = true
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		if shown {
			fmt.Fprint(w, "\r"+strings.Repeat(" ", len(line))+"\r")
		}
	}
}

// statOf is what is written to, if that is a file, or stands before one.
func statOf(w io.Writer) (os.FileInfo, error) {
	f, ok := w.(interface{ Stat() (os.FileInfo, error) })
	if !ok {
		return nil, os.ErrInvalid
	}
	return f.Stat()
}

func isTerminal(w io.Writer) bool {
	info, err := statOf(w)
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
