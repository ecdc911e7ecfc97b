package luamod_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"time"

	glua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"

	"wippy/luamod"
	"wippy/luamod/internal/luatest"
	timemod "wippy/luamod/time"
	"wippy/mailbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Point is data: it has fields and no methods.
type Point struct {
	X, Y      int
	LabelText string
	Renamed   bool `luar:"tagged"`
	Hidden    bool `luar:"-"`
}

// User is an object.
type User struct{ Name string }

func (u *User) FullName() string { return "Ana A." }
func (u *User) Rename(to string) string {
	old := u.Name
	u.Name = to
	return old
}
func (u *User) Panic()         { panic("no") }
func (u *User) End() int       { return 1 }
func (u *User) String() string { return "user " + u.Name }

type Other struct{}

func (*Other) Method() {}

// Users is bound as a module.
type Users struct {
	Limit  int
	Hidden string `luar:"-"`
	Alias  string `luar:"called"`
	ana    *User
}

type Namer interface{ FullName() string }

func (u *Users) FindByName(_ context.Context, name string) (*User, error) {
	if name != "ana" {
		return nil, fmt.Errorf("no %s: %w", name, fs.ErrNotExist)
	}
	return u.ana, nil
}
func (u *Users) NameOf(user *User) string { return user.Name }
func (u *Users) Same(user *User) *User    { return user }
func (u *Users) Namer(n Namer) string     { return n.(*User).Name }
func (u *Users) Copy() User               { return *u.ana }
func (u *Users) Other() *Other            { return &Other{} }
func (u *Users) Nobody() *User            { return nil }

type Color string

type node struct{ Next *node }

func echo[T any](x T) T { return x }

func modules() []luamod.Module {
	endless := &node{}
	endless.Next = endless
	return []luamod.Module{
		timemod.Module(luatest.Start),
		luamod.Bind("geo", map[string]any{
			"add":     func(a, b float64) float64 { return a + b },
			"pair":    func() (string, int) { return "a", 1 },
			"nothing": func() {},
			"Earth":   6371.0,
			"deep":    map[string]any{"er": map[string]any{"answer": func() int { return 42 }}},
		}, luamod.Quick("add", "deep.er.answer")),
		luamod.Bind("greet", func(name string) string { return "Hello, " + name + "!" }),
		luamod.Bind("version", "1.2"),
		luamod.Bind("users", &Users{Limit: 10, Hidden: "x", Alias: "by tag", ana: &User{Name: "ana"}}),
		luamod.Bind("fail", map[string]any{
			"with": func(how string) (string, error) {
				return "fine", map[string]error{
					"plain":      errors.New("plain"),
					"permission": fs.ErrPermission,
					"deadline":   context.DeadlineExceeded,
					"own":        mailbox.ErrFull,
				}[how]
			},
			"only": func(fail bool) error {
				if fail {
					return errors.New("failed")
				}
				return nil
			},
			"panic":       func() error { panic("boom") },
			"panic_quick": func() int { return []int(nil)[5+len("")] },
		}, luamod.Quick("panic_quick")),
		luamod.Bind("echo", map[string]any{
			"int8": echo[int8], "uint8": echo[uint8], "int64": echo[int64], "uint64": echo[uint64],
			"float": echo[float64], "string": echo[string], "bytes": echo[[]byte], "bool": echo[bool], "color": echo[Color],
			"duration": echo[time.Duration], "durations": echo[[]time.Duration], "time": echo[time.Time],
			"strings": echo[[]string], "array": echo[[2]int], "map": echo[map[string]int],
			"point": echo[Point], "points": echo[[]Point], "point_pointer": echo[*Point],
			"any": echo[any], "error": func(err error) any { return err },
			"type": func(x any) string { return fmt.Sprintf("%T", x) },
			"join": func(sep string, parts ...string) string { return strings.Join(parts, sep) },
			"optional": func(s *string) string {
				if s == nil {
					return "none"
				}
				return *s
			},
			"counter": func() func() int {
				n := 0
				return func() int { n++; return n }
			},
			"channel": func() map[string]any { return map[string]any{"c": make(chan int)} },
			"endless": func() any { return endless },
			"raw": func(L *glua.LState) int {
				L.Push(glua.LString(L.CheckString(1) + L.CheckNumber(2).String()))
				return 1
			},
		}),
	}
}

func TestLua(t *testing.T) {
	luatest.Run(t, nil, modules()...)
}

// TestAwait shows which functions run on the I/O pool.
func TestAwait(t *testing.T) {
	for script, awaits := range map[string]int{
		`require("geo").add(1, 2)`:                                        0,
		`require("geo").pair()`:                                           1,
		`require("geo").deep.er.answer()`:                                 0,
		`require("users").copy():full_name()`:                             2,
		`require("echo").raw("x", 1)`:                                     0,
		`local f = require("echo").counter() f() f()`:                     3,
		`tostring(require("users").copy().name == "ana")`:                 1,
		`pcall(require("fail").panic) pcall(require("fail").panic_quick)`: 1,
	} {
		ctx := luatest.NewContext()
		if result := luatest.Script(t, ctx, "test.lua", script, modules()...); result.Err != nil {
			t.Errorf("%s: %v", script, result.Err)
		}
		if ctx.Awaits != awaits {
			t.Errorf("%s: %d calls of Await, want %d", script, ctx.Awaits, awaits)
		}
	}
}

func TestPanicIsLogged(t *testing.T) {
	ctx := luatest.NewContext()
	luatest.Script(t, ctx, "test.lua", `require("fail").panic()`, modules()...)
	log := ctx.Log.String()
	for _, part := range []string{"level=ERROR", "function=fail.panic", "panic=boom", "bind_test.go"} {
		if !strings.Contains(log, part) {
			t.Errorf("no %s in %s", part, log)
		}
	}
}

// TestKill shows that a function's context ends with its process, and that its
// process does not catch that.
func TestKill(t *testing.T) {
	ctx := luatest.NewContext()
	ctx.Killed = true
	ended := make(chan struct{})
	m := luamod.Bind("wait", func(ctx context.Context) error {
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	})
	result := luatest.Script(t, ctx, "test.lua", `pcall(require("wait")) return "survived"`, m)
	<-ended
	if result.Err == nil || result.Err.Kind != mailbox.Killed {
		t.Errorf("got %v, %v", result.Values, result.Err)
	}
}

func TestBindPanics(t *testing.T) {
	for want, bind := range map[string]func(){
		"luamod: x is bound to nil":                                      func() { luamod.Bind("x", nil) },
		"luamod: x: a parameter of type func() cannot be given by Lua":   func() { luamod.Bind("x", func(func()) {}) },
		"luamod: x.f: a parameter of type chan int cannot be":            func() { luamod.Bind("x", map[string]any{"f": func(chan int) {}}) },
		"luamod: x: a parameter of type *lua.LState cannot be":           func() { luamod.Bind("x", func(*glua.LState, int) {}) },
		"luamod: x: a parameter of type lua.LValue cannot be":            func() { luamod.Bind("x", func(glua.LValue) {}) },
		"luamod: x: a parameter of type context.Context cannot be given": func() { luamod.Bind("x", func(int, context.Context) {}) },
		`luamod: Quick names "sin", and x has no such function`:          func() { luamod.Bind("x", map[string]any{"cos": math.Cos}, luamod.Quick("sin")) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}()
			bind()
		}()
	}
}

func TestStub(t *testing.T) {
	m := luamod.Bind("my.geo", map[string]any{
		"distance": func(from, to Point, _ ...string) (float64, error) { return 0, nil },
		"save":     func(context.Context, map[string][]byte, *int) error { return nil },
		"Earth":    6371.0,
		"sub":      map[string]any{"now": time.Now},
	})
	const want = `---@meta my.geo

---@class my_geo
local my_geo = {}

---@type number
my_geo.Earth = nil

---@param arg1 table
---@param arg2 table
---@param ... string
---@return number?
---@return error? err
function my_geo.distance(arg1, arg2, ...) end

---@param arg1 table<string, string>
---@param arg2? integer
---@return nil
---@return error? err
function my_geo.save(arg1, arg2) end

my_geo.sub = {}

---@return time.Time
function my_geo.sub.now() end

return my_geo
`
	if m.Stub != want {
		t.Errorf("got\n%s", m.Stub)
	}
	if m := luamod.Bind("x", 1, luamod.Stub("own")); m.Stub != "own" {
		t.Errorf("got %q", m.Stub)
	}
}
