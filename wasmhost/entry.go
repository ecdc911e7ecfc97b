package wasmhost

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"wippy/config"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wit"
)

// Config is what a process.wasm entry says (SPEC section 2, process.wasm).
type Config struct {
	// FS and Path name the binary. Path has slashes and stays inside FS.
	FS   config.Ref `yaml:"fs" config:"required,ref=fs.directory"`
	Path string     `yaml:"path" config:"required,nonempty"`
	// Hash is "sha256:" and the hexadecimal digest of the binary.
	Hash string `yaml:"hash" config:"required,nonempty"`
	// Method is the exported function that a process calls.
	Method string `yaml:"method" config:"required,nonempty"`
	// WIT holds signatures of exports; the core types map to numbers without.
	WIT string `yaml:"wit"`
	// Imports are the host capabilities that the entry grants.
	Imports []string       `yaml:"imports"`
	WASI    WASI           `yaml:"wasi"`
	Limits  process.Limits `yaml:"limits"`
}

// WASI is the world that a module with WASI sees.
type WASI struct {
	Args    []string `yaml:"args"`
	CWD     string   `yaml:"cwd"` // absolute
	Env     []Env    `yaml:"env"`
	Mounts  []Mount  `yaml:"mounts"`
	Network Network  `yaml:"network"`
}

// Env passes a variable on to the guest.
type Env struct {
	ID       config.Ref `yaml:"id" config:"required,ref=env.variable"`
	Name     string     `yaml:"name" config:"required,nonempty"` // as the guest sees it
	Required bool       `yaml:"required"`                        // a spawn fails where it has no value
}

// Mount shows a directory to the guest.
type Mount struct {
	FS       config.Ref `yaml:"fs" config:"required,ref=fs.directory"`
	Guest    string     `yaml:"guest" config:"required,nonempty"` // absolute, and of one mount only
	ReadOnly bool       `yaml:"read_only"`
}

// Network is what the guest may reach.
type Network struct {
	// Allow lists names and ranges of addresses, with or without a port; see
	// package network. Without network everything is allowed; network without it is a mistake.
	Allow []string `yaml:"allow"`
}

// capabilities are what an entry's imports can grant.
var capabilities = []string{
	"wasi:cli", "wasi:io", "wasi:poll", "wasi:clocks", "wasi:random", "wasi:filesystem", "wasi:sockets", "wasi:http", "wippy:process",
}

// CheckCapability tells what is wrong with the name of a capability; nil if
// nothing is.
func CheckCapability(name string) error {
	if slices.Contains(capabilities, name) {
		return nil
	}
	return fmt.Errorf("unknown capability; %s", whatCapability(name))
}

// whatCapability tells what might be meant by a name that is no capability's.
func whatCapability(name string) string {
	if near := config.Nearest(name, capabilities); near != "" {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	return "there are " + strings.Join(capabilities, ", ")
}

// MaxBinary bounds a binary, in bytes: some twenty times what a JavaScript
// engine takes.
const MaxBinary = 256 << 20

// Kind is the kind of entry that a node registers to run wasm.
func (h *Host) Kind() process.Kind {
	return process.Kind{
		Kind:    config.Kind{Name: "process.wasm", New: func() any { return new(Config) }, Command: true, Check: check},
		Compile: h.compileEntry,
		Limits:  func(e *config.Entry) process.Limits { return e.Spec.(*Config).Limits },
	}
}

// check applies the rules of an entry that need neither its binary nor a host.
func check(c *config.Check, e *config.Entry) {
	spec := e.Spec.(*Config)
	if _, ok := parseHash(spec.Hash); !ok {
		c.Mistake(fmt.Sprintf("expected %s and 64 hexadecimal digits, found %q", hashPrefix, spec.Hash), "`wippy hash FILE` prints it", "hash")
	}
	directory := cmp.Or(string(spec.FS), "the fs.directory")
	switch name := local(spec.Path); {
	case name == ".":
		c.Mistake(fmt.Sprintf("%q is %s itself, a folder", spec.Path, directory), "name a file inside it", "path")
	case !fs.ValidPath(name):
		c.Mistake(fmt.Sprintf("%q leads out of %s", spec.Path, directory), "name a file inside it, relative to it", "path")
	}
	if spec.WIT != "" {
		if _, err := wit.Parse(spec.WIT); err != nil {
			c.Mistake(err.Error(), "", "wit")
		}
	}
	for i, name := range spec.Imports {
		field := []string{"imports", strconv.Itoa(i)}
		switch {
		case !slices.Contains(capabilities, name):
			c.Mistake(fmt.Sprintf("unknown capability %q", name), whatCapability(name), field...)
		case slices.Index(spec.Imports, name) < i:
			c.Mistake(fmt.Sprintf("%q is granted already", name), "", field...)
		}
	}
	checkWASI(c, e, &spec.WASI)
}

func checkWASI(c *config.Check, e *config.Entry, w *WASI) {
	const absolute = "begin it with /"
	switch {
	case w.CWD != "" && !path.IsAbs(w.CWD):
		c.Mistake(fmt.Sprintf("expected an absolute path, found %q", w.CWD), absolute, "wasi", "cwd")
	case strings.ContainsRune(w.CWD, 0):
		c.Mistake(fmt.Sprintf("a path holds no NUL, found %q", w.CWD), "", "wasi", "cwd")
	}
	for i, a := range w.Args {
		if strings.ContainsRune(a, 0) {
			c.Mistake(fmt.Sprintf("an argument holds no NUL, found %q", a), "", "wasi", "args", strconv.Itoa(i))
		}
	}
	for i, v := range w.Env {
		field := []string{"wasi", "env", strconv.Itoa(i), "name"}
		switch {
		case strings.ContainsAny(v.Name, "=\x00"):
			c.Mistake(fmt.Sprintf("%q cannot be the name of a variable", v.Name), `leave out "=" and NUL`, field...)
		case slices.IndexFunc(w.Env, func(o Env) bool { return o.Name == v.Name }) < i:
			c.Mistake(fmt.Sprintf("the variable %q is there already", v.Name), "", field...)
		}
	}
	// A list whose elements were all taken out would otherwise allow everything.
	if w.Network.Allow == nil && c.Decoded("wasi", "network", "allow") && e.At("wasi", "network") != e.At("wasi") {
		c.Mistake(`it has no list "allow"`, `write "allow: []" to allow nothing, or leave out network to allow everything`, "wasi", "network")
	}
	for i, a := range w.Network.Allow {
		field := []string{"wasi", "network", "allow", strconv.Itoa(i)}
		if err := network.Check(a); err != nil {
			message, hint, _ := strings.Cut(err.Error(), "; ")
			c.Mistake(message, hint, field...)
		} else if slices.Index(w.Network.Allow, a) < i {
			c.Mistake(fmt.Sprintf("%q is allowed already", a), "", field...)
		}
	}
	for i, m := range w.Mounts {
		field := []string{"wasi", "mounts", strconv.Itoa(i), "guest"}
		switch {
		case !path.IsAbs(m.Guest):
			c.Mistake(fmt.Sprintf("expected an absolute path, found %q", m.Guest), absolute, field...)
		case strings.ContainsRune(m.Guest, 0):
			c.Mistake(fmt.Sprintf("a path holds no NUL, found %q", m.Guest), "", field...)
		case path.Clean(m.Guest) != "/"+strings.Trim(m.Guest, "/") || strings.HasPrefix(m.Guest, "//"):
			c.Mistake(fmt.Sprintf(`expected a path without ".", ".." and "//", found %q`, m.Guest), "write "+strconv.Quote(path.Clean(m.Guest)), field...)
		case slices.IndexFunc(w.Mounts, func(o Mount) bool { return path.Clean(o.Guest) == path.Clean(m.Guest) }) < i:
			c.Mistake(fmt.Sprintf("%q has a mount already", m.Guest), "", field...)
		}
	}
}

// compileEntry implements process.Kind's Compile.
func (h *Host) compileEntry(ctx context.Context, e *config.Entry, app process.App) (process.Program, error) {
	spec := e.Spec.(*Config)
	binary, ps := readBinary(spec, app)
	if len(ps) > 0 {
		return nil, ps.at(e)
	}
	sum := digest(sha256.Sum256(binary))
	if want, _ := parseHash(spec.Hash); want != sum {
		ps.add("hash", fmt.Sprintf("%s has changed: expected %s, got %s", spec.Path, want, sum), "if that binary is meant, write its hash here")
		return nil, ps.at(e) // what is not meant to run is not looked into
	}
	src := Source{Name: spec.Path, Bytes: binary, Method: spec.Method, WIT: spec.WIT, Grants: spec.Imports, Entry: string(e.ID)}
	src.wasi(&ps, &spec.WASI, app)
	if src.Network = src.network(&ps, &spec.WASI); src.Network != nil {
		src.Network.Where, src.Network.Logger = e.At("wasi", "network", "allow").String(), app.Logger()
	}
	p, more, err := h.program(ctx, src, sum)
	if err != nil {
		return nil, err
	}
	if ps = append(ps, more...); len(ps) > 0 {
		return nil, ps.at(e)
	}
	if m, ok := p.(*Program); ok {
		m.noteUngranted(app.Logger(), e)
	}
	noteUnused(app.Logger(), e, spec)
	return p, nil
}

// String prints a digest as an entry's hash.
func (d digest) String() string { return hashPrefix + hex.EncodeToString(d[:]) }

const hashPrefix = "sha256:"

func parseHash(text string) (d digest, ok bool) {
	digits, ok := strings.CutPrefix(text, hashPrefix)
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != len(d) {
		return d, false
	}
	return digest(b), true
}

// local gives a path as fs.FS takes it. The root of a path is the fs.directory,
// so that /worker.wasm and worker.wasm are the same file.
func local(name string) string { return path.Clean(strings.TrimLeft(name, "/")) }

// readBinary reads an entry's binary.
func readBinary(spec *Config, app process.App) (binary []byte, ps problems) {
	dir, err := app.Dir(config.ID(spec.FS))
	if err != nil {
		ps.add("fs", err.Error(), "")
		return nil, ps
	}
	name := local(spec.Path)
	binary, err = config.ReadFile(dir, name, MaxBinary)
	if err == nil {
		return binary, nil
	}
	link, out := config.BadLink(dir, name)
	switch {
	case out:
		ps.add("path", fmt.Sprintf("the link %q leads out of %s", link, spec.FS), "name a file inside it")
	case link != "":
		ps.add("path", fmt.Sprintf("the link %q of %s leads to nothing", link, spec.FS), "")
	case errors.Is(err, fs.ErrNotExist):
		hint := ""
		if near := config.NearestFile(dir, name); near != "" {
			hint = "did you mean " + strconv.Quote(path.Join(path.Dir(spec.Path), path.Base(near))) + "?"
		}
		ps.add("path", fmt.Sprintf("%s has no file %q", spec.FS, spec.Path), hint)
	default:
		ps.add("path", fmt.Sprintf("%q of %s cannot be read: %v", spec.Path, spec.FS, cause(err)), "")
	}
	return nil, ps
}

// cause gives an error without the operation and the path of the machine.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
