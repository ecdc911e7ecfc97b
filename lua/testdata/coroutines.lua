local co = coroutine.create(function(a, b)
	local c = coroutine.yield(a + b)
	local d, e = coroutine.yield(c * 2)
	return d, e
end)
assert(coroutine.status(co) == "suspended")
assert(select(2, coroutine.resume(co, 1, 2)) == 3)
assert(select(2, coroutine.resume(co, 10)) == 20)
local ok, d, e = coroutine.resume(co, "x", "y")
assert(ok and d == "x" and e == "y" and coroutine.status(co) == "dead")
local ok, err = coroutine.resume(co)
assert(not ok and err == "cannot resume dead coroutine", err)
assert(coroutine.running() == nil)
---
-- A coroutine that resumes another is normal and cannot be resumed.
local outer
outer = coroutine.create(function()
	local inner = coroutine.create(function()
		assert(coroutine.status(outer) == "normal")
		local ok, err = coroutine.resume(outer)
		assert(not ok and err == "cannot resume a coroutine that is resuming another", err)
		local ok, err = coroutine.resume(coroutine.running())
		assert(not ok and err == "cannot resume the running coroutine", err)
		local deep = coroutine.wrap(function() return coroutine.resume(outer) end)
		assert(deep() == false)
		return "done"
	end)
	return select(2, assert(coroutine.resume(inner)))
end)
local ok, v = coroutine.resume(outer)
assert(ok and v == "done", v)
---
-- The error of a wrapped coroutine goes through; the state is sound after.
local f = coroutine.wrap(function() error("inside") end)
local ok, err = pcall(f)
assert(not ok and err == "coroutines.lua:34: inside", err)
assert(coroutine.running() == nil)
local ok, err = pcall(f)
assert(not ok and err:find("cannot resume dead coroutine"), err)
local f = coroutine.wrap(function() error({1}) end)
local ok, err = pcall(f)
assert(not ok and err[1] == 1)
local g = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
assert(g() == 1 and g() == 2 and g() == 3)
---
-- What cannot be yielded across says so and does no harm.
local function refused(f)
	local co = coroutine.create(f)
	local ok, err = coroutine.resume(co)
	assert(not ok and tostring(err):find("attempt to yield across"), tostring(err))
end
refused(function() assert(pcall(coroutine.yield, 1)) end)
refused(function() assert(pcall(function() coroutine.yield(1) end)) end)
refused(function() table.sort({1, 2, 3}, function(a, b) coroutine.yield() end) end)
refused(function() string.gsub("abc", "%w", function(a) coroutine.yield() end) end)
refused(function() return setmetatable({}, {__index = function() coroutine.yield() end}).x end)
refused(function() return setmetatable({}, {__add = coroutine.yield}) + 1 end)
refused(function() for x in function() return coroutine.yield() end do end end)
refused(function() for x in coroutine.yield do end end)
-- These can.
assert(coroutine.wrap(function() return coroutine.yield(1) end)() == 1)
assert(coroutine.wrap(coroutine.yield)(5) == 5)
local w = coroutine.wrap(function() local function f() coroutine.yield(2) end f() return 3 end)
assert(w() == 2 and w() == 3)
local w = coroutine.wrap(function() for i in coroutine.wrap(function() coroutine.yield(1) end) do coroutine.yield(i) end end)
assert(w() == 1 and w() == nil)
---
coroutine.yield(1) --- expect: attempt to yield from outside a coroutine
---
-- Generators within generators, and a bound on how deep.
local function walk(n)
	return coroutine.wrap(function()
		if n > 0 then
			for v in walk(n - 1) do coroutine.yield(v) end
		end
		coroutine.yield(n)
	end)
end
local sum = 0
for v in walk(50) do sum = sum + v end
assert(sum == 1275)
local ok, err = pcall(walk(1000))
assert(not ok and tostring(err):find("stack overflow"), tostring(err))
---
-- pcall inside, around, and an error across both.
local co = coroutine.wrap(function()
	local ok, err = pcall(error, "one")
	coroutine.yield(err)
	error("two", 0)
end)
assert(co() == "one")
assert(select(2, pcall(co)) == "two")
---
-- Functions of Go as bodies.
local co = coroutine.create(math.max)
local ok, v = coroutine.resume(co, 1, 5, 3)
assert(ok and v == 5 and coroutine.status(co) == "dead" and coroutine.running() == nil)
assert(coroutine.wrap(tostring)(12) == "12")
local ok, err = pcall(coroutine.wrap(error), "x")
assert(not ok and err:find("x"))
---
-- Overflow inside a coroutine is its error alone.
local co = coroutine.create(function() local function f() return 1 + f() end return f() end)
local ok, err = coroutine.resume(co)
assert(not ok and err == "stack overflow", err)
assert(coroutine.status(co) == "dead")
