package config

import (
	"errors"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// lineBreak is what YAML takes for the end of a line.
var lineBreak = regexp.MustCompile("\r\n|[\r\n\u0085\u2028\u2029]")

func FuzzLoad(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			f.Add(string(file.Data))
		}
	}
	f.Add("namespace: a\n!!null entries: []\n")
	f.Add("namespace: a\n!!merge entries: []\n")
	f.Add("namespace: a\nentries: !!str {a: b}\n")
	f.Add("entries: &a\n- <<: *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		_, err := loadText(text)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
		if err == nil {
			return
		}
		var all Errors
		if !errors.As(err, &all) {
			t.Fatalf("not Errors: %v", err)
		}
		lines := len(lineBreak.FindAllString(text, -1)) + 1
		for _, e := range all {
			if e.Pos.File != indexFile || e.Pos.Line < 1 || e.Pos.Line > lines || e.Pos.Col < 1 {
				t.Errorf("beyond the file's %d lines: %v", lines, e)
			}
			if e.Message == "" {
				t.Errorf("no message: %v", e.Pos)
			}
		}
	})
}
