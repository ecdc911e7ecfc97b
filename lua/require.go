package lua

import (
	"context"
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"wippy/config"
)

// baseRequire is the global require (SPEC sections 2 and 5). In this order it
// finds: a module of Go that is granted; what the requiring entry imports under
// that name; a file beside the requiring one; the embedded library. Each is run
// once per process.
func baseRequire(L *glua.LState) int {
	name, ok := L.Get(1).(glua.LString)
	if !ok {
		ArgError(L, "require", 1, "a module's name")
	}
	if len(name) > maxModuleName {
		L.RaiseError("require: the module's name has more than %d bytes", maxModuleName)
	}
	L.Push(From(L).require(L, string(name)))
	return 1
}

// maxModuleName bounds a module's name, which stands in errors several times.
const maxModuleName = 1000

func (s *State) require(L *glua.LState, name string) glua.LValue {
	module := s.program.engine.modules[name]
	if module != nil && s.program.grants(module) {
		return s.openModule(module)
	}
	requiring := s.unitOf(source(L))
	u := requiring.imports[name]
	if u == nil && module != nil {
		L.RaiseError("%s", s.program.notGranted(name))
	}
	if u == nil {
		u = s.find(L, requiring.folder, name)
	}
	if u == nil {
		u = s.find(L, s.program.engine.library, name)
	}
	if u == nil {
		L.RaiseError("%s", s.notFound(requiring, name))
	}
	return s.runUnit(L, name, u)
}

func (p *program) grants(m *Module) bool {
	return m.Always || p.everything || p.modules[m.Name]
}

func (p *program) notGranted(name string) string {
	text := fmt.Sprintf("module %q is not granted; add %q to modules: of %s", name, name, p.entry)
	if p.grantAt.Line > 0 {
		text += fmt.Sprintf(" (%s:%d)", p.grantAt.File, p.grantAt.Line)
	}
	return text
}

// openModule gives this process's value of a module of Go.
func (s *State) openModule(m *Module) glua.LValue {
	if v, ok := s.loaded[m]; ok {
		return v
	}
	v := m.Open(s)
	s.remember(m, v)
	return v
}

func (s *State) remember(key any, v glua.LValue) {
	if s.loaded == nil {
		s.loaded = map[any]glua.LValue{}
	}
	s.loaded[key] = v
}

// unitOf gives the unit that a chunk name belongs to; the main one for what
// load made.
func (s *State) unitOf(name string) *unit {
	if u := s.unitNamed(name); u != nil {
		return u
	}
	return s.program.main
}

func (s *State) unitNamed(name string) *unit {
	if u := s.units[name]; u != nil {
		return u
	}
	return s.program.units[name]
}

// find looks for a module in a folder. Reading suspends the process.
func (s *State) find(L *glua.LState, f *folder, name string) *unit {
	if f == nil {
		return nil
	}
	u := f.cached(name)
	if u == nil {
		err := s.ctx.Await(func(context.Context) (err error) {
			u, err = f.load(name)
			return err
		})
		if err != nil {
			L.RaiseError("require %q: %s", name, err)
		}
	}
	return u
}

// runUnit runs a unit's chunk with the name, and gives what it returns; true
// for nothing.
func (s *State) runUnit(L *glua.LState, name string, u *unit) glua.LValue {
	if v, ok := s.loaded[u]; ok {
		return v
	}
	for i, outer := range s.requiring {
		if outer.unit == u {
			if i == len(s.requiring)-1 && s.find(L, s.program.engine.library, name) != nil {
				L.RaiseError("%s requires itself: a file beside a script goes before the library's module %q; give it another name", u.name, name)
			}
			L.RaiseError("modules require each other: %s → %s", chain(s.requiring[i:]), name)
		}
	}
	if s.units == nil {
		s.units = map[string]*unit{}
	}
	s.units[u.name] = u
	s.requiring = append(s.requiring, required{name, u})
	defer func() { s.requiring = s.requiring[:len(s.requiring)-1] }()
	L.Push(L.NewFunctionFromProto(u.proto))
	L.Push(glua.LString(name))
	L.Call(1, 1)
	v := L.Get(-1)
	L.Pop(1)
	if v == glua.LNil {
		v = glua.LTrue
	}
	s.remember(u, v)
	return v
}

// required is a unit that is being run by require.
type required struct {
	name string
	unit *unit
}

func chain(modules []required) string {
	names := make([]string, len(modules))
	for i, m := range modules {
		names[i] = m.name
	}
	return strings.Join(names, " → ")
}

// notFound says where require looked.
func (s *State) notFound(requiring *unit, name string) string {
	engine := s.program.engine
	looked := []string{"no such module of Go"}
	if len(requiring.imports) > 0 {
		looked = append(looked, fmt.Sprintf("not among the imports %s", strings.Join(sortedKeys(requiring.imports), ", ")))
	} else {
		looked = append(looked, fmt.Sprintf("%s imports nothing", requiring.name))
	}
	switch {
	case !moduleName.MatchString(name):
		looked = append(looked, "not a name that a file can have")
	case requiring.folder != nil:
		looked = append(looked, fmt.Sprintf("no file %s", requiring.folder.prefix+requiring.folder.file(name)))
	default:
		looked = append(looked, "no files to look in")
	}
	looked = append(looked, "not in the embedded library")
	text := fmt.Sprintf("module %q not found: %s", name, strings.Join(looked, "; "))
	candidates := append(sortedKeys(requiring.imports), engine.names...)
	if near := config.Nearest(name, candidates); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return text
}
