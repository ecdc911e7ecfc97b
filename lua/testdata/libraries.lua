-- string
assert(("ab"):rep(3) == "ababab" and ("x"):rep(0) == "" and ("x"):rep(-1) == "" and (""):rep(1e18) == "")
assert(not pcall(string.rep, "x", 1e10) and not pcall(string.rep, ("x"):rep(1e6), 1e12))
assert(string.format("%5d|%-5d|%05d|%+d|%x|%X|%o", 42, 42, 42, 42, 255, 255, 8) == "   42|42   |00042|+42|ff|FF|10")
assert(string.format("%.3f|%e|%g|%g|%G", 1 / 3, 12345.678, 0.1, 1e20, 1e-10) == "0.333|1.234568e+04|0.1|1e+20|1E-10")
assert(string.format("%s|%10s|%-10s|%.2s|%%|%c", "a", "b", "c", "défg", 65) == "a|         b|c         |d\195|%|A")
assert(string.format("%q", 'a"b\\c\nd\0e') == '"a\\"b\\\\c\\\nd\\000e"')
assert(string.format("%d %s", int64("9223372036854775807"), uint64("18446744073709551615")) == "9223372036854775807 18446744073709551615")
assert(string.format("%x", -1) == "ffffffffffffffff" and string.format("%i", 3.7) == "3" and string.format("%u", 7) == "7")
assert(string.format("%s %s %s", nil, true, {} ~= nil) == "nil true true")
assert(string.format("%g %g", math.huge, -math.huge) == "inf -inf" and string.format("%5.1f", 0 / 0) == "  nan")
assert(not pcall(string.format, "%d") and not pcall(string.format, "%y", 1) and not pcall(string.format, "%") and not pcall(string.format, "%123d", 1))
assert(("hello"):find("l") == 3 and ("hello"):find("x") == nil and ("a.b"):find(".", 1, true) == 2)
assert(("a"):find("b", 10, true) == nil and ("a"):find("a", 10) == nil and ("a"):match("a", 10) == nil)
assert(select("#", ("a"):match("b")) == 1)
assert(("hello world"):match("(%w+) (%w+)") == "hello")
assert(("hello"):gsub("l", "L") == "heLLo" and ("a1"):gsub("%d", 2) == "a2")
assert(("abc"):gsub("%w", function(c) return c:upper() end) == "ABC")
local words = {}
for w in ("one two"):gmatch("%a+") do words[#words + 1] = w end
assert(#words == 2 and words[2] == "two")
assert(("abc"):byte(2) == 98 and string.char(72, 105) == "Hi" and ("abc"):reverse() == "cba" and ("abc"):sub(-2) == "bc")
---
-- table
assert(table.concat({1, 2, 3}, ", ") == "1, 2, 3" and table.concat({}) == "" and table.concat({1, 2, 3}, "-", 2, 3) == "2-3")
assert(not pcall(table.concat, {1, {}, 3}))
local t = {3, 1, 2}
table.sort(t)
assert(table.concat(t) == "123")
table.sort(t, function(a, b) return a > b end)
assert(table.concat(t) == "321")
t[3] = nil
table.sort(t)
assert(#t == 2 and t[1] == 2)
table.insert(t, 9)
table.insert(t, 1, 8)
assert(table.concat(t, ",") == "8,2,3,9" and table.remove(t) == 9 and table.remove(t, 1) == 8 and #t == 2)
local ok, err = pcall(table.sort, {1, "x"})
assert(not ok and err:find("attempt to compare"), err)
---
-- numbers
assert(tonumber("10") == 10 and tonumber("1e3") == 1000 and tonumber("0x10") == 16 and tonumber("-0x10") == -16 and tonumber(" 5 ") == 5)
assert(tonumber("z", 36) == 35 and tonumber("11", 2) == 3 and tonumber("abc") == nil and tonumber("") == nil and tonumber({}) == nil)
assert(tonumber("inf") == nil and tonumber("nan") == nil and tonumber("1_000") == nil and tonumber("+-1") == nil and tonumber("1e400") == math.huge)
assert(tonumber(int64("9223372036854775807")) == 2 ^ 63)
assert(math.huge == 1 / 0 and math.floor(-1.5) == -2 and math.max(1, 3, 2) == 3 and math.fmod(7, 3) == 1)
for i = 1, 100 do
	local r = math.random()
	assert(r >= 0 and r < 1)
	r = math.random(3)
	assert(r == 1 or r == 2 or r == 3)
	r = math.random(-1, 1)
	assert(r >= -1 and r <= 1)
end
math.randomseed(42)
local a, b = math.random(1000), math.random(1000)
math.randomseed(42)
assert(math.random(1000) == a and math.random(1000) == b)
assert(not pcall(math.random, 0) and not pcall(math.random, 2, 1) and not pcall(math.random, 0 / 0))
assert(select("#", unpack({}, 1, 3)) == 3 and unpack({7, 8}) == 7 and select("#", unpack({})) == 0)
assert(not pcall(unpack, {}, 1, 1e9) and not pcall(unpack, {}, -2 ^ 62, 2 ^ 62))
---
-- time comes from the node's clock: 2024-02-29 13:14:15 UTC.
assert(os.time() == 1709212455 and os.clock() == 0)
assert(os.date("!%Y-%m-%d %H:%M:%S") == "2024-02-29 13:14:15" and os.date("%j %a %p %y%%", 0) == "001 Thu AM 70%")
local d = os.date("*t")
assert(d.year == 2024 and d.month == 2 and d.day == 29 and d.hour == 13 and d.min == 14 and d.sec == 15 and d.wday == 5 and d.yday == 60 and d.isdst == false)
assert(os.time(d) == os.time() and os.time {year = 2024, month = 1, day = 32} == os.time {year = 2024, month = 2, day = 1})
assert(os.time {year = "2024", month = 1, day = 1} == 1704110400)
assert(os.difftime(5, 3) == 2)
---
os.time {year = 2024} --- expect: field 'month' missing
---
-- load
assert(load("return 1 + 1")() == 2 and loadstring("return ...")(7) == 7)
local parts = {"return ", "4", "2", nil}
local i = 0
assert(load(function() i = i + 1 return parts[i] end)() == 42)
local f, err = load("return =")
assert(f == nil and err == '[string "return ="]:1:8: syntax error near \'=\'', err)
local f, err = load("x = ", "@file.lua")
assert(err == "file.lua:1: syntax error: unexpected end of the source", err)
local ok, err = pcall(load("error('x')", "=chunk"))
assert(err == "chunk:1: x", err)
assert(load(function() return {} end) == nil)
-- Depth is bounded where the compiler would overflow the stack of Go.
assert(not load(("{"):rep(1e5)) and not load("return " .. ("("):rep(1e5)) and not load(("do "):rep(1e5)))
assert(not load("return " .. ("- "):rep(1e5) .. "1") and not load("return " .. ("not "):rep(1e5) .. "1"))
assert(not load("return " .. ("1 .. "):rep(1e5) .. "1") and not load("return " .. ("1 + "):rep(1e5) .. "1"))
assert(not load("x" .. ("()"):rep(1e5)) and not load("x = x" .. (".x"):rep(1e5)) and not load("f" .. ("{}"):rep(1e5)))
assert(not load("if x then " .. ("elseif y then "):rep(1e5) .. "end"))
-- What is long but not deep is fine.
assert(load("return {" .. ("1, "):rep(1e4) .. "}"))
assert(load(("f() "):rep(1e4)) and load(("x = x + 1 "):rep(1e4)) and load(("f(x) ; "):rep(1e4)))
assert(load("return " .. ("'a' .. "):rep(100) .. "'b'")() == ("a"):rep(100) .. "b")
assert(load("#!/usr/bin/env wippy\nreturn 3")() == 3)
---
-- goto and varargs
local n = 0
::top::
n = n + 1
if n < 3 then goto top end
assert(n == 3)
local function v(...) return select("#", ...), ... end
assert(v(nil, nil) == 2)
local function old(...) return arg.n end
assert(old(1, 2) == 2)
