package behaviour_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"wippy/lua"
	"wippy/luamod"
)

// compareStub takes a module's stub, run, and the module. Lines of fields declare
// what is no function.
const compareStub = `
local name, text, real = ...
local stub = assert(loadstring(text, name .. ".lua"))()
local function compare(at, declared, there)
  for key, value in pairs(there) do
    local field = "%-%-%-@field " .. key .. "%?? "
    if declared[key] == nil and not text:find(field) then error(at .. "." .. key .. " has no stub") end
    if type(value) == "function" and type(declared[key]) ~= "function" then error(at .. "." .. key .. " is a function, and none in the stub") end
    if type(value) == "table" then compare(at .. "." .. key, declared[key], value) end
  end
  for key in pairs(declared) do
    if there[key] == nil then error(at .. "." .. key .. " is in the stub and nowhere else") end
  end
end
compare(name, stub, real)
`

// TestStubsAreComplete holds the stub of each module of Go against the module.
func TestStubsAreComplete(t *testing.T) {
	n := start(t, "app")
	stubs, err := n.TypeStubs()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"process", "time", "json", "log", "env", "errors"} {
		text, ok := stubs[name+".lua"]
		if !ok {
			t.Errorf("the module %s has no stub", name)
			continue
		}
		// A stub may declare a global: it runs in a process of its own, after the module was required.
		source := `local real = require("` + name + `")` + "\n" +
			strings.Replace(compareStub, "local name, text, real = ...", "local name, text = ...", 1)
		if name == "process" {
			source = "local _ = process.registry, process.group\n" + source // they are made when they are used
		}
		if e := n.script(name, source, name, text); e.Err != nil {
			t.Error(failure(e))
		}
	}
}

// TestGlobalsAreComplete holds the stub of the globals against those that a
// script has.
func TestGlobalsAreComplete(t *testing.T) {
	n := start(t, "app")
	stubs, err := n.TypeStubs()
	if err != nil {
		t.Fatal(err)
	}
	e := n.script("globals", `
local text, modules = ...
local there = {}
for k, v in pairs(_G) do there[k] = v end
local stub = assert(loadstring(text, "globals.lua"))
local declared = setmetatable({}, {__index = function() return nil end})
setfenv(stub, declared)()
for _, name in ipairs(modules) do there[name] = nil end
local function compare(at, declared, there)
  for key, value in pairs(there) do
    if declared[key] == nil then error(at .. key .. " has no stub") end
    if type(value) ~= type(declared[key]) then error(at .. key .. " is of another type in the stub") end
    if type(value) == "table" and key ~= "_G" and key ~= "arg" then compare(at .. key .. ".", declared[key], value) end
  end
  for key in pairs(declared) do
    if there[key] == nil then error(at .. key .. " is in the stub and nowhere else") end
  end
end
compare("", declared, there)
`, stubs["globals.lua"], []any{"process", "time", "errors"})
	if e.Err != nil {
		t.Error(failure(e))
	}
}

// TestStubsParse compiles every stub, and what embedders register is among them.
func TestStubsParse(t *testing.T) {
	n := start(t, "app")
	stubs, err := n.TypeStubs()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := lua.NewEngine(lua.Options{Modules: []luamod.Module{
		luamod.Bind("a.b", func(x int) int { return x }),
		{Name: "../odd/..", Open: luamod.Functions("x", "", nil).Open},
	}})
	if err != nil {
		t.Fatal(err)
	}
	more, err := engine.Stubs()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a/b.lua", "_/_/_odd_/_/_.lua", "globals.lua"} {
		if more[want] == "" {
			t.Errorf("there is no stub %s; there are %v", want, slices.Sorted(maps.Keys(more)))
		}
	}
	maps.Copy(stubs, more)
	for name, text := range stubs {
		if _, err := engine.CompileScript(name, []byte(text), nil, false); err != nil {
			t.Error(err)
		}
	}
	for _, want := range []string{"clock.lua", "inspect.lua", "server.lua", "internal/check.lua"} {
		if stubs[want] == "" {
			t.Errorf("there is no stub %s", want)
		}
	}
}
