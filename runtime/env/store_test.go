package env_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/env"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// load writes the files, by name, into a directory and loads it.
func load(t *testing.T, files map[string]string) (*config.App, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return config.Load(dir, env.Kinds())
}

const application = `
namespace: app
entries:
  - {name: os, kind: env.storage.os}
  - {name: file, kind: env.storage.file, file_path: ../secrets.env}
  - {name: static, kind: env.storage.static, values: {MODE: fast, EMPTY: ""}}
  - {name: memory, kind: env.storage.memory}
  - {name: WIPPY_ENV_TEST, kind: env.variable}
  - {name: from.os, kind: env.variable, variable: WIPPY_ENV_TEST, storage: os}
  - {name: unset, kind: env.variable, variable: WIPPY_ENV_TEST_UNSET, default: fallback}
  - {name: missing, kind: env.variable, variable: WIPPY_ENV_TEST_UNSET, storage: os}
  - {name: token, kind: env.variable, variable: TOKEN, storage: file, secret: true}
  - {name: lost, kind: env.variable, variable: LOST, storage: file, secret: true}
  - {name: mode, kind: env.variable, variable: MODE, storage: static}
  - {name: EMPTY, kind: env.variable, storage: static, default: unused}
  - {name: counter, kind: env.variable, storage: memory, default: "0"}
`

func TestStore(t *testing.T) {
	t.Setenv("WIPPY_ENV_TEST", "from the system")
	app, err := load(t, map[string]string{"app/_index.yaml": application, "secrets.env": "TOKEN=t0k3n"})
	if err != nil {
		t.Fatal(err)
	}
	store := env.NewStore(app)
	for _, c := range []struct {
		id, value string
		secret    bool
		kind      mailbox.ErrorKind
		message   string
	}{
		{id: "app:WIPPY_ENV_TEST", value: "from the system"},
		{id: "app:from.os", value: "from the system"},
		{id: "app:unset", value: "fallback"},
		{id: "app:missing", kind: mailbox.NotFound, message: "app:os has no variable WIPPY_ENV_TEST_UNSET: set it there"},
		{id: "app:token", value: "t0k3n", secret: true},
		{id: "app:lost", secret: true, kind: mailbox.NotFound, message: "app:file has no variable LOST"},
		{id: "app:mode", value: "fast"},
		{id: "app:EMPTY", value: ""},
		{id: "app:counter", value: "0"},
		{id: "app:memory", kind: mailbox.Invalid, message: "app:memory is of kind env.storage.memory, expected env.variable"},
		{id: "app:tokn", kind: mailbox.NotFound, message: `there is no entry "app:tokn"; did you mean app:token?`},
	} {
		value, secret, err := store.Get(config.ID(c.id))
		if value != c.value || secret != c.secret {
			t.Errorf("%s: got %q, secret %v; want %q, secret %v", c.id, value, secret, c.value, c.secret)
		}
		switch {
		case c.kind == "" && err != nil:
			t.Errorf("%s: %v", c.id, err)
		case c.kind != "" && (!errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.message)):
			t.Errorf("%s: got %v, want %q", c.id, err, c.message)
		}
	}
}

func TestSet(t *testing.T) {
	app, err := load(t, map[string]string{"app/_index.yaml": application, "secrets.env": ""})
	if err != nil {
		t.Fatal(err)
	}
	store := env.NewStore(app)
	if err := store.Set("app:counter", "1"); err != nil {
		t.Fatal(err)
	}
	if value, _, err := store.Get("app:counter"); value != "1" || err != nil {
		t.Errorf("got %q, %v", value, err)
	}
	if value, _, err := env.NewStore(app).Get("app:counter"); value != "0" || err != nil {
		t.Errorf("another store: got %q, %v", value, err)
	}
	for id, kind := range map[config.ID]mailbox.ErrorKind{
		"app:mode":           mailbox.Denied,
		"app:WIPPY_ENV_TEST": mailbox.Denied,
		"app:nobody":         mailbox.NotFound,
	} {
		if err := store.Set(id, "x"); !errors.Is(err, kind) {
			t.Errorf("%s: got %v, want kind %s", id, err, kind)
		}
	}
}

func TestMistakes(t *testing.T) {
	_, err := load(t, map[string]string{
		"app/_index.yaml": `
namespace: app
entries:
  - {name: file, kind: env.storage.file, file_path: bad.env}
  - {name: gone, kind: env.storage.file, file_path: gone.env}
  - {name: folder, kind: env.storage.file, file_path: .}
  - {name: static, kind: env.storage.static, values: {MODE: fast, "A=B": x}}
  - {name: misspelt, kind: env.variable, variable: MODDE, storage: static}
  - {name: wrong, kind: env.variable, variable: "A=", storage: gone}
  - {name: kind, kind: env.variable, storage: misspelt}
`,
		"app/bad.env": "GOOD=1\nsecret value\n",
	})
	var all config.Errors
	if !errors.As(err, &all) {
		t.Fatalf("got %v", err)
	}
	want := []string{
		"app/_index.yaml:5:", `there is no file "gone.env"; create it, or remove the entry`,
		"app/_index.yaml:6:", "cannot be read: not a regular file",
		"app/_index.yaml:7:", `"A=B" cannot be the name of a variable`,
		"app/_index.yaml:8:", `app:static has no value "MODDE"; did you mean "MODE"?`,
		"app/_index.yaml:9:", `"A=" cannot be the name of a variable`,
		"app/_index.yaml:10:", `"app:misspelt" is an env.variable`,
		"app/bad.env:2:1:", "expected a variable and its value; write NAME=value",
	}
	text := err.Error()
	for _, part := range want {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
	if len(all) != len(want)/2 {
		t.Errorf("got %d mistakes, want %d:\n%s", len(all), len(want)/2, text)
	}
	if strings.Contains(text, "secret value") {
		t.Errorf("a line of the file is quoted:\n%s", text)
	}
}

func TestFileSize(t *testing.T) {
	_, err := load(t, map[string]string{
		"_index.yaml": "namespace: app\nentries: [{name: file, kind: env.storage.file, file_path: big.env}]",
		"big.env":     strings.Repeat("#", env.MaxFileSize+1),
	})
	if err == nil || !strings.Contains(err.Error(), "larger than 1048576 bytes") {
		t.Errorf("got %v", err)
	}
}
