-- What a hostile script may try, and how it fails: DESIGN section 2, "Preemption
-- and killing", names it. That these end, in time and in bounds, is the test.

-- Doubling a string.
local s = ("x"):rep(150e6)
s = s .. s --- expect: ..: the result would have more than 268435456 bytes
---
-- A string of any size at once.
for _, n in ipairs{1e18, math.huge, 2^53} do
  local ok, err = pcall(string.rep, "x", n)
  assert(not ok and err:find("more than 268435456 bytes", 1, true), err)
end
assert(("x"):rep(-math.huge) == "" and ("x"):rep(0/0) == "" and (""):rep(1e300) == "")
local s = ("x"):rep(1e9) --- expect: string.rep: the result would have more than
---
-- Many strings made one.
local t, s = {}, ("x"):rep(1e6)
for i = 1, 300 do t[i] = s end
table.concat(t) --- expect: table.concat: the result would have more than 268435456 bytes
---
-- Widths of formats.
for _, f in ipairs{"%99999999d", "%.99999999f", "%" .. ("9"):rep(1e6) .. "s", "%0100d"} do
  local ok, err = pcall(string.format, f, 1)
  assert(not ok and err:find("width or precision too long", 1, true), err)
end
assert(#("%99.99f"):format(1e308) < 500)
string.format("%999999999s", "x") --- expect: invalid format (width or precision too long)
---
-- Growing replacements.
local s = ("x"):rep(300)
s:gsub("x", ("y"):rep(1e6)) --- expect: string.gsub: the result would have more than 268435456 bytes
---
-- A huge unpack.
assert(select("#", unpack({}, 1, 60000)) == 60000)
for _, n in ipairs{1e6, 1e18, math.huge} do
  local ok, err = pcall(unpack, {}, 1, n)
  assert(not ok and err:find("too many results to unpack", 1, true), err)
end
assert(select("#", unpack({}, math.huge, -math.huge)) == 0)
unpack({}, -math.huge, math.huge) --- expect: too many results to unpack
---
-- More values than a stack holds.
local a = {}
for i = 1, 60000 do a[i] = i end
local function grow(...) return 1 + grow(...) end
local ok, err = pcall(grow, unpack(a))
assert(not ok and err:find("registry overflow", 1, true), err)
local function three(...) return select("#", ..., unpack(a)) end
assert(three(unpack(a)) == 60001)
---
-- select at any place.
assert(select("#") == 0)
assert(select("#", select(1e9, 1, 2)) == 0)
assert(not pcall(select, -1e9, 1))
select(-5, 1) --- expect: index out of range
---
-- Endless recursion.
local function f(n) return 1 + f(n + 1) end --- expect: stack overflow
local ok, err = pcall(f, 1)
assert(not ok and err:find("stack overflow", 1, true), err)
f(1)
---
-- Recursion through everything that calls.
local t
local function caught(f) 
  local ok, err = pcall(f)
  assert(not ok and tostring(err):find("stack overflow", 1, true), err)
end
t = setmetatable({}, {
  __index = function(t, k) return t[k] end,
  __newindex = function(t, k, v) t[k] = v end,
  __call = function(t, ...) return 1 + t(...) end,
  __concat = function(a, b) return a .. b end,
  __eq = function(a, b) return a == setmetatable({}, getmetatable(a)) end,
  __lt = function(a, b) return a < b end,
  __le = function(a, b) return a <= b end,
  __unm = function(a) return -a end,
  __add = function(a, b) return a + b end,
  __len = function(a) return #a end,
  __tostring = function(a) return tostring(a) end, --- expect: stack overflow
})
local u = setmetatable({}, getmetatable(t))
caught(function() return t.x end)
caught(function() t.x = 1 end)
caught(function() return 1 + t() end)
caught(function() return t .. "x" end)
caught(function() return t == u end)
caught(function() return t < u end)
caught(function() return t <= u end)
caught(function() return -t end)
caught(function() return t + 1 end)
caught(function() return #t + 1 end)
caught(function() return tostring(t) .. "" end)
local function sorts() table.sort({3, 2, 1}, function(a, b) sorts() return a < b end) end
caught(sorts)
local function replaces() return (("x"):gsub("x", function() replaces() end)) end
caught(replaces)
local function iterates() for _ in function() iterates() end do end end
caught(iterates)
local function loads() load(function() loads() end) end
caught(loads)
tostring(t)
---
-- pcall within pcall without end.
local depth = 0
local function f() depth = depth + 1 pcall(f) end
f()
assert(depth > 500 and depth < 5000, depth)
local function g() depth = depth + 1 return xpcall(g, g) end
g()
---
-- A handler that fails, and one that calls itself.
local ok, err = xpcall(error, function() error("again") end, "first")
assert(not ok and tostring(err):find("again", 1, true), err)
local calls = 0
local function handler() calls = calls + 1 return xpcall(error, handler) end
assert(not xpcall(error, handler))
assert(calls > 10 and calls < 5000, calls)
---
-- Chains of __index.
local t = {}
for i = 1, 90 do t = setmetatable({}, {__index = t}) end
assert(t.x == nil)
for i = 1, 20 do t = setmetatable({}, {__index = t}) end
local x = t.x --- expect: too many recursions in gettable
---
-- __index that leads back.
local a, b = {}, {}
setmetatable(a, {__index = b})
setmetatable(b, {__index = a})
assert(not pcall(function() return a.x end))
setmetatable(a, {__newindex = b})
setmetatable(b, {__newindex = a})
a.x = 1 --- expect: too many recursions in settable
---
-- A chain of __call.
local t = print
for i = 1, 1000 do t = setmetatable({}, {__call = t}) end
t() --- expect: attempt to call a non-function object
---
-- Coroutines within coroutines.
local depth = 0
local function f()
  depth = depth + 1
  local ok, err = coroutine.resume(coroutine.create(f))
  if not ok then error(err, 0) end
end
local ok, err = pcall(f)
assert(not ok and err:find("too many coroutines resume one another", 1, true), err)
assert(depth < 500)
---
-- A coroutine that resumes itself.
local w
w = coroutine.wrap(function() return w() end) --- expect: cannot resume
w()
---
-- Many coroutines.
for i = 1, 20000 do
  local w = coroutine.wrap(function(x) coroutine.yield(x) error("never") end)
  assert(w(i) == i)
end
---
-- Nested sources: the compiler's stack is Go's, whose overflow nothing survives.
for _, s in ipairs{"(", "{", "[[", "f(", "function() ", "do ", "if x then ", "a[", "not ", "- ", "x=", "x=#", "..", "return "} do
  assert(not load(s:rep(1e5)), s)
end
for _, s in ipairs{"a.", "1+", "f()", "x..", "1^", "a and ", "{}", ";", "elseif x then "} do
  load("return " .. s:rep(1e5) .. "x")
end
local f, err = load(("{"):rep(1e6))
error(err, 0) --- expect: nested more than 200 deep
---
-- Sources that are too large, whole or in pieces.
assert(not load((" "):rep(5e6)))
local f, err = load(function() return (" "):rep(1e5) end)
assert(not f and err:find("bytes, more than 4194304", 1, true), err)
---
-- Sparse tables.
local t = {}
t[4000000] = 1
assert(#t == 4000000)
t[2^53], t[-1], t[1e308], t[math.huge], t[0.5] = 1, 2, 3, 4, 5
t[4000000] = nil
assert(#t == 0)
assert(next(t) ~= nil)
t[0/0] = 1 --- expect: table index is NaN
---
-- A table that was filled and emptied.
local t = {}
for i = 1, 2e4 do t["k" .. i] = i end
for i = 1, 2e4 do t["k" .. i] = nil end
assert(next(t) == nil)
t.last = true
local n = 0
for k in pairs(t) do n = n + 1 end
assert(n == 1)
---
-- Orders that contradict themselves.
local t = {}
for i = 1, 1000 do t[i] = i end
table.sort(t, function() return true end)
table.sort(t, function() return false end)
table.sort(t, function(a, b) return math.random() < 0.5 end)
assert(#t == 1000)
local ok = pcall(table.sort, {3, "x", {}})
assert(not ok)
table.sort(t, function(a, b) if a == 500 then t[1] = nil t[2000] = 1 end return a < b end)
---
-- Hostile patterns end in an error, or are charged by the step.
for _, p in ipairs{("a?"):rep(3000), ("("):rep(40), ("[a"):rep(3000), "%", "[", "%f", "%b", "%bx", "(", ")", "%1", "(()", ("%b()"):rep(3000), ("."):rep(2e6)} do
  pcall(string.find, ("a"):rep(100), p)
  pcall(string.gsub, ("a"):rep(100), p, "%1")
end
assert(not ("a"):rep(60):find(("a*"):rep(4) .. "b"))
string.find("x", ("("):rep(40)) --- expect: too many captures
---
-- Texts that are no numbers for their length.
local s = ("1"):rep(1e6)
assert(tonumber(s) == nil)
for _, f in ipairs{function() return s + 1 end, function() return -s end, function() return s % 2 end, function() return math.floor(s) end,
  function() return ("x"):rep(s) end, function() return ("%d"):format(s) end, function() return math.max(1, s) end} do
  local ok, err = pcall(f)
  assert(not ok and err:find("a text of more than 4096 bytes is no number", 1, true), err)
end
local o = setmetatable({}, {__add = function(a, b) return type(a) .. type(b) end}) -- takes any text
assert(o + s == "tablestring" and s + o == "stringtable")
return 1 + s --- expect: a text of more than 4096 bytes is no number
---
-- Messages do not repeat a text of any length.
local s = ("k"):rep(1e6)
for _, f in ipairs{function() return (nil)[s] end, function() (nil)[s] = 1 end, function() require(s) end, function() os.date(s) end, function() ("x"):rep(1, s)() end} do
  local ok, err = pcall(f)
  assert(not ok and #err < 5000, #err)
end
require(s) --- expect: the module's name has more than 1000 bytes
---
-- Errors that grow.
local function f(n, e) if n == 0 then error(e) end local ok, err = pcall(f, n - 1, e .. "x") error(err .. "y") end
local ok, err = pcall(f, 200, "x")
assert(not ok and #err < 20000, #err)
---
-- What a kill or limit comes through cannot be replaced or caught by a script.
local stock = {pcall, xpcall, error, coroutine.resume}
pcall, xpcall, error = nil, nil, nil
for _, f in ipairs(stock) do assert(type(f) == "function") end
assert(dofile == nil and loadfile == nil and debug == nil and io.open == nil and os.execute == nil and package == nil and module == nil)
assert(string.dump == nil and newproxy == nil and channel == nil)
---
-- Metatables of the runtime's own cannot be reached.
for _, v in ipairs{int64("9007199254740993"), select(2, require("test").fail())} do
  assert(type(getmetatable(v)) == "string")
  assert(not pcall(setmetatable, v, {}))
  assert(not pcall(rawset, v, "x", 1))
end
assert(not pcall(setmetatable, "x", {}))
setmetatable(_G, {__index = function(t, k) return k end})
assert(undefined == "undefined")
