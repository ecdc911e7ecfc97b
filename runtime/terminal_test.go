package runtime

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wippy/runtime/process"
)

// TestTTY makes sure that only a terminal is one.
func TestTTY(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, stream := range []any{nil, (*os.File)(nil), file, null, strings.NewReader("")} {
		if isTTY(stream) {
			t.Errorf("%v is a terminal", stream)
		}
	}
	s := serialized(&process.Terminal{Stdout: file, TTY: [3]bool{false, true, false}})
	if s.TTY != [3]bool{false, true, false} {
		t.Error("what the embedder says is lost", s.TTY)
	}
}

// TestDirPath tells where the directories of entries are.
func TestDirPath(t *testing.T) {
	dir := t.TempDir()
	index := "namespace: a\nentries:\n- {name: made, kind: fs.directory, directory: made, auto_init: true}\n" +
		"- {name: fixed, kind: fs.directory, directory: ., read_only: true}\n"
	if err := os.WriteFile(filepath.Join(dir, "_index.yaml"), []byte(index), 0o666); err != nil {
		t.Fatal(err)
	}
	rt, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Load(dir); err != nil {
		t.Fatal(err)
	}
	path, readOnly, err := rt.DirPath("a:made")
	if info, missing := os.Stat(path); err != nil || missing != nil || !info.IsDir() || readOnly || filepath.Base(path) != "made" {
		t.Error(path, readOnly, err)
	}
	if _, readOnly, err := rt.DirPath("a:fixed"); err != nil || !readOnly {
		t.Error(readOnly, err)
	}
	if _, _, err := rt.DirPath("a:none"); err == nil || !strings.Contains(err.Error(), `there is no fs.directory "a:none"`) {
		t.Error(err)
	}
}
