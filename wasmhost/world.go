package wasmhost

import (
	"errors"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/preview1"
	"wippy/wasmhost/wasi/world"
)

// mountKey tells mounts apart.
type mountKey struct {
	dir      string
	readOnly bool
}

// mount opens a directory for guests, once for all programs. The host closes it.
func (h *Host) mount(dir string, readOnly bool) (*files.Mount, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errClosed
	}
	key := mountKey{dir, readOnly}
	if m := h.mounts[key]; m != nil {
		return m, nil
	}
	m, err := files.Open(dir, readOnly)
	if err != nil {
		return nil, err
	}
	h.mounts[key] = m
	return m, nil
}

// surroundings are what a program's processes see of the host, whether it is a
// module or a component.
type surroundings struct {
	name   string
	grants imports.Grants
	linked linked
	world  world.Config
	env    func() ([]world.Variable, error) // asked at each spawn; may be nil
}

// takesAnything tells that a method of so many parameters has none because it
// asks the host for the arguments, or could: a program need not look at its words.
func (p *surroundings) takesAnything(params int) bool {
	return (p.linked.arguments || p.linked.wasi) && params == 0
}

// prepareWorld finds out what a program's processes see through WASI.
func (h *Host) prepareWorld(ps *problems, p *surroundings, src Source) {
	p.env = src.Env
	p.world = world.Config{Name: path.Base(filepath.ToSlash(src.Name)), Args: src.Args, CWD: src.CWD, Network: src.Network}
	for i, d := range src.Dirs {
		if d.Host == "" {
			continue // it is reported
		}
		m, err := h.mount(d.Host, d.ReadOnly)
		if err != nil {
			ps.add(fmt.Sprintf("wasi.mounts.%d.fs", i), fmt.Sprintf("the directory for %s cannot be opened: %v", d.Guest, cause(err)), "")
			continue
		}
		p.world.Mounts = append(p.world.Mounts, world.Mount{Guest: d.Guest, Files: m})
	}
}

// wasi fills in a source what the wasi field of an entry says.
func (src *Source) wasi(ps *problems, w *WASI, app process.App) {
	src.Args, src.CWD = w.Args, w.CWD
	for i, m := range w.Mounts {
		dir, readOnly, err := app.DirPath(config.ID(m.FS))
		if err != nil {
			ps.add(fmt.Sprintf("wasi.mounts.%d.fs", i), err.Error(), "")
			dir = "" // its place is kept, for the places of the others
		}
		src.Dirs = append(src.Dirs, Dir{Host: dir, Guest: path.Clean(m.Guest), ReadOnly: readOnly || m.ReadOnly})
	}
	if len(w.Env) > 0 {
		entry := src.Entry
		src.Env = func() ([]world.Variable, error) { return environment(entry, w.Env, app) }
	}
}

// network makes the policy of an entry; nil if it allows everything.
func (src *Source) network(ps *problems, w *WASI) *network.Policy {
	if w.Network.Allow == nil {
		return nil
	}
	p, err := network.New(w.Network.Allow)
	if err != nil {
		ps.add("wasi.network.allow", err.Error(), "")
		return nil
	}
	p.Entry = src.Entry
	return p
}

// noteUngranted has the log say, to who looks closely, which functions of
// preview 1 the module imports and will be refused if it calls them.
func (p *Program) noteUngranted(log *slog.Logger, e *config.Entry) {
	var names []string
	for _, i := range p.info.Imports {
		if i.Module == preview1.Name {
			names = append(names, i.Name)
		}
	}
	if functions, groups := preview1.Ungranted(p.grants, names); len(functions) > 0 {
		log.Debug("functions that are not granted answer ENOTCAPABLE", "entry", string(e.ID), "at", e.Pos.String(),
			"functions", list(functions), "write", p.grants.With(groups...))
	}
}

// noteUnused warns of what an entry says about the guest's world and no grant lets
// the guest see: whoever wrote it will wonder why the guest finds nothing.
func noteUnused(log *slog.Logger, e *config.Entry, spec *Config) {
	w := &spec.WASI
	for _, f := range []struct {
		field string
		said  bool
		by    []string // any of them, the first to be suggested
	}{
		{"args", len(w.Args) > 0, []string{"wasi:cli"}},
		{"cwd", w.CWD != "", []string{"wasi:cli"}},
		{"env", len(w.Env) > 0, []string{"wasi:cli"}},
		{"mounts", len(w.Mounts) > 0, []string{"wasi:filesystem"}},
		{"network", len(w.Network.Allow) > 0, []string{"wasi:http", "wasi:sockets"}},
	} {
		grants := imports.Grants(spec.Imports)
		if f.said && !slices.ContainsFunc(f.by, grants.Has) {
			log.Warn("wasi."+f.field+" is of no use without "+strings.Join(f.by, " or "), "entry", string(e.ID),
				"at", e.At("wasi", f.field).String(), "write", grants.With(f.by[0]))
		}
	}
}

// environment resolves the variables of an entry.
func environment(entry string, vars []Env, app process.App) ([]world.Variable, error) {
	env := make([]world.Variable, 0, len(vars))
	for _, v := range vars {
		value, _, err := app.Env(config.ID(v.ID))
		switch {
		case err != nil && v.Required:
			return nil, mailbox.Errorf(mailbox.NotFound, "%s requires the variable %s: %w", entry, v.Name, err)
		case err != nil:
			if e, ok := errors.AsType[*mailbox.Error](err); ok && e.Kind == mailbox.NotFound {
				continue
			}
			return nil, mailbox.Errorf(mailbox.Invalid, "%s: the variable %s: %w", entry, v.Name, err)
		case strings.ContainsRune(value, 0):
			return nil, mailbox.Errorf(mailbox.Invalid, "%s: the variable %s: the value of %s holds a NUL, which no environment can", entry, v.Name, v.ID)
		}
		env = append(env, world.Variable{Name: v.Name, Value: value})
	}
	return env, nil
}

// newWorld makes the world of a process that is spawned with args, which its
// program finds there if it takes anything.
func (p *surroundings) newWorld(args []mailbox.Value, takesAnything bool) (*world.World, error) {
	var env []world.Variable
	if p.env != nil {
		var err error
		if env, err = p.env(); err != nil {
			return nil, err
		}
	}
	if !p.linked.wasi {
		return nil, nil
	}
	var words []string
	if takesAnything {
		for i, v := range args {
			word, ok := wordOf(v)
			switch {
			case ok && strings.ContainsRune(word, 0):
				return nil, mailbox.Errorf(mailbox.Invalid, "argument %d: an argument of a program holds no NUL", i+1)
			case ok:
				words = append(words, word)
			case !p.linked.values:
				return nil, mailbox.Errorf(mailbox.Invalid, "argument %d: expected a string, a number or a boolean, got %s", i+1, v.Kind())
			}
		}
	}
	return world.New(&p.world, words, env), nil
}

// wordOf gives a scalar as a program finds it among its arguments.
func wordOf(v mailbox.Value) (word string, ok bool) {
	switch v.Kind() {
	case mailbox.KindString:
		return v.Str(), true
	case mailbox.KindBool, mailbox.KindInt, mailbox.KindUint, mailbox.KindFloat:
		return string(v.AppendJSON(nil)), true
	}
	return "", false
}
