package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"
	"gopkg.in/yaml.v3"

	"wippy/internal/golden"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The kinds below resemble the runtime's.

type directory struct {
	Directory string `yaml:"directory" config:"required,nonempty"`
	AutoInit  bool   `yaml:"auto_init"`
	ReadOnly  bool   `yaml:"read_only"`
}

type variable struct {
	Variable string  `yaml:"variable" config:"required"`
	Storage  Ref     `yaml:"storage" config:"ref=env.storage.*"`
	Default  *string `yaml:"default"`
	Secret   bool    `yaml:"secret"`
}

type storage struct {
	Values map[string]string `yaml:"values" config:"required,nonempty"`
}

type host struct {
	Workers      int           `yaml:"workers" config:"min=1,max=1024"`
	MaxProcesses uint32        `yaml:"max_processes"`
	Grace        time.Duration `yaml:"grace" config:"min=0s,max=1h"`
	Load         *float64      `yaml:"load" config:"min=0.5,max=1"`
	Mailbox      struct {
		Capacity int8   `yaml:"capacity"`
		Overflow string `yaml:"overflow" config:"enum=reject|drop_oldest|block"`
	} `yaml:"mailbox"`
	Limits limits `yaml:"limits"`
}

type limits struct {
	MaxFuel   uint64    `yaml:"max_fuel"`
	MaxMemory *byteSize `yaml:"max_memory"`
}

// byteSize decodes itself from texts such as 64K.
type byteSize int

func (b *byteSize) DecodeYAML(node *yaml.Node) error {
	if node.Kind == yaml.SequenceNode {
		var errs Errors
		for _, item := range node.Content {
			errs = append(errs, &Error{Pos: Position{Line: item.Line, Col: item.Column}, Message: "one size is enough", Hint: "keep the first"})
		}
		return errs
	}
	digits, ok := strings.CutSuffix(node.Value, "K")
	if !ok {
		return &Error{Message: "expected a size such as 64K"}
	}
	if err := json.Unmarshal([]byte(digits), (*int)(b)); err != nil {
		return fs.ErrInvalid
	}
	*b *= 1024
	return nil
}

type program struct {
	Source  string         `yaml:"source" config:"required"`
	Imports map[string]Ref `yaml:"imports" config:"ref=library.lua,requires"`
}

type script struct {
	program `yaml:",inline"`
	Method  string   `yaml:"method"`
	Modules []string `yaml:"modules" config:"enum=json|log|env"`
}

type wasm struct {
	FS       Ref      `yaml:"fs" config:"required,ref=fs.directory"`
	Path     string   `yaml:"path" config:"required,nonempty"`
	Hash     string   `yaml:"hash" config:"required"`
	Method   string   `yaml:"method" config:"required"`
	Imports  []string `yaml:"imports"`
	Requires []Ref    `yaml:"requires" config:"requires,ref=process.wasm|process.lua"`
	After    Ref      `yaml:"after"`
	Extra    any      `yaml:"extra"`
	WASI     *wasi    `yaml:"wasi"`
	Limits   *limits  `yaml:"limits"`
}

type wasi struct {
	Args   []string `yaml:"args"`
	Env    []env    `yaml:"env"`
	Mounts []*mount `yaml:"mounts" config:"nonempty"`
}

type env struct {
	ID       Ref    `yaml:"id" config:"required,ref=env.*"`
	Name     string `yaml:"name"`
	Required bool   `yaml:"required"`
}

type mount struct {
	FS       Ref    `yaml:"fs" config:"required,ref=fs.directory"`
	Guest    string `yaml:"guest" config:"required"`
	ReadOnly bool   `yaml:"read_only"`
}

type demanding struct {
	Mode   string        `yaml:"mode" config:"required,enum=on_demand|always"`
	Size   *byteSize     `yaml:"size" config:"required"`
	Extra  any           `yaml:"extra" config:"required"`
	Other  Ref           `yaml:"other" config:"required"`
	Count  *uint8        `yaml:"count" config:"required"`
	Wait   time.Duration `yaml:"wait" config:"required"`
	Unused string
}

type units struct {
	Size  int64   `yaml:"size" config:"required,unit=bytes"`
	Wait  uint32  `yaml:"wait" config:"unit=milliseconds,min=1"`
	Share float64 `yaml:"share" config:"unit=percent"`
}

func kindOf[T any](name string, check func(*Check, *Entry)) Kind {
	return Kind{Name: name, New: func() any { return new(T) }, Check: check}
}

var kinds = []Kind{
	kindOf[directory]("fs.directory", nil),
	kindOf[variable]("env.variable", nil),
	kindOf[struct{}]("env.storage.os", nil),
	kindOf[storage]("env.storage.static", nil),
	{Name: "process.host", New: func() any { return &host{Workers: 4, Grace: time.Second} }},
	kindOf[struct{}]("terminal.host", nil),
	kindOf[program]("library.lua", nil),
	{Name: "process.lua", New: func() any { return new(script) }, Command: true},
	{Name: "process.wasm", New: func() any { return new(wasm) }, Command: true, Check: checkWasm},
	kindOf[demanding]("test.demanding", nil),
	kindOf[units]("test.units", nil),
}

func checkWasm(c *Check, e *Entry) {
	spec := e.Spec.(*wasm)
	if !strings.HasPrefix(spec.Hash, "sha256:") {
		c.Mistake(fmt.Sprintf("expected sha256:<hex>, found %q", spec.Hash), "", "hash")
	}
	if bins := c.App().Entry(ID(spec.FS)); bins != nil {
		if dir, ok := bins.Spec.(*directory); !ok || dir.Directory == "/" {
			c.Mistake("refusing the root directory", "choose another one", "fs")
		}
	}
	if e.Meta.Command != nil && len(c.App().ByKind("terminal.host")) == 0 {
		c.MistakeAt(e.Meta.Command.Pos, "meta.command: the application has no terminal.host", `add "kind: terminal.host"`)
	}
	if spec.WASI == nil {
		return
	}
	for i, m := range spec.WASI.Mounts {
		if !strings.HasPrefix(m.Guest, "/") {
			c.Mistake("expected an absolute path", "", "wasi", "mounts", strconv.Itoa(i), "guest")
		}
	}
}

// TestGolden loads the files of each archive in testdata. What comes out, the
// errors or the entries, is kept in the archive's last file.
func TestGolden(t *testing.T) { golden.Run(t, "testdata", result, "errors", "entries") }

func result(t *testing.T, archive *txtar.Archive) txtar.File {
	fsys := make(fstest.MapFS)
	for _, file := range archive.Files {
		fsys[file.Name] = &fstest.MapFile{Data: file.Data}
	}
	app, err := LoadFS(fsys, "/app", kinds)
	if err != nil {
		return txtar.File{Name: "errors", Data: []byte(err.Error() + "\n")}
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for _, e := range app.Entries {
		b.WriteString(e.Pos.String() + " " + e.Kind + " " + string(e.ID) + " in " + e.Dir + "\n")
		for _, part := range []any{e.Spec, e.Meta} {
			if err := encoder.Encode(part); err != nil {
				t.Fatal(err)
			}
		}
	}
	return txtar.File{Name: "entries", Data: b.Bytes()}
}
