package luatest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/mailbox"
	"wippy/runtime/process"
)

// Run runs testdata/*.lua of the test's package, with these modules. Lines
// "---" divide a file into chunks, each a process of its own, a subtest named
// by its first line. A chunk must end without an error, unless one of its lines
// has a comment "--- expect: REGEXP": then it must fail on that line, with an
// error that REGEXP matches. Where it has comments "--- log: LINE", the log must
// consist of these lines. setup, unless nil, changes a chunk's context.
//
// Beside the modules there is test: test.eq(got, want) compares deeply,
// test.receive(seconds) takes a message.
func Run(t *testing.T, setup func(*Context), modules ...lua.Module) {
	files, _ := filepath.Glob("testdata/*.lua")
	if len(files) == 0 {
		t.Fatal("there are no files testdata/*.lua")
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		line := 0
		for chunk := range strings.SplitSeq(string(source), "\n---\n") {
			title, _, _ := strings.Cut(chunk, "\n")
			t.Run(name+"/"+strings.TrimPrefix(title, "-- "), func(t *testing.T) {
				ctx := NewContext()
				if setup != nil {
					setup(ctx)
				}
				// Empty lines keep the file's line numbers.
				result := Script(t, ctx, name, strings.Repeat("\n", line)+chunk, modules...)
				judge(t, ctx, name, line, chunk, result.Err)
				compareLog(t, ctx, chunk)
			})
			line += strings.Count(chunk, "\n") + 2
		}
	}
}

var expectation = regexp.MustCompile(`--- expect: (.*)`)

// judge compares a chunk's error with the one that its comment expects.
func judge(t *testing.T, ctx *Context, name string, first int, chunk string, err *mailbox.Error) {
	t.Helper()
	for i, text := range strings.Split(chunk, "\n") {
		m := expectation.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		place := fmt.Sprintf("%s:%d:", name, first+i+1)
		if err == nil {
			t.Fatalf("%s expected an error that matches %s", place, m[1])
		}
		// An error value has no place in its text.
		if err.Value.IsNil() && !strings.Contains(err.Message, place) {
			t.Errorf("%s expected the error here, got %s", place, err.Message)
		}
		if !regexp.MustCompile(m[1]).MatchString(err.Message) {
			t.Errorf("%s expected %s, got %s", place, m[1], err.Message)
		}
		return
	}
	if err != nil {
		t.Errorf("%s\n%s\n%s", err.Message, strings.Join(err.Trace, "\n"), &ctx.Log)
	}
}

func compareLog(t *testing.T, ctx *Context, chunk string) {
	t.Helper()
	want := ""
	for line := range strings.SplitSeq(chunk, "\n") {
		if text, ok := strings.CutPrefix(line, "--- log: "); ok {
			want += text + "\n"
		}
	}
	if got := ctx.Log.String(); want != "" && got != want {
		t.Errorf("the log is\n%sexpected\n%s", got, want)
	}
}

// Script runs a Lua script as the process of ctx and gives how it ended; a
// process that was unwound ended by an error of kind Killed.
func Script(t testing.TB, ctx *Context, name, source string, modules ...lua.Module) (result process.Result) {
	t.Helper()
	engine, err := lua.NewEngine(lua.Options{Modules: append([]lua.Module{testModule}, modules...)})
	if err != nil {
		t.Fatal(err)
	}
	program, err := engine.CompileScript(name, []byte(source), nil, true)
	if err != nil {
		t.Fatal(err)
	}
	p, err := program.New(nil, ctx.Limit)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	defer func() {
		if r := recover(); r != nil {
			if !process.Unwinding(r) {
				panic(r)
			}
			result = process.Fail(mailbox.Errorf(mailbox.Killed, "unwound"))
		}
	}()
	if err := p.Init(ctx); err != nil {
		t.Fatal(err)
	}
	result, _ = p.Step(ctx)
	return result
}

// testModule is the global test.
var testModule = lua.Module{
	Name:   "test",
	Always: true,
	Open: func(s *lua.State) glua.LValue {
		return s.Main().SetFuncs(s.Main().NewTable(), map[string]glua.LGFunction{
			"eq": func(L *glua.LState) int {
				if got, want := Show(L, L.Get(1)), Show(L, L.Get(2)); got != want {
					L.RaiseError("got %s, want %s", got, want)
				}
				return 0
			},
			"receive": func(L *glua.LState) int {
				seconds := float64(L.CheckNumber(1))
				e := lua.From(L).Context().Receive(nil, time.Duration(seconds*float64(time.Second)))
				if e == nil {
					return 0
				}
				L.Push(glua.LString(e.Topic))
				for _, v := range e.Values {
					L.Push(lua.FromValue(L, v))
				}
				return 1 + len(e.Values)
			},
		})
	},
}

// Show writes a Lua value with all that is in it, in order.
func Show(L *glua.LState, lv glua.LValue) string {
	switch lv := lv.(type) {
	case glua.LString:
		return fmt.Sprintf("%q", string(lv))
	case *glua.LUserData:
		if v, err := lua.ToValue(L, lv); err == nil {
			return v.Kind().String() + " " + v.String()
		}
		return L.ToStringMeta(lv).String()
	case *glua.LTable:
		var list, fields []string
		for i := 1; i <= lv.Len(); i++ {
			list = append(list, Show(L, lv.RawGetInt(i)))
		}
		lv.ForEach(func(k, v glua.LValue) {
			if i, ok := k.(glua.LNumber); !ok || int(i) > len(list) || i < 1 {
				fields = append(fields, Show(L, k)+"="+Show(L, v))
			}
		})
		slices.Sort(fields)
		return "{" + strings.Join(append(list, fields...), ", ") + "}"
	}
	return lv.String()
}
