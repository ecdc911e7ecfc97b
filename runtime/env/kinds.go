// Package env holds the env.* kinds of entry (SPEC section 2): a variable
// names a value, a storage says where values come from. [Kinds] goes into
// [config.Load]; a [Store] made of the loaded application then answers what a
// variable's value is.
//
// A storage of kind env.storage.file is read once, while the application is
// loaded, so that a mistake in it is reported with all others and no process
// ever waits for a disk. A changed file counts after the next load. The
// environment of the operating system is asked at each look-up.
package env

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"wippy/config"
)

// Variable is the Spec of an env.variable.
type Variable struct {
	// Name is what the storage calls the value; the entry's own name, as it is
	// written, where the YAML says nothing.
	Name string `yaml:"variable" config:"nonempty"`
	// Storage is where the value comes from; the environment of the operating
	// system where the YAML says nothing.
	Storage config.Ref `yaml:"storage" config:"ref=env.storage.*"`
	// Default is the value of a variable that its storage lacks; nil is none.
	// A variable that is set to nothing is set.
	Default *string `yaml:"default"`
	// Secret hides the value from Lua code that was not granted it.
	Secret bool `yaml:"secret"`
}

// Static is the Spec of an env.storage.static.
type Static struct {
	// Values are by variable.
	Values map[string]string `yaml:"values" config:"required"`
}

// File is the Spec of an env.storage.file: a file in dotenv format, as
// [ParseDotenv] reads it.
type File struct {
	// Path is relative to the YAML file.
	Path string `yaml:"file_path" config:"required,nonempty"`

	values map[string]string // what the file held when it was checked
}

// MaxFileSize bounds the file of an env.storage.file, in bytes.
const MaxFileSize = 1 << 20

// The storages without a field of their own.
type (
	osStorage     struct{}
	memoryStorage struct{}
)

// Kinds returns the kinds of this package.
func Kinds() []config.Kind {
	return []config.Kind{
		{Name: "env.variable", New: func() any { return new(Variable) }, Check: checkVariable},
		{Name: "env.storage.os", New: func() any { return new(osStorage) }},
		{Name: "env.storage.file", New: func() any { return new(File) }, Check: checkFile},
		{Name: "env.storage.static", New: func() any { return new(Static) }, Check: checkStatic},
		{Name: "env.storage.memory", New: func() any { return new(memoryStorage) }},
	}
}

// variable is the name that v's storage knows it by.
func (v *Variable) variable(e *config.Entry) string { return cmp.Or(v.Name, e.Name) }

func checkVariable(c *config.Check, e *config.Entry) {
	v := e.Spec.(*Variable)
	name := v.variable(e)
	if name == "" {
		return // the entry has none either, which is reported
	}
	if hint := badName(name); hint != "" {
		c.Mistake(fmt.Sprintf("%q cannot be the name of a variable", name), hint, "variable")
		return
	}
	storage := c.App().Entry(config.ID(v.Storage))
	if storage == nil || v.Default != nil || !c.Decoded("default") {
		return
	}
	static, ok := storage.Spec.(*Static)
	if !ok {
		return
	}
	// What a static storage lacks now it lacks for ever.
	if _, ok := static.Values[name]; ok {
		return
	}
	hint := "add it there, or give the variable a default"
	if near := config.Nearest(name, names(static.Values)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	c.Mistake(fmt.Sprintf("%s has no value %q", v.Storage, name), hint, "variable")
}

// badName says what to do about a name that no storage can hold, "" for others.
func badName(name string) (hint string) {
	switch {
	case name == "":
		return "give it a name"
	case strings.ContainsAny(name, "=\x00"):
		return `leave out "=" and NUL`
	}
	return ""
}

func checkStatic(c *config.Check, e *config.Entry) {
	for _, name := range names(e.Spec.(*Static).Values) {
		if hint := badName(name); hint != "" {
			c.Mistake(fmt.Sprintf("%q cannot be the name of a variable", name), hint, "values", name)
		}
	}
}

func names(values map[string]string) []string {
	return slices.Sorted(maps.Keys(values))
}

// checkFile reads the file, and keeps what it holds.
func checkFile(c *config.Check, e *config.Entry) {
	f := e.Spec.(*File)
	name, shown := filepath.FromSlash(f.Path), f.Path
	if !filepath.IsAbs(name) {
		name = filepath.Join(e.Dir, name)
		shown = path.Join(path.Dir(e.Pos.File), f.Path)
	}
	text, err := readFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Mistake(fmt.Sprintf("there is no file %q", f.Path), "create it, or remove the entry", "file_path")
		return
	case err != nil:
		c.Mistake(fmt.Sprintf("%q cannot be read: %v", f.Path, reason(err)), "", "file_path")
		return
	}
	values, mistakes := ParseDotenv(text)
	for _, m := range mistakes {
		c.MistakeAt(config.Position{File: shown, Line: m.Line, Col: m.Col}, m.Message, m.Hint)
	}
	f.values = values
}

// reason leaves the file's name out, which stands in the message already.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

func readFile(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() { // reading a pipe could wait for ever
		return "", errors.New("not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxFileSize+1))
	if len(text) > MaxFileSize {
		return "", fmt.Errorf("larger than %d bytes", MaxFileSize)
	}
	return string(text), err
}
