-- Patterns, as in Lua 5.1. same compares all that follows with the first.
local function same(want, ...)
	local got = {}
	for i = 1, select("#", ...) do got[i] = tostring((select(i, ...))) end
	got = table.concat(got, " ")
	if got ~= want then error("want " .. want .. ", got " .. got, 2) end
end

-- find
same("2 3", ("abcabc"):find("bc"))
same("5 6", ("abcabc"):find("bc", 3))
same("5 6", ("abcabc"):find("bc", -3))
same("2 3", ("abcabc"):find("bc", -100))
same("nil", ("abcabc"):find("bc", 7))
same("7 6", ("abcabc"):find("", 100))
same("4 3", ("abc"):find("$"))
same("4 3", ("abc"):find("x*", 10))
same("1 0", (""):find(""))
same("nil", (""):find("a"))
same("2 2", ("a.b"):find(".", 2, true))
same("nil", ("abc"):find("b.", 1, true))
same("2 3", ("abc"):find("b.", 1, false))
same("2 3 b c", ("abc"):find("(b)(c)"))
same("2 1 2", ("abc"):find("()", 2))
same("1 3", ("a\0b"):find("a%zb"))
same("1 3", ("a\0b"):find("a\0b"))
same("2 2", ("12"):find(2))
same("2 2", ("abc"):find("b", "2"))
-- match
same("k v", ("k=v"):match("(%w+)=(%w+)"))
same("hello", ("  hello  "):match("^%s*(.-)%s*$"))
same("2024 02 29", ("2024-02-29"):match("^(%d%d%d%d)-(%d%d)-(%d%d)$"))
same("nil", ("abc"):match("^b"))
same("b", ("abc"):match("^b", 2))
same("", ("abc"):match("x*", 10))
same("1 4", ("abc"):match("()abc()"))
same("(a(b)c)", ("x(a(b)c)d"):match("%b()"))
same("\"it's\" \"", ([[say "it's" now]]):match([[((["']).-%2)]]))
same("THE", ("THE (quick) fox"):match("%f[%a]%a+%f[%A]"))
same("]-", ("a]-"):match("[]-]+"))
same("^", ("a^"):match("[%^x]"))
same("é", ("é"):match("[\128-\255]+"))
-- gmatch
local function all(text, pattern)
	local found = {}
	for a, b in text:gmatch(pattern) do found[#found + 1] = tostring(a) .. (b and ":" .. tostring(b) or "") end
	return table.concat(found, ",")
end
same("one,two", all("one two", "%a+"))
same("a:1,b:2", all("a=1, b=2", "(%w+)=(%w+)"))
same("1,2,3,4", all("abc", "()"))
same("abc,", all("abc", "%a*"))
same("^a", all("^a a", "^a"))
same("", all("", "a"))
local iterator = ("a"):gmatch("a")
assert(iterator() == "a" and iterator() == nil and iterator() == nil)
for outer in ("a,b"):gmatch("%a") do
	for inner in ("c,d"):gmatch("%a") do same("true", outer < inner) end
end
assert(string.gfind("x", "x")() == "x")
-- gsub
same("heLLo 2", ("hello"):gsub("l", "L"))
same("heLlo 1", ("hello"):gsub("l", "L", 1))
same("hello 0", ("hello"):gsub("l", "L", 0))
same("hello 0", ("hello"):gsub("l", "L", -1))
same("-a-b- 3", ("ab"):gsub("", "-"))
same("xx 2", ("abc"):gsub("%w*", "x"))
same("--b--d- 5", ("abcd"):gsub("[ac]*", "-"))
same("Xaa 1", ("aaa"):gsub("^a", "X"))
same("aaX 1", ("aaa"):gsub("a$", "X"))
same("world hello 1", ("hello world"):gsub("(%w+) (%w+)", "%2 %1"))
same("<hello> 1", ("hello"):gsub("%w+", "<%0>"))
same("<hello> 1", ("hello"):gsub("%w+", "<%1>"))
same("100% 1", ("100x"):gsub("x", "%%"))
same("1 1", ("x"):gsub("()x", "%1"))
same("a2 1", ("a1"):gsub("%d", 2))
same("xbc 1", ("abc"):gsub("(a", "x"))
same("1 b 1", ("$a b"):gsub("%$(%w+)", {a = 1}))
same("c b 2", ("a b"):gsub("%w", {a = "c", b = false}))
same("aa 2", ("aa"):gsub("a", {}))
same("up a 1", ("a a"):gsub("()a", {"up"}, 1))
same("[a][b] 2", ("ab"):gsub(".", setmetatable({}, {__index = function(_, k) return "[" .. k .. "]" end})))
same("b=a 1", ("a=b"):gsub("(%w)=(%w)", function(a, b) return b .. "=" .. a end))
same("abc 3", ("abc"):gsub("%w", function() end))
same("a2c4 2", ("a1c3"):gsub("%d", function(d) return d + 1 end))
same("1b 1", ("ab"):gsub("()a", function(at) return at end))
same("((x)) 1", ("x"):gsub("x", function(x) return (x:gsub("x", function(y) return (y:gsub("x", "((%0))")) end)) end))
-- An error within a replacement leaves the pattern usable.
for i = 1, 3 do
	assert(not pcall(string.gsub, "abc", "(b)", error))
	same("abbc 1", ("abc"):gsub("(b)", "%1%1"))
end
-- Replacements and comparators may nest as deep as calls.
local function deep(call)
	local levels = 0
	local function f() levels = levels + 1 call(f) end
	local ok, err = pcall(f)
	assert(not ok and err:find("stack overflow"), err)
	same("true", levels > 500)
end
for i = 1, 3 do
	deep(function(f) ("a"):gsub("(a)", f) end)
	deep(function(f) table.sort({1, 2}, f) end)
	deep(function(f) for _ in ("a"):gmatch("a") do ("a"):gsub("a", setmetatable({}, {__index = f})) end end)
end
same("b 1", ("a"):gsub("a", "b"))
---
-- What is wrong with a pattern, where a match gets there and only there.
local function wrong(want, fn, ...)
	local ok, err = pcall(fn, ...)
	if ok or err:gsub("^strings.lua:%d+: ", "") ~= want then error("want " .. want .. ", got " .. tostring(err), 2) end
end
wrong("malformed pattern (ends with '%')", string.find, "a", "%")
wrong("malformed pattern (missing ']')", string.find, "a", "[a")
wrong("malformed pattern (missing ']')", string.match, "a", "[]")
wrong("malformed pattern (missing ']')", string.match, "a", "[a%]")
wrong("missing '[' after '%f' in pattern", string.match, "a", "%f")
wrong("unbalanced pattern", string.match, "a", "%b(")
wrong("invalid pattern capture", string.match, "a", "a)")
wrong("invalid capture index", string.find, "a", "%1")
wrong("invalid capture index", string.find, "a", "(%1)")
wrong("unfinished capture", string.find, "a", "(a")
wrong("unfinished capture", string.gsub, "a", "(a", {})
wrong("too many captures", string.find, "a", ("()"):rep(33))
wrong("pattern too complex", string.find, "a", ("a?"):rep(1e4))
wrong("invalid capture index", string.gsub, "a", "a", "%2")
wrong("invalid use of '%' in replacement string", string.gsub, "a", "a", "%")
wrong("invalid use of '%' in replacement string", string.gsub, "a", "a", "%x")
wrong("invalid replacement value (a table)", string.gsub, "a", "a", function() return {} end)
wrong("invalid replacement value (a boolean)", string.gsub, "a", "a", {a = true})
wrong("invalid replacement value (a function)", string.gsub, "a", "a", {a = print})
assert(("x"):find("a[") == nil and ("x"):find("a%") == nil and ("x"):find("(a") == nil)
assert(("x"):gsub("a", "%") == "x")
---
("a"):gsub("a") --- expect: string.gsub: argument 3: expected a string, table or function, got nothing
---
("a"):gsub("a", true) --- expect: string.gsub: argument 3: expected a string, table or function, got true
---
("a"):find() --- expect: bad argument #2 to find
---
("a"):match("%") --- expect: malformed pattern (ends with '%')
---
for _ in ("a"):gmatch("[") do end --- expect: malformed pattern (missing ']')
---
-- sub, byte, char and the rest
assert(("abc"):sub(2) == "bc" and ("abc"):sub(-2, -2) == "b" and ("abc"):sub(0) == "abc" and ("abc"):sub(3, 2) == "")
assert(("abc"):sub(-100, 100) == "abc" and ("abc"):sub(4) == "" and ("abc"):sub(2, math.huge) == "bc" and ("abc"):sub(-math.huge, 1) == "a")
assert(("abc"):sub("2", "3") == "bc" and not pcall(string.sub, "abc"))
assert(select("#", ("abc"):byte(1, -1)) == 3 and select("#", ("abc"):byte(4)) == 0 and select("#", ("abc"):byte(0)) == 0)
assert(("abc"):byte(-1) == 99 and ("abc"):byte() == 97 and select("#", ("abc"):byte(0, 2)) == 2 and select("#", (""):byte(1, -1)) == 0)
assert(select("#", ("x"):rep(1000):byte(1, 1000)) == 1000)
local ok, err = pcall(string.byte, ("x"):rep(1e6), 1, -1)
assert(not ok and err:find("string slice too long"), err)
assert(string.char() == "" and string.char(0, 255) == "\0\255" and not pcall(string.char, 256) and not pcall(string.char, -1))
assert(("aBc\200é[`{"):upper() == "ABC\200é[`{" and ("aBC\200É@[`"):lower() == "abc\200É@[`")
assert(("abc\0"):reverse() == "\0cba" and (""):reverse() == "")
-- and of strings that are longer than what is done at once
assert(("abc"):rep(1e4):rep(10) == ("abc"):rep(1e5) and ("x"):rep(2.9) == "xx" and ("x"):rep(0 / 0) == "")
local long = ("abcdefg"):rep(1e5)
assert(#long == 7e5 and long:sub(-3) == "efg" and long:reverse():reverse() == long and long:upper():lower() == long)
assert(long:reverse():sub(1, 8) == "gfedcbag" and long:upper():sub(-1) == "G" and #("x"):rep(1e6) == 1e6)
assert(string.format("%q", ("\0\""):rep(1e5)) == '"' .. ('\\000\\"'):rep(1e5) .. '"')
assert(string.format("%s|%s", long, "x") == long .. "|x")
assert(long:find("g", 1, true) == 7 and long:find(long, 1, true) == 1 and long:find(long .. "x", 1, true) == nil)
assert(select(2, long:gsub("abc", "%0%0")) == 1e5 and #long:gsub("abc", "%0%0") == 1e6)
-- Results are bounded.
local big = ("x"):rep(1.4e8)
assert(not pcall(string.gsub, big, ".+", "%0%0") and not pcall(string.format, "%s%s", big, big) and not pcall(table.concat, {big, big}))
---
-- table.insert, remove, maxn and concat
local t = {1, 2, 3}
table.insert(t, 4)
table.insert(t, 1, 0)
table.insert(t, 3, 1.5)
table.insert(t, "7", "end")
assert(table.concat(t, " ") == "0 1 1.5 2 3 4 end" and #t == 7)
assert(table.remove(t) == "end" and table.remove(t, 1) == 0 and table.remove(t, 2) == 1.5 and table.concat(t, " ") == "1 2 3 4")
assert(select("#", table.remove({})) == 0 and select("#", table.remove(t, 0)) == 0 and select("#", table.remove(t, 5)) == 0 and #t == 4)
t[4] = nil
assert(table.remove(t) == 3 and #t == 2)
t[2] = nil
table.insert(t, "two")
assert(table.concat(t, " ") == "1 two")
-- Neither pushing nor inserting after a value was set to nil takes more room each time.
for i = 1, 1e5 do
	table.insert(t, 1, i)
	t[#t] = nil
	table.insert(t, i)
	t[#t] = nil
end
assert(#t == 2 and t[1] == 1e5)
table.insert(t, 3, nil)
table.insert(t, nil)
table.insert(t, 5, "five")
assert(t[3] == nil and t[5] == "five" and table.remove(t, 5) == "five")
assert(table.maxn({}) == 0 and table.maxn({1, 2}) == 2 and table.maxn({1, [10] = 1, [2.5] = 1, x = 1}) == 10 and table.maxn({[-1] = 1}) == 0)
assert(table.maxn({[1e9] = 1, [1e12] = 1, [7] = 1}) == 1e12)
for message, fn in pairs {
	["wrong number of arguments to 'insert'"] = function() table.insert({}) end,
	["invalid value (table) at index 2 in table for 'concat'"] = function() table.concat {1, {}} end,
	["invalid value (nil) at index 3 in table for 'concat'"] = function() table.concat({1, 2}, ",", 1, math.huge) end,
} do
	local ok, err = pcall(fn)
	assert(not ok and err:find(message, 1, true), err)
end
---
-- table.sort: an order that contradicts itself ends all the same.
local t = {}
for i = 1, 1000 do t[i] = i * 7919 % 1000 end
for _, order in ipairs {
	function() return true end,
	function() return false end,
	function(a, b) return a <= b end,
	function() return math.random() < 0.5 end,
} do
	table.sort(t, order)
	assert(#t == 1000)
end
table.sort(t)
for i = 1, 1000 do assert(t[i] == i - 1) end
local words = {"b", "B", "a", "\200", "", "a\0"}
table.sort(words)
assert(table.concat(words, ",") == ",B,a,a\0,b,\200")
---
table.sort({3, 2, 1}, function(a, b) return a.x < b end) --- expect: attempt to index a non-table object(number) with key 'x'
