package lua

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	embedded "wippy/lua/library"
	"wippy/mailbox"
	"wippy/runtime/process"
)

// structures are what scripts hold, in every shape that gopher-lua gives it.
var structures = map[string]string{
	"nothing":        ``,
	"numbers":        `t = {} for i = 1, 1e5 do t[i] = i + 0.5 end`,
	"scattered":      `t = {} for i = 1, 5e5 do local x = i + 0.5 if i % 32 == 0 then t[#t + 1] = x end end`,
	"small numbers":  `t = {} for i = 1, 1e5 do t[i] = i % 100 end`,
	"constants":      `t = {} for i = 1, 1e5 do t[i] = "a constant" end`,
	"strings":        `t = {} for i = 1, 1e5 do t[i] = "text " .. i end`,
	"long strings":   `t = {} for i = 1, 100 do t[i] = ("x"):rep(1e5) .. i end`,
	"shared string":  `t = {} local s = ("x"):rep(1e7) for i = 1, 100 do t[i] = s end`,
	"parts":          `t = {} local s = ("x"):rep(1e6) for i = 1, 1e4 do t[i] = s:sub(i, i + 99) end`,
	"captures":       `t = {} for i = 1, 200 do t[i] = ((("x"):rep(1e5) .. i):match("%d+")) end`,
	"gsub":           `t = {} for i = 1, 100 do t[i] = ((("x"):rep(1e4)):gsub("x", "", 9990)) end`,
	"tables":         `t = {} for i = 1, 3e4 do t[i] = {} end`,
	"lists":          `t = {} for i = 1, 2e4 do t[i] = {i, i, i} end`,
	"records":        `t = {} for i = 1, 1e4 do t[i] = {name = "n" .. i, age = i} end`,
	"wide records":   `t = {} for i = 1, 5e3 do t[i] = {a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10,k=11} end`,
	"fields":         `t = {} for i = 1, 5e3 do local r = {} r.x = 1 t[i] = r end`,
	"map":            `t = {} for i = 1, 3e4 do t["key" .. i] = i end`,
	"map of numbers": `t = {} for i = 1, 3e4 do t[i + 0.5] = true end`,
	"forgotten keys": `t = {} for i = 1, 3e4 do t["key" .. i] = i t["key" .. i] = nil end`,
	"linked list":    `for i = 1, 1e4 do t = {next = t} end`,
	"deep list":      `for i = 1, 5e4 do t = {t} end`,
	"closures":       `t = {} for i = 1, 3e4 do t[i] = function() return i end end`,
	"arg":            `t = {} local function f(...) t[#t + 1] = arg end for i = 1, 5e3 do f(i, i) end`,
	"coroutines":     `t = {} for i = 1, 500 do t[i] = coroutine.create(function() end) end`,
	"waiting":        `t = {} for i = 1, 500 do t[i] = coroutine.wrap(function(...) local s = "x" .. i coroutine.yield() end) t[i](i, i) end`,
	"large stacks":   `t = {} local a = {} for i = 1, 5e4 do a[i] = 1 end for i = 1, 10 do t[i] = coroutine.wrap(function(...) coroutine.yield() end) t[i](unpack(a)) end`,
	"iterators":      `t = {} for i = 1, 100 do t[i] = (("x"):rep(1e5) .. i):gmatch("x") end`,
	"patterns":       `t = {} for i = 1, 20 do t[i] = ("x"):gmatch(("a?"):rep(1e4)) end`,
	"loaded code":    `t = {} for i = 1, 200 do t[i] = load("local a, b = ... local function f(x) return x + " .. i .. " end return f(a) + f(b)") end`,
	"metatables":     `t = {} for i = 1, 1e4 do t[i] = setmetatable({}, {__index = {}}) end`,
	"error messages": `t = {} for i = 1, 100 do local _, e = pcall(error, ("x"):rep(1e5) .. i) t[i] = e end`,
	"large integers": `t = {} for i = 1, 3e4 do t[i] = int64(i) + int64("9007199254740993") end`,
	"sparse":         `t = {} t[4e6] = 1`,
	"inserted":       `t = {} for i = 1, 1e5 do table.insert(t, 1 == 1) end`,
	"modules":        `inspect = require("inspect") t = {string.len, table.concat, math.sin, os.time, coroutine.wrap, io.write}`,
}

func structureProgram(t *testing.T, source string) process.Program {
	t.Helper()
	p, err := newTestEngine(t, Options{Library: embedded.FS}).CompileScript("test.lua", []byte(source), nil, true)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// small tells of structures that a state soon has no more, or never had, how many
// states it takes to measure them.
var small = map[string]int{"nothing": 100, "modules": 100, "captures": 10, "gsub": 10}

// TestMemoryModel compares what a walk counts with what the heap says.
func TestMemoryModel(t *testing.T) {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for name, source := range structures {
		t.Run(name, func(t *testing.T) {
			program := structureProgram(t, source)
			states := max(1, small[name]) // what else is on the heap comes and goes
			before := heap()
			kept := make([]process.Process, states)
			var counted, estimate int64
			for i := range kept {
				ctx := newFake()
				kept[i] = startProgram(t, ctx, program)
				if result, _ := kept[i].Step(ctx); result.Err != nil {
					t.Fatal(result.Err)
				}
				in := kept[i].(*instance)
				estimate += int64(in.Memory())
				counted += in.state.walk()
			}
			real := heap() - before
			runtime.KeepAlive(kept)
			ratio := float64(counted) / float64(real)
			t.Logf("%-16s walk %9d heap %9d: %.2f   estimate %.2f", name, counted, real, ratio, float64(estimate)/float64(real))
			if ratio < 0.8 || ratio > 1.5 {
				t.Errorf("a walk counts %d bytes where the heap has %d", counted, real)
			}
			if estimate < real*8/10 && name != "modules" {
				t.Errorf("%d bytes were accounted for, and %d are held", estimate, real)
			}
		})
	}
}

// TestMaxMemory ends processes that would hold more than they may, whatever
// they catch.
func TestMaxMemory(t *testing.T) {
	const limit = 4 << 20
	for name, source := range map[string]string{
		"array":            `local t = {} while true do t[#t + 1] = true end`,
		"numbers":          `local t, n = {}, 0.5 while true do n = n + 1 t[#t + 1] = n end`,
		"insert":           `local t = {} while true do table.insert(t, true) end`,
		"insert first":     `local t = {} local s = ("x"):rep(1000) while true do table.insert(t, 1, s .. #t) end`,
		"rawset":           `local t, i = {}, 0 while true do i = i + 1 rawset(t, i, i) end`,
		"fields":           `local t, i = {}, 0 while true do i = i + 1 t["k" .. i] = true end`,
		"other keys":       `local t, i = {}, 0.5 while true do i = i + 1 t[i] = true end`,
		"forgotten keys":   `local t, i = {}, 0 while true do i = i + 1 t["k" .. i] = true t["k" .. i] = nil end`,
		"forgotten tables": `local t = {} while true do local k = {} t[k] = true t[k] = nil end`,
		"globals":          `local i = 0 while true do i = i + 1 _G["k" .. i] = true end`,
		"linked list":      `local t while true do t = {t} end`,
		"doubling":         `local s = "x" while true do s = s .. s end`,
		"doubling caught":  `local s = "x" while true do pcall(function() s = s .. s end) end`,
		"appending":        `local s = ("x"):rep(1000) local t = {} while true do t[#t + 1] = s .. #t end`,
		"rep":              `local s = ("x"):rep(1e8)`,
		"rep in pcall":     `while true do pcall(string.rep, "x", 1e8) end`,
		"concat":           `local s = ("x"):rep(1e6) local t = {} for i = 1, 100 do t[i] = s end return table.concat(t)`,
		"format":           `local s = ("x"):rep(1e6) return ("%s%s%s%s%s%s"):format(s, s, s, s, s, s)`,
		"quoted":           `return ("%q"):format(("\n"):rep(3e6))`,
		"gsub":             `return (("x"):rep(1e4):gsub("x", ("y"):rep(1e4)))`,
		"gsub nested":      `local s = ("x"):rep(1e6) local function f(n) return (s:gsub("x", function() if n > 0 then f(n - 1) end end, 1)) end f(50)`,
		"gsub in pcall":    `while true do pcall(string.gsub, ("x"):rep(1e4), "x", ("y"):rep(1e4)) end`,
		"upper":            `local t, s = {}, ("x"):rep(1e5) while true do t[#t + 1] = s:upper() end`,
		"reverse":          `local t, s = {}, ("x"):rep(1e5) while true do t[#t + 1] = s:reverse() end`,
		"sub":              `local t, s = {}, ("x"):rep(1e5) while true do t[#t + 1] = s:sub(2) end`,
		"match":            `local t, s = {}, ("x"):rep(1e5) while true do t[#t + 1] = s:match("x(x*)") end`,
		"gmatch":           `local t, i = {}, 0 while true do i = i + 1 t[i] = (("x"):rep(1e5) .. i):gmatch(".") end`,
		"char":             `local t = {} while true do t[#t + 1] = string.char(("x"):rep(1000):byte(1, 1000)) end`,
		"sparse":           `local t = {} t[4000000] = 1`,
		"vararg":           `local t = {} local function f(...) t[#t + 1] = {...} return f(1, ...) end f()`,
		"arg":              `local t = {} local function f(...) t[#t + 1] = arg end while true do f() end`,
		"unpack":           `local a, t = {}, {} for i = 1, 1000 do a[i] = i end while true do t[#t + 1] = {unpack(a)} end`,
		"closures":         `local t = {} while true do local x t[#t + 1] = function() return x end end`,
		"coroutines":       `local t = {} while true do t[#t + 1] = coroutine.create(function() end) end`,
		"wrapped":          `local t = {} while true do t[#t + 1] = coroutine.wrap(print) end`,
		"stacks":           `local a, t = {}, {} for i = 1, 5e4 do a[i] = 1 end while true do local w = coroutine.wrap(function(...) coroutine.yield() end) w(unpack(a)) t[#t + 1] = w end`,
		"in a coroutine":   `coroutine.wrap(function() local t = {} while true do t[#t + 1] = {} end end)()`,
		"errors":           `local t, s = {}, ("x"):rep(1e5) while true do local _, e = pcall(function() error(s) end) t[#t + 1] = e end`,
		"error chain":      `local function f(e) local _, x = pcall(error, {e, ("x"):rep(1e5) .. "y"}) return f(x) end f()`,
		"index errors":     `local t, s = {}, ("x"):rep(1e5) while true do local _, e = pcall(function() return (nil)[s] end) t[#t + 1] = e end`,
		"handler":          `local t = {} while true do xpcall(error, function() t[#t + 1] = ("x"):rep(1e4) .. #t end) end`,
		"tostring":         `local t = {} local o = setmetatable({}, {__tostring = function() t[#t + 1] = ("x"):rep(1e4) .. #t return "" end}) while true do tostring(o) end`,
		"metamethod":       `local t = setmetatable({}, {__concat = function(a, b) return ("x"):rep(1e6) end}) local s = {} while true do s[#s + 1] = t .. "x" end`,
		"load":             `local t, i = {}, 0 while true do i = i + 1 t[i] = load("return " .. i) end`,
		"load pieces":      `local n = 0 local function f() n = n + 1 if n % 10 == 0 then load(f) end return ("x"):rep(1e5) end load(f)`,
		"integers":         `local t, n = {}, int64("9007199254740993") while true do n = n + 1 t[#t + 1] = n end`,
		"sort":             `local t = {} for i = 1, 1.2e5 do t[i] = i % 100 end local function f() table.sort(t, function(a, b) f() return a < b end) end f()`,
		"patterns":         `local t = {} while true do t[#t + 1] = ("x"):gmatch(("a?"):rep(1e3)) end`,
		"messages":         `local t = {} while true do t[#t + 1] = require("test").roundtrip({{}, {}, a = "x"}) end`,
	} {
		t.Run(name, func(t *testing.T) {
			ctx := newFake()
			ctx.limits.MaxMemory = limit
			p := start(t, ctx, source)
			result, _ := p.Step(ctx)
			if result.Err == nil || result.Err.Kind != mailbox.LimitHit || !strings.HasPrefix(result.Err.Message, "max_memory: ") {
				t.Fatalf("got %v, want max_memory", result.Err)
			}
			if peak := p.(*instance).Peak(); peak > limit*4/3 {
				t.Errorf("%s: a peak of %d", result.Err.Message, peak)
			}
		})
	}
}

// TestSparseElsewhere sets an element that a table does not keep itself: no
// room is made for it.
func TestSparseElsewhere(t *testing.T) {
	ctx := newFake()
	ctx.limits.MaxMemory = 4 << 20
	p := start(t, ctx, `local t = setmetatable({}, {__newindex = function() end}) t[4000000] = 1 return #t`)
	if result, _ := p.Step(ctx); result.Err != nil || result.Values[0].Float() != 0 {
		t.Errorf("%v %v", result.Values, result.Err)
	}
}

// TestMaxMemoryHeap shows on the heap that a limit is one.
func TestMaxMemoryHeap(t *testing.T) {
	const limit = 8 << 20
	for _, source := range []string{
		`local t = {} while true do t[#t + 1] = {} end`,
		`local t = {} while true do t[#t + 1] = {x = 1} end`,
		`local s = "x" while true do s = s .. s end`,
		`local t, i = {}, 0 while true do i = i + 1 t["k" .. i] = true t["k" .. i] = nil end`,
		`local t, i = {}, 0 while true do i = i + 1 t[i] = ("x"):rep(1e4) .. i t[i] = t[i]:sub(2, 3) end`,
	} {
		ctx := newFake()
		ctx.limits.MaxMemory = limit
		p := start(t, ctx, source)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		if strings.Contains(source, "2, 3") {
			ctx.killAt = 3e5
			unwinds(p, ctx)
		} else if result, _ := p.Step(ctx); result.Err == nil || result.Err.Kind != mailbox.LimitHit {
			t.Errorf("%s: %v", source, result.Err)
		}
		runtime.GC() // the state is still there
		runtime.ReadMemStats(&after)
		if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > limit*3/2 {
			t.Errorf("%s: %d bytes are held", source, held)
		}
	}
}

// TestMaxMemoryGarbage shows that what is not kept does not count.
func TestMaxMemoryGarbage(t *testing.T) {
	for _, source := range []string{
		`for i = 1, 2e4 do local t = {i, i} t.x = 1 end`,
		`for i = 1, 2e3 do local s = ("x"):rep(1e4) .. i end`,
		`local t = {} for i = 1, 2e4 do t[i % 100 + 1] = {i} end`,
		`for i = 1, 2e3 do local co = coroutine.wrap(function() coroutine.yield(i) end) co() end`,
		`for i = 1, 2e3 do pcall(error, ("x"):rep(1e3) .. i) end`,
		`for i = 1, 100 do pcall(string.gsub, ("x"):rep(1e4), "x", function(c) if math.random() < 0.001 then error("x") end return c end) end`,
		`local s = ("x"):rep(1e5) for i = 1, 2e2 do s = s:sub(2) .. "x" end`,
		`for i = 1, 2e5 do local x = i + 0.5 end`,
		`for i = 1, 100 do load("return " .. i)() end`,
		`for i = 1, 20 do local t = {} for j = 1, 1000 do table.insert(t, 1, j) end table.sort(t) end`,
		`local function f(...) return arg.n end for i = 1, 2e3 do f(i) end`,
	} {
		ctx := newFake()
		ctx.limits.MaxMemory = 512 << 10
		result, _ := start(t, ctx, source).Step(ctx)
		if result.Err != nil {
			t.Errorf("%s: %v", source, result.Err)
		}
	}
}

// TestMemoryMessages are what a process that reached its limit ends with.
func TestMemoryMessages(t *testing.T) {
	for source, want := range map[string]string{
		`local s = ("x"):rep(2e6)`:                                                  "max_memory: the process asked for 2000000 bytes at once, of 1000000",
		`local a = ("x"):rep(6e5) local b = ("y"):rep(6e5)`:                         " and asked for 600000 more, of 1000000",
		"local t = {}\nlocal function f() t[#t + 1] = {} end while true do f() end": " of 1000000 bytes",
	} {
		ctx := newFake()
		ctx.limits.MaxMemory = 1000000
		result, _ := start(t, ctx, source).Step(ctx)
		wantText(t, result.Err, want)
		if result.Err != nil && len(result.Err.Trace) == 0 {
			t.Errorf("%s: no trace", source)
		}
	}
	_, err := compiled(t, ``).New(nil, process.Limits{MaxMemory: 1000})
	wantText(t, mailbox.AsError(err), fmt.Sprintf("max_memory: a Lua process takes %d bytes before it has done anything, of 1000", leastMemory))
}

// TestMemoryWhileWalking makes sure that a walk of much shares the worker.
func TestMemoryWhileWalking(t *testing.T) {
	ctx := newFake()
	p := start(t, ctx, `t = {} for i = 1, 1e5 do t[i] = {i} end`)
	p.Step(ctx)
	fuel, yields := ctx.fuel, ctx.yields
	p.(*instance).state.walk()
	p.(*instance).state.checkpoint()
	if ctx.fuel < fuel+2e4 || ctx.yields == yields {
		t.Errorf("a walk took %d fuel and %d turns", ctx.fuel-fuel, ctx.yields-yields)
	}
}

// TestMapsAreKnown fails when Go's maps are no longer laid out as goMap says: the
// model then is rougher.
func TestMapsAreKnown(t *testing.T) {
	if !mapsAreKnown {
		t.Error("goMap does not fit this version of Go")
	}
}

// TestArgTable shows that the table arg of Lua 5.0 is there where it is used.
func TestArgTable(t *testing.T) {
	r := run(t, `
local function f(a, ...)
  local n = arg.n
  for i = 1, n do a = a + arg[i] end
  if a > 5 then goto out end
  do local x = function() return arg[1] end n = n + x() end
  ::out::
  return a, n
end
local a, n = f(1, 2, 3, 4)
local b, m = f(1, 2)
return a, n, b, m`)
	if r.Err != nil || r.Values[0].Float() != 10 || r.Values[1].Float() != 3 || r.Values[2].Float() != 3 || r.Values[3].Float() != 3 {
		t.Errorf("%v %v", r.Values, r.Err)
	}
	e := run(t, "local function f(...)\n  local x = arg\n  g()\nend\nf()").Err
	wantText(t, e, "test.lua:3: attempt to call a non-function")
	if len(e.Trace) != 2 || e.Trace[0] != "test.lua:3: in function 'f'" {
		t.Errorf("%q", e.Trace)
	}
}

func BenchmarkWalk(b *testing.B) {
	ctx := newFake()
	p := start(b, ctx, `t = {} for i = 1, 1e5 do t[i] = {x = i, y = "text" .. i} end`)
	p.Step(ctx)
	ctx.deadline = ctx.deadline.Add(1 << 40)
	s := p.(*instance).state
	for b.Loop() {
		s.walk()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(s.walk())*1000, "ns/KB")
}
