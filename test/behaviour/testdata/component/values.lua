-- Every type goes in and comes out as it was.
local check = require("check")
local point = {x = 1, y = -2}
local mixed = {a = true, b = 255, c = -128, d = 65535, e = -32768, f = 4294967295, g = -2147483648, h = 2^53, i = -2^53,
  j = 0.5, k = 1e300, l = "é", m = "text"}
local person = {full_name = "Ada", age = 36, email = "a@b.c", tags = {"x", "y"}, place = point}
local rect = {tag = "rect", value = {1, 2.5}}
for name, values in pairs{
  ["bool"] = {true, false},
  ["s8"] = {-128, 127}, ["u8"] = {0, 255}, ["s16"] = {-32768, 32767}, ["u16"] = {65535}, ["s32"] = {-2^31, 2^31 - 1},
  ["u32"] = {2^32 - 1}, ["s64"] = {-2^53, 2^53, 0}, ["u64"] = {2^53, 0},
  ["f32"] = {0.5, -1 / 0, 1 / 0}, ["f64"] = {0.1, 1e300}, ["char"] = {"x", "é", "😀"},
  ["color"] = {"red", "blue"}, ["wide"] = {"e299"},
  ["perms"] = {{}, {read = true, execute = true}}, ["many"] = {{f8 = true}}, ["most"] = {{f0 = true, f31 = true}},
  ["tuple-one"] = {{7}},
  ["string"] = {"", "text", "a\0b", ("é"):rep(1000)}, ["bytes"] = {"", "\0\255", ("x"):rep(100000)},
  ["list-bool"] = {{}, {true, false}}, ["list-s8"] = {{-1}}, ["list-u32"] = {{1, 2, 2^32 - 1}}, ["list-f64"] = {{0.5, 1}},
  ["list-char"] = {{"a", "ß"}}, ["list-color"] = {{"green"}}, ["list-perms"] = {{{}, {write = true}}},
  ["list-string"] = {{"", "a", "b"}}, ["list-point"] = {{point, point}}, ["list-mixed"] = {{mixed}}, ["list-person"] = {{person}},
  ["list-shape"] = {{rect, {tag = "nothing"}, {tag = "poly", value = {point}}}},
  ["list-list"] = {{{}, {{some = "x"}, {}}}},
  ["list-option"] = {{{some = 1}, {}}}, ["list-option-option"] = {{{some = {some = 1}}, {some = {}}, {}}},
  ["list-result"] = {{{ok = 1}, {err = "no"}}}, ["list-tuple"] = {{{1, 2, 3}}}, ["list-pair"] = {{{"a", "\255"}}},
  ["point"] = {point}, ["mixed"] = {mixed}, ["person"] = {person, {full_name = "B", age = 0, tags = {}, place = point}},
  ["shape"] = {rect, {tag = "circle", value = 0.5}, {tag = "named", value = "x"}, {tag = "nothing"}},
  ["number"] = {{tag = "a", value = 1}, {tag = "c", value = 2^53}, {tag = "h", value = "blue"}, {tag = "i", value = {1, 0.5}}, {tag = "j"}},
  ["option-u32"] = {7}, ["option-string"] = {"x"}, ["option-option"] = {{some = 1}, {}}, ["option-deep"] = {{some = {some = true}}, {some = {}}, {}},
  ["option-result"] = {{ok = true}},
  ["pair"] = {{"x", 1}}, ["tuple"] = {{1, -1, 0.5, true}}, ["options"] = {{1, "x"}},
  ["huge"] = {{a = {"x"}, b = mixed, c = person, d = rect}},
} do
  for i, v in ipairs(values) do
    local e = check.finish("echoes.echo-" .. name, v)
    check.eq(e.error and tostring(e.error), nil, name)
    check.eq(e.reason, "normal")
    check.eq(e.values, {v, n = 1}, name .. " " .. i)
  end
end
---
-- Several parameters, also more than are passed flat.
local check = require("check")
check.eq(check.finish("echoes.echo-strings", "a", "b").value, {"a", "b"})
local sixteen = {1, -1, 0.5, 0.25, 2, 3, 1.5, 2.5, -8, -9, true, "c", -16, 32, "o"}
check.eq(check.finish("echoes.echo-sixteen", unpack(sixteen)).value, sixteen)
local seventeen = {1, -1, 0.5, 0.25, 2, 3, 1.5, 2.5, -8, -9, true, "c", -16, 32, "o", 255}
check.eq(check.finish("echoes.echo-seventeen", unpack(seventeen)).value, seventeen)
local e = check.finish("echoes.swallow", {"a"})
check.eq(e.values, {n = 0})
check.eq(e.reason, "normal")
---
-- Names are taken in kebab-case and snake_case and given in snake_case; a case
-- without a payload by its name.
local check = require("check")
local place = {x = 1, y = 2}
check.eq(check.finish("echoes.echo-person", {["full-name"] = "A", age = 1, tags = {}, place = place}).value,
  {full_name = "A", age = 1, tags = {}, place = place})
check.eq(check.finish("echoes.echo-shape", "nothing").value, {tag = "nothing"})
check.eq(check.finish("work.birthday", {full_name = "A", age = 1, email = "x", tags = {}, place = place}).value.age, 2)
---
-- Integers of 64 bits are exact.
local check = require("check")
check.eq(tostring(check.finish("echoes.echo-u64", uint64("18446744073709551615")).value), "18446744073709551615")
check.eq(tostring(check.finish("echoes.echo-u64", "18446744073709551615").value), "18446744073709551615")
check.eq(tostring(check.finish("echoes.echo-s64", int64("-9223372036854775808")).value), "-9223372036854775808")
check.eq(tostring(check.finish("echoes.echo-list-u64", {uint64("9007199254740993"), 1}).value[1]), "9007199254740993")
check.eq(check.finish("echoes.echo-list-u64", {uint64("9007199254740993"), 1}).value[2], 1)
---
-- An option at the end may be left out; none is nil.
local check = require("check")
local e = check.finish("echoes.echo-option-string")
check.eq(e.value, nil)
check.eq(e.values.n, 1)
check.eq(check.finish("work.maybe", 7).value, {some = 8})
check.eq(check.finish("work.maybe").value, nil)
check.eq(check.finish("echoes.echo-options", {nil, "x"}).value[2], "x")
---
-- What does not fit fails the spawn, and names its path.
local check = require("check")
local place = {x = 1, y = 2}
for _, case in ipairs{
  {"echoes.echo-u8", 'argument 1: expected u8, got 256', 256},
  {"echoes.echo-u8", 'argument 1: expected u8, got 1.5', 1.5},
  {"echoes.echo-bool", 'argument 1: expected bool, got nil', nil},
  {"echoes.echo-string", 'argument 1: expected string, got 7', 7},
  {"echoes.echo-string", 'argument 1: expected string in UTF-8, got "\\xff"', "\255"},
  {"echoes.echo-char", 'argument 1: expected char, got "ab"', "ab"},
  {"echoes.echo-strings", 'argument 2: expected string, got true', "a", true},
  {"echoes.echo-person", 'argument 1: field "age": expected u8, got "x"', {full_name = "A", age = "x", tags = {}, place = place}},
  {"echoes.echo-person", 'argument 1: field "full_name": expected string, got nil', {age = 1, tags = {}, place = place}},
  {"echoes.echo-list-person", 'argument 1: element 2: field "place": field "y": expected s32, got 0.5',
    {{full_name = "A", age = 1, tags = {}, place = place}, {full_name = "A", age = 1, tags = {}, place = {x = 1, y = 0.5}}}},
  {"echoes.echo-list-person", 'argument 1: element 1: field "tags": element 3: expected string, got false',
    {{full_name = "A", age = 1, tags = {"a", "b", false}, place = place}}},
  {"echoes.echo-shape", 'argument 1: case "rect": element 2: expected f64, got "x"', {tag = "rect", value = {1, "x"}}},
  {"echoes.echo-color", 'argument 1: expected enum color, got "pink"; there are red, green, blue', "pink"},
  {"echoes.echo-perms", 'argument 1: unknown flag "fly" of flags perms; there are read, write, execute', {fly = true}},
  {"echoes.echo-strings", 'echo-strings takes 2 arguments (a: string, b: string), got 1', "a"},
  {"work.greet", 'greet takes 1 argument (name: string), got 2', "a", "b"},
  {"counters.peek", 'argument 1: expected borrow<counter>, got 7', 7},
} do
  local pid, err = process.spawn_monitored(case[1], "processes", unpack(case, 3, math.max(3, table.maxn(case))))
  check.eq(pid, nil, case[2])
  check.eq(err:kind(), "invalid")
  check.eq(tostring(err), case[2])
end
check.eq(process.receive(0), nil)
---
-- The error of a result is the process's.
local check = require("check")
local e = check.finish("work.div", 7, 0)
check.eq(e.reason, "error")
check.eq(e.error:kind(), "failed")
check.eq(e.error:value(), "division by zero")
check.eq(tostring(e.error), "division by zero")
check.eq(e.value, nil)
check.eq(check.finish("work.div", 7, 2).value, 3)
local e = check.finish("work.check", false)
check.eq(tostring(e.error), "check returned an error")
check.eq(e.error:value(), nil)
check.eq(check.finish("work.check", true).values, {n = 0})
local e = check.finish("echoes.echo-result-list", {err = "blue"})
check.eq(e.error:value(), "blue")
check.eq(tostring(e.error), "blue")
local e = check.finish("echoes.echo-result-option", {err = "why"})
check.eq(e.error:value(), "why")
check.eq(tostring(e.error), 'some("why")')
check.eq(check.finish("echoes.echo-result-ok", {ok = 5}).value, 5)
check.eq(check.finish("echoes.echo-result-ok", {err = true}).error:value(), nil)
---
-- Resources are userdata; they are of use to no other process.
local check = require("check")
local e = check.finish("counters.make", 2)
check.eq(type(e.value[1]), "userdata")
check.has(e.value[1], "counter")
local pid, err = process.spawn("counters.peek", "processes", e.value[1])
check.eq(pid, nil)
check.eq(err:kind(), "invalid")
check.eq(tostring(err), "argument 1: the resource (counter) belongs to another process")
---
-- Traps name the component's functions.
local check = require("check")
local e = check.finish("traps.divide", 1, 0)
check.eq(e.reason, "error")
check.eq(tostring(e.error), "wasm trap: integer divide by zero")
check.has(e.error:traceback(), "divide")
local e = check.finish("traps.recurse")
check.has(e.error, "wasm trap: ")
local e = check.finish("traps.bad-char", 0x110000)
check.eq(e.reason, "error")
check.has(e.error, "wasm trap: ")
