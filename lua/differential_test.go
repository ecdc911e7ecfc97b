package lua

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"wippy/runtime/process"
)

// The handlers of instructions.go take the place of gopher-lua's own, and must
// do what these do. So random scripts run twice in processes that differ in
// nothing else: what each statement left, or failed with, must be the same.

// TestInstructionsDifferential compares many small scripts.
func TestInstructionsDifferential(t *testing.T) {
	for seed := range uint64(40) {
		compareHandlers(t, randomScript(rand.New(rand.NewPCG(seed, 0))))
	}
}

// FuzzInstructions is TestInstructionsDifferential with scripts that bytes choose.
func FuzzInstructions(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		compareHandlers(t, randomScript(rand.New(rand.NewPCG(a, b))))
	})
}

func compareHandlers(t *testing.T, source string) {
	t.Helper()
	got, want := traceOf(t, source), ""
	func() {
		ours := jumpTable
		jumpTable = originals
		defer func() { jumpTable = ours }()
		want = traceOf(t, source)
	}()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("with the handlers of this package: %s\nwith gopher-lua's own: %s\nin\n%s", g[i], w[i], source)
		}
	}
	t.Fatalf("%d lines, and %d with gopher-lua's own handlers, in\n%s", len(g), len(w), source)
}

// traceOf gives what a script's statements left, a line each.
func traceOf(t *testing.T, source string) string {
	t.Helper()
	ctx := newFake()
	result, _ := startProgram(t, ctx, compiledScript(t, source)).Step(ctx)
	if result.Err != nil || len(result.Values) != 1 {
		t.Fatalf("%v in\n%s", result.Err, source)
	}
	return result.Values[0].Str()
}

// scriptHead has what random statements use: variables of each sort, and a way to
// show them. Errors are cut where texts of any length are quoted, and those of
// arithmetic told apart no further: long texts are refused there.
const scriptHead = `
local lines = {}
local function show(v, depth)
  if type(v) == "table" then
    if depth > 2 then return "{...}" end
    local parts = {}
    for k, x in next, v do
      parts[#parts + 1] = show(k, depth + 1) .. "=" .. show(x, depth + 1)
    end
    table.sort(parts)
    return "{" .. table.concat(parts, ",") .. ";" .. #v .. "}"
  elseif type(v) == "string" then
    return #v > 40 and "long" .. #v .. v:sub(1, 5) .. v:sub(-5) or string.format("%q", v)
  elseif type(v) == "function" or type(v) == "thread" then
    return type(v)
  end
  return tostring(v)
end
local function note(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = show((select(i, ...)), 0) end
  lines[#lines + 1] = table.concat(parts, " ")
end
local function try(f)
  local ok, err = pcall(f)
  if not ok then
    err = tostring(err):gsub(" with key .*", ""):sub(1, 90)
    if err:find("cannot perform") or err:find("arithmetic") or err:find("__unm undefined") then err = "arithmetic" end
    lines[#lines + 1] = "failed: " .. err
  end
end
local calls = 0
local function called(...) calls = calls + 1 return ... end
local meta = {
  __index = function(t, k) return called(type(k)) end,
  __newindex = function(t, k, v) called() rawset(t, k, v) end,
  __eq = function(a, b) return called(#a == #b) end,
  __lt = function(a, b) return called(#a > 3) end,
  __le = function(a, b) return called(true) end,
  __concat = function(a, b) return called("joined") end,
  __len = function() return called(7) end,
  __call = function(self, ...) return called(...) end,
  __add = function(a, b) return called(41) end,
  __unm = function(a) return called(-41) end,
}
local proxied = {}
local proxy = { __index = proxied, __newindex = proxied }
local lost = { __newindex = function() called() end }
local a, b, c, d, e, f = 1, "two", {3, x = 4}, setmetatable({}, meta), nil, setmetatable({}, proxy)
local g, h = setmetatable({1, 2, nil, 4}, lost), 0
local long, longer = string.rep("l", 5000), string.rep("xyz", 7000)
`

// scripter writes random statements.
type scripter struct {
	strings.Builder
	*rand.Rand
	depth int
}

func randomScript(r *rand.Rand) string {
	s := &scripter{Rand: r}
	s.WriteString(scriptHead)
	for range 20 {
		s.WriteString("try(function()\n")
		for range 1 + s.IntN(3) {
			s.statement()
		}
		s.WriteString("end) note(a, b, c, d, e, f, g, h, G, calls, proxied)\n")
	}
	s.WriteString("return table.concat(lines, \"\\n\")\n")
	return s.String()
}

func (s *scripter) pick(choices ...string) string { return choices[s.IntN(len(choices))] }

func (s *scripter) variable() string { return s.pick("a", "b", "c", "d", "e", "f", "g", "h", "G") }

// key is an index: mostly one that a table may have.
func (s *scripter) key() string {
	return s.pick("1", "2", "3", "#c + 1", "33", "70", "0", "-1", "1.5", "2^31", "'x'", "'y'", "'1'", "true", "1/0", "0/0", "nil", "long", "h", s.variable())
}

func (s *scripter) place() string {
	switch s.IntN(4) {
	case 0:
		return s.variable()
	case 1:
		return s.variable() + s.pick(".x", ".y", ".new"+fmt.Sprint(s.IntN(9)))
	}
	return s.variable() + "[" + s.key() + "]"
}

func (s *scripter) expression() string {
	s.depth++
	defer func() { s.depth-- }()
	if s.depth > 4 {
		return s.place()
	}
	switch s.IntN(16) {
	case 0, 1:
		return s.place()
	case 2:
		return s.pick("nil", "true", "false", "0", "-0", "7", "1e300", "0/0", "1/0", "2^53", "''", "'a'", "'10'", "' 0x10 '", "long")
	case 3, 4:
		return "(" + s.expression() + s.pick(" + ", " - ", " * ", " / ", " % ", " ^ ") + s.expression() + ")"
	case 5, 6:
		return "(" + s.expression() + s.pick("==", "~=", "<", "<=", ">", ">=") + s.expression() + ")"
	case 7:
		parts := []string{s.expression()}
		for range 1 + s.IntN(4) {
			parts = append(parts, s.expression())
		}
		return "(" + strings.Join(parts, " .. ") + ")"
	case 8:
		return "(" + s.pick("longer .. ", "long .. ", "1 .. ") + s.pick("longer", "long", "2", "''") + ")"
	case 9:
		return s.pick(" - ", "#", "not ") + "(" + s.expression() + ")"
	case 10:
		return "(" + s.expression() + s.pick(" and ", " or ") + s.expression() + ")"
	case 11:
		return s.table()
	case 12:
		return "(function(...) local p, q = ... return q, p, select('#', ...) end)(" + s.expression() + ", " + s.expression() + ")"
	case 13:
		return "(function(...) return #{...} end)(" + s.pick("", "1", "1, 2, 3", "unpack({1, 2, 3, 4, 5}, 1, 60)") + ")"
	case 14:
		return "coroutine.wrap(function() coroutine.yield(" + s.expression() + ") end)()"
	}
	return "(" + s.pick("long", "longer", "long .. 'a'", "longer .. 'a'") + s.pick("==", "<", "<=") + s.pick("long", "longer", "long .. 'b'", "longer .. 'b'", "'a'") + ")"
}

func (s *scripter) table() string {
	var parts []string
	for range s.IntN(5) {
		switch s.IntN(4) {
		case 0:
			parts = append(parts, "x = "+s.expression())
		case 1:
			parts = append(parts, "["+s.key()+"] = "+s.expression())
		default:
			parts = append(parts, s.expression())
		}
	}
	switch s.IntN(6) {
	case 0:
		parts = append(parts, "unpack({1, nil, 3}, 1, "+s.pick("3", "70", "5000")+")")
	case 1:
		parts = append(parts, strings.Repeat("1, ", 60)+"2")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (s *scripter) statement() {
	s.depth++
	defer func() { s.depth-- }()
	switch s.IntN(12) {
	case 0, 1, 2, 3:
		fmt.Fprintf(s, "%s = %s\n", s.place(), s.expression())
	case 4:
		fmt.Fprintf(s, "%s, %s = %s, %s\n", s.place(), s.place(), s.expression(), s.expression())
	case 5:
		fmt.Fprintf(s, "note(%s)\n", s.expression())
	case 6:
		fmt.Fprintf(s, "if %s then h = h + 1 else h = h - 1 end\n", s.expression())
	case 7:
		fmt.Fprintf(s, "do local t = {} for i = 1, %s do t[i] = i %s = t[i - 1] end note(#t) end\n", s.pick("3", "40", "300"), s.place())
	case 8:
		fmt.Fprintf(s, "do local fs = {} for i = 1, 3 do local j = i fs[i] = function() j = j + 1 return j end end note(fs[1](), fs[1](), fs[%s]()) end\n", s.pick("2", "3", "4"))
	case 9:
		fmt.Fprintf(s, "a, b, c, d = 1, 'two', {3, x = 4}, setmetatable({}, %s)\n", s.pick("meta", "proxy", "lost"))
	case 10:
		fmt.Fprintf(s, "c[%s] = %s note(#c)\n", s.pick("#c", "#c + 1", "#c + 5", "40", "6000"), s.pick("nil", "1", "'x'"))
	case 11:
		fmt.Fprintf(s, "for k, v in pairs(%s) do %s = v break end\n", s.variable(), s.variable())
	}
}

func compiledScript(t *testing.T, source string) process.Program {
	t.Helper()
	program, err := newTestEngine(t, Options{}).CompileScript("random.lua", []byte(source), nil, true)
	if err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	return program
}
