package lua

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// endless are scripts that never end and never wait, and resist being ended.
var endless = map[string]string{
	"main chunk":      `while true do end`,
	"for":             `for i = 1, math.huge do end`,
	"repeat":          `repeat until false`,
	"goto":            `::a:: goto a`,
	"recursion":       `local function f() return f() end f()`,
	"coroutine":       `coroutine.wrap(function() while true do end end)()`,
	"coroutine deep":  `local function f(n) coroutine.wrap(function() if n == 0 then while true do end end f(n - 1) end)() end f(50)`,
	"resume":          `while true do coroutine.resume(coroutine.create(function() while true do end end)) end`,
	"yield":           `local w = coroutine.wrap(function() while true do coroutine.yield() end end) while true do w() end`,
	"pcall":           `while true do pcall(function() while true do end end) end`,
	"pcall recursion": `local function f() pcall(f) f() end f()`,
	"xpcall":          `local function f() while true do end end while true do xpcall(f, f) end`,
	"xpcall handler":  `xpcall(error, function() while true do end end)`,
	"handler loops":   `local function h() while true do xpcall(error, h) end end h()`,
	"pcall errors":    `while true do pcall(error) end`,
	"metamethod":      `local t = setmetatable({}, {__index = function() while true do end end}) local x = t.x`,
	"metamethods":     `local t = setmetatable({}, {__add = function(a) return a end}) while true do t = t + t end`,
	"comparator":      `table.sort({1, 2, 3}, function() while true do end end)`,
	"sort":            `while true do table.sort({3, 2, 1}, function(a, b) return a < b end) end`,
	"gsub callback":   `string.gsub("abc", ".", function() while true do end end)`,
	"iterator":        `for x in function() return 1 end do end`,
	"tostring":        `tostring(setmetatable({}, {__tostring = function() while true do end end}))`,
	"error value":     `error(setmetatable({}, {__tostring = function() while true do end end}))`,
	"load":            `load(function() return " " end)()`,
	"print":           `print(setmetatable({}, {__tostring = function() while true do end end}))`,
	"string.rep":      `while true do local x = ("x"):rep(1000) end`,
	"receive":         `while true do pcall(process.receive) end`,
	"all of them": `
		local function f()
			pcall(coroutine.wrap(function()
				xpcall(function() local t = setmetatable({}, {__index = function() while true do end end}) return t.x end, f)
			end))
			f()
		end
		while true do f() end`,
}

// TestKill kills each of them after some fuel, at several points.
func TestKill(t *testing.T) {
	for name, source := range endless {
		t.Run(name, func(t *testing.T) {
			for _, at := range []uint64{1, 5000, 54321} {
				ctx := newFake()
				ctx.killAt = at
				p := start(t, ctx, source)
				if !unwinds(p, ctx) {
					t.Fatal("the process ended by itself")
				}
				if ctx.fuel > at+100*checkEvery {
					t.Errorf("killed at %d, the process went on to %d", at, ctx.fuel)
				}
			}
		})
	}
}

// TestSlices makes sure that a loop shares the worker, in coroutines too.
func TestSlices(t *testing.T) {
	for _, source := range []string{
		`for i = 1, 1e5 do end`,
		`coroutine.wrap(function() for i = 1, 1e5 do end end)()`,
		`pcall(function() for i = 1, 1e5 do end end)`,
	} {
		ctx := newFake()
		start(t, ctx, source).Step(ctx)
		if instructions := uint64(1e5); ctx.fuel < instructions || ctx.yields < 10 {
			t.Errorf("%s: %d fuel, %d slices", source, ctx.fuel, ctx.yields)
		}
	}
}

// TestExit ends processes from within all sorts of calls.
func TestExit(t *testing.T) {
	for _, source := range []string{
		`process.exit(42)`,
		`pcall(process.exit, 42) error("went on")`,
		`xpcall(process.exit, print, 42) error("went on")`,
		`while true do pcall(pcall, process.exit, 42) end`,
		`coroutine.wrap(function() process.exit(42) end)() error("went on")`,
		`coroutine.resume(coroutine.create(process.exit), 42) error("went on")`,
		`local t = setmetatable({}, {__index = function() process.exit(42) end}) pcall(function() return t.x end) while true do end`,
		`table.sort({1, 2}, function() process.exit(42) end)`,
		`error(setmetatable({}, {__tostring = function() process.exit(42) end}))`,
	} {
		result := run(t, source)
		if result.Err != nil || len(result.Values) != 1 || result.Values[0].Float() != 42 {
			t.Errorf("%s: %v %v", source, result.Values, result.Err)
		}
	}
}

// TestMaxOutput ends a process that prints too much, whatever it catches.
func TestMaxOutput(t *testing.T) {
	ctx := newFake()
	ctx.limits = process.Limits{MaxOutput: 100}
	if !unwinds(start(t, ctx, `while true do pcall(print, ("x"):rep(29)) end`), ctx) {
		t.Fatal("it goes on")
	}
	wantText(t, ctx.exceeded, "max_output: the process wrote 120 of 100 bytes")
	if ctx.exceeded.Kind != mailbox.LimitHit {
		t.Error("kind", ctx.exceeded.Kind)
	}
}

// TestPanic makes sure that a fault of an extension is one of its process only.
func TestPanic(t *testing.T) {
	ctx := newFake()
	result, _ := start(t, ctx, `local function f() require("test").panic() end f()`).Step(ctx)
	wantText(t, result.Err, "test.lua:1: a function of the runtime or of an extension panicked: a fault of the module's")
	if result.Err.Kind != mailbox.Internal || len(result.Err.Trace) != 2 {
		t.Errorf("%+v", result.Err)
	}
	for _, line := range result.Err.Trace {
		if !strings.HasPrefix(line, "test.lua:1: in ") {
			t.Errorf("a frame of Go: %s", line)
		}
	}
	if !strings.Contains(ctx.log.String(), "fake_test.go") {
		t.Errorf("the log has no stack: %s", &ctx.log)
	}
}

func TestTrace(t *testing.T) {
	result := run(t, `
local function inner(x) error("bad " .. x) end
function outer(x) inner(x) end
local function tail() return outer("thing") end
local function caller() tail() end
caller()`)
	want := []string{
		"test.lua:2: in function 'inner'",
		"test.lua:3: in function <test.lua:3>",
		"test.lua:5: in function 'caller'",
		"test.lua:6: in main chunk",
	}
	if got := result.Err.Trace; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	wantText(t, result.Err, "test.lua:2: bad thing")
}

// TestResults looks at what processes end with.
func TestResults(t *testing.T) {
	r := run(t, `return 1, "x", {a = 1}, ...`, mailbox.Bool(true))
	if len(r.Values) != 4 || r.Values[1].Str() != "x" || r.Values[2].Table().Get("a").Float() != 1 || !r.Values[3].Bool() {
		t.Errorf("%v", r.Values)
	}
	wantText(t, run(t, `return 1, print`).Err, "test.lua: result 2: a function cannot be sent")
	r = run(t, `return arg[0], arg[1], #arg`, mailbox.String("one"))
	if r.Values[0].Str() != "test.lua" || r.Values[1].Str() != "one" || r.Values[2].Float() != 1 {
		t.Errorf("%v", r.Values)
	}
	e := run(t, `error({code = 5})`).Err
	if e.Kind != mailbox.Failed || e.Value.Table().Get("code").Float() != 5 {
		t.Errorf("%+v", e)
	}
	e = run(t, `error((select(2, require("test").fail())))`).Err
	if e.Kind != mailbox.NotFound || !e.Retryable || e.Value.Err() == nil || len(e.Trace) != 1 {
		t.Errorf("%+v", e)
	}
}

// TestEndingIsShared shows, under the race detector, that processes which end
// at the same moment do not write to the one error that stands for it.
func TestEndingIsShared(t *testing.T) {
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if got := (&State{}).raised(nil, ending); got != ending {
				t.Errorf("got %v", got)
			}
		})
	}
	wg.Wait()
}
