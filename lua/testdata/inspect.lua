local inspect = require("inspect")
local function shows(want, value, options)
  local got = inspect(value, options)
  if got ~= want then error("got " .. got .. ", want " .. want, 2) end
end

-- Scalars.
shows("nil", nil)
shows("true", true)
shows("0.5", 0.5)
shows([["a\"b\\c\n\r\t\000\127é"]], "a\"b\\c\n\r\t\0\127é")
shows("<function>", print)
shows("<thread>", coroutine.create(print))

-- What is not of Lua, by tostring.
local test = require("test")
shows("1m30s", test.duration("90s"))
local _, err = test.fail()
shows("{9007199254740993, e = no such thing}", {int64("9007199254740993"), e = err})

-- Tables: elements, then the other keys in order.
shows("{}", {})
shows('{1, "x", {true}}', {1, "x", {true}})
shows('{1, [3] = 3, [10] = 10, a = 1, ["a b"] = 2, b = 3, ["end"] = 4, [false] = 5, [true] = 6}',
  {1, [3] = 3, [10] = 10, b = 3, a = 1, ["a b"] = 2, ["end"] = 4, [true] = 6, [false] = 5})
shows("{[-1] = 1, [0] = 2, [0.5] = 3}", {[0] = 2, [-1] = 1, [0.5] = 3})
shows("{[{1}] = {2}}", {[{1}] = {2}})
shows("{[4294967296] = 1}", {[2 ^ 32] = 1})

-- Several lines.
shows('{\n  1,\n  a = {\n    "b"\n  },\n  c = {}\n}', {1, a = {"b"}, c = {}}, {indent = 2})
shows("{\n\t1\n}", {1}, {indent = "\t"})

-- Depth.
shows("{…}", {1}, {depth = 0})
shows("{1, {…}, {}}", {1, {2}, {}}, {depth = 1})
local deep = {}
for _ = 1, 1000 do deep = {deep} end
shows(("{"):rep(60) .. "{…}" .. ("}"):rep(60), deep)

-- Tables that are met again.
local itself = {1}
itself.me = itself
shows("<1>{1, me = <table 1>}", itself)
local shared = {1}
shows("{<1>{1}, <table 1>, {<table 1>}}", {shared, shared, {shared}})
local a, b = {}, {}
a.b, b.a, b.b = b, a, b
shows("<1>{b = <2>{a = <table 1>, b = <table 2>}}", a)
local doubling = {1}
for _ = 1, 50 do doubling = {doubling, doubling} end
assert(#inspect(doubling) < 2000)

-- Metatables are not looked at.
shows("{1}", setmetatable({1}, {
  __index = function() error("indexed") end,
  __tostring = function() error("printed") end,
  __pairs = function() error("iterated") end,
}))
---
require("inspect")(1, 2) --- expect: inspect: argument 2: expected options (table), got 2
---
require("inspect")(1, {depth = "x"}) --- expect: inspect: depth: expected a number, got "x"
---
require("inspect")(1, {indent = true}) --- expect: inspect: indent: expected a number of blanks or a text, got true
