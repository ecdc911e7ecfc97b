-- pcall, error and error values.
local ok, err = pcall(error, "plain")
assert(not ok and err == "plain")
assert(select(2, pcall(error, {code = 1})).code == 1)
assert(select(2, pcall(error)) == nil)
assert(select("#", pcall(function() return 1, nil, nil end)) == 4)
local ok, err = pcall(function() error("at a line") end)
assert(err == "errors.lua:7: at a line", err)
local ok, err = pcall(function() error("bare", 0) end)
assert(err == "bare")
local ok, err = pcall(nil)
assert(not ok and err == "attempt to call a nil value", err)
assert(pcall(setmetatable({}, {__call = function(_, x) return x end}), 1))
---
-- An error that was caught leaves the variables of those that go on shared.
local n = 0
local function count() n = n + 1 end
pcall(error, "x")
count()
assert(n == 1, n)
xpcall(error, function() end)
count()
assert(n == 2, n)
-- and those of functions made within the failed call keep their values.
local inc
pcall(function() local z = 1; inc = function() z = z + 1 return z end; error("x") end)
local a, b, c, d, e = 1, 2, 3, 4, 5
assert(inc() == 2 and inc() == 3)
-- nested
local m = 0
local function up() m = m + 1 end
pcall(function()
	local k = 0
	local function upk() k = k + 1 up() end
	pcall(error, "inner")
	upk()
	assert(k == 1)
	pcall(pcall, error, "inner")
	upk()
	assert(k == 2)
	error("outer")
end)
up()
assert(m == 3, m)
-- and in coroutines
local co = coroutine.wrap(function()
	local k = 0
	local function upk() k = k + 1 end
	for i = 1, 3 do
		pcall(error)
		upk()
		coroutine.yield(k)
	end
	error("end")
end)
assert(co() == 1 and co() == 2 and co() == 3 and not pcall(co))
---
-- xpcall's handler sees the error; its own error takes the error's place.
local ok, v = xpcall(function() error("x", 0) end, function(e) return e .. "!" end)
assert(not ok and v == "x!")
local ok, v = xpcall(function() error("x", 0) end, function(e) error("y", 0) end)
assert(not ok and v == "y")
local ok, a, b = xpcall(function(...) return ... end, print, 1, 2)
assert(ok and a == 1 and b == 2)
---
local _, err = require("test").fail()
assert(err:kind() == "not_found" and err:message() == "no such thing" and err:retryable())
assert(err:value() == 7 and err:traceback() == "a\nb")
assert(tostring(err) == "no such thing" and "oh: " .. err == "oh: no such thing")
assert(getmetatable(err) == "error")
local ok, again = pcall(error, err)
assert(again == err)
local ok, again = pcall(assert, nil, err)
assert(again == err)
assert(require("test").roundtrip(err):kind() == "not_found")
---
-- A fault of a module is an error value of kind internal.
local ok, err = pcall(require("test").panic)
assert(not ok and err:kind() == "internal", tostring(err))
---
local function f()
	error("deep") --- expect: deep
end
f()
---
error({code = 5}) --- expect: the error is a table
---
error(setmetatable({}, {__tostring = function() return "spelt out" end})) --- expect: spelt out
---
error(select(2, require("test").fail())) --- expect: no such thing
---
local x = nil + 1 --- expect: cannot perform add
---
assert(false) --- expect: assertion failed!
---
local function f() return 1 + f() end --- expect: stack overflow
f()
---
local ok, err = pcall(function() local function f() return 1 + f() end f() end)
assert(not ok and err:find(": stack overflow", 1, true), err)
local t = setmetatable({}, {})
getmetatable(t).__index = function(t, k) return t[k + 1] end
local ok, err = pcall(function() return t[1] end)
assert(not ok and tostring(err):find("overflow"), tostring(err))
-- and the stack is usable again
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
assert(depth(1000) == 1000)
---
local x = "unfinished --- expect: unterminated string
---
local x = = 2 --- expect: 11: syntax error near '='
---
goto nowhere --- expect: no visible label
---
break --- expect: no loop to break
---
if true then
	x = 1 --- expect: syntax error: unexpected end of the source
