package wasmhost

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/world"
)

// worldApp has variables and directories.
type worldApp struct {
	process.App
	env  map[string]any // a value, or the error in its place
	dirs map[string]string
}

func (a worldApp) Env(id config.ID) (string, bool, error) {
	switch v := a.env[string(id)].(type) {
	case error:
		return "", true, v
	case string:
		return v, true, nil
	}
	return "", false, mailbox.Errorf(mailbox.NotFound, "%s has no value", id)
}

func (a worldApp) DirPath(id config.ID) (string, bool, error) {
	if dir, ok := a.dirs[string(id)]; ok {
		return dir, id == "app:ro", nil
	}
	return "", false, mailbox.Errorf(mailbox.NotFound, "there is no fs.directory %q", id)
}

func (a worldApp) Dir(config.ID) (fs.FS, error) {
	return os.DirFS(filepath.Join("..", "test", "guests", "bin")), nil
}
func (a worldApp) Logger() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestEnvironment(t *testing.T) {
	app := worldApp{env: map[string]any{"app:a": "1", "app:empty": "", "app:nul": "secret\x00", "app:broken": errors.New("broken")}}
	vars := func(required bool, ids ...string) (vs []Env) {
		for _, id := range ids {
			vs = append(vs, Env{ID: config.Ref("app:" + id), Name: strings.ToUpper(id), Required: required})
		}
		return vs
	}
	got, err := environment("app:e", vars(false, "a", "none", "empty"), app)
	if err != nil || len(got) != 2 || got[0] != (world.Variable{Name: "A", Value: "1"}) || got[1] != (world.Variable{Name: "EMPTY"}) {
		t.Error(got, err)
	}
	for id, want := range map[string]string{
		"none":   "not_found: app:e requires the variable NONE: app:none has no value",
		"nul":    "invalid: app:e: the variable NUL: the value of app:nul holds a NUL, which no environment can",
		"broken": "not_found: app:e requires the variable BROKEN: broken",
	} {
		_, err := environment("app:e", vars(true, "a", id), app)
		if e, ok := errors.AsType[*mailbox.Error](err); !ok || string(e.Kind)+": "+e.Message != want {
			t.Errorf("%s: %#v, want %s", id, err, want)
		}
	}
	if _, err := environment("app:e", vars(false, "broken"), app); !errors.Is(err, mailbox.Invalid) {
		t.Error(err)
	}
}

// TestMounts opens each directory once, and says which cannot be opened.
func TestMounts(t *testing.T) {
	dir := t.TempDir()
	app := worldApp{dirs: map[string]string{"app:rw": dir, "app:ro": dir, "app:gone": filepath.Join(dir, "gone")}}
	h := New(Options{})
	defer h.Close(context.Background())
	compile := func(mounts ...Mount) (*Program, problems) {
		src := Source{Name: "preview1.wasm", Bytes: readGuest(t, "preview1"), Entry: "app:e"}
		var ps problems
		src.wasi(&ps, &WASI{Mounts: mounts}, app)
		p, more, err := h.program(context.Background(), src, digest{})
		if err != nil {
			t.Fatal(err)
		}
		m, _ := p.(*Program)
		return m, append(ps, more...)
	}
	p, ps := compile(Mount{FS: "app:rw", Guest: "/a/"}, Mount{FS: "app:ro", Guest: "/b"}, Mount{FS: "app:rw", Guest: "/c", ReadOnly: true})
	if len(ps) > 0 || len(h.mounts) != 2 {
		t.Fatal(ps, len(h.mounts))
	}
	for i, want := range []struct {
		guest    string
		readOnly bool
	}{{"/a", false}, {"/b", true}, {"/c", true}} {
		if m := p.world.Mounts[i]; m.Guest != want.guest || m.Files.ReadOnly() != want.readOnly {
			t.Errorf("mount %d is %s, %t", i, m.Guest, m.Files.ReadOnly())
		}
	}
	_, ps = compile(Mount{FS: "app:rw", Guest: "/a"}, Mount{FS: "app:none", Guest: "/n"}, Mount{FS: "app:gone", Guest: "/g"})
	if len(ps) != 2 || ps[0].field != "wasi.mounts.1.fs" || ps[1].field != "wasi.mounts.2.fs" ||
		!strings.HasPrefix(ps[1].message, "the directory for /g cannot be opened: ") {
		t.Errorf("%+v", ps)
	}
}

// TestClosedWorld makes sure that a process which was never begun leaves nothing.
func TestClosedWorld(t *testing.T) {
	h := New(Options{})
	defer h.Close(context.Background())
	p, err := h.Compile(context.Background(), Source{Name: "preview1.wasm", Bytes: readGuest(t, "preview1"), Method: "exit"})
	if err != nil {
		t.Fatal(err)
	}
	proc, err := p.New([]mailbox.Value{mailbox.Int(1)}, process.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	proc.Close()
}
