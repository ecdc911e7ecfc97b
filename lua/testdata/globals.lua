-- Libraries open lazily, and nobody can tell.
assert(_G._G == _G and _G.print == print and rawget(_G, "print") == print)
assert(rawget(_G, "math") == math and next(_G) ~= nil)
assert(getmetatable(_G) == nil)
---
local seen = {}
for k in pairs(_G) do seen[k] = true end
for _, k in ipairs {"print", "string", "table", "math", "os", "io", "coroutine", "process", "int64", "arg", "_G", "_VERSION", "require"} do
	assert(seen[k], k)
end
for _, k in ipairs {"dofile", "loadfile", "module", "newproxy", "_printregs", "debug", "package", "channel"} do
	assert(not seen[k] and _G[k] == nil, k)
end
---
print = nil
assert(print == nil and rawget(_G, "print") == nil)
local p = string
string = nil
assert(string == nil)
for k in pairs(_G) do assert(k ~= "print" and k ~= "string") end
assert(("x"):upper() == "X" and p.upper("x") == "X")
---
rawset(_G, "math", nil)
assert(math == nil)
x = 1
assert(_G.x == 1 and rawget(_G, "x") == 1)
---
setmetatable(_G, {__index = function(_, k) error("no global " .. k, 2) end})
assert(print and string and math)
local y = undefined --- expect: no global undefined
---
assert(undefined == nil)
assert(rawget(_G, 1) == nil and _G[1] == nil and _G[true] == nil)
local env = setmetatable({}, {__index = _G})
setfenv(1, env)
assert(print and math.floor(1.5) == 1)
z = 5
assert(env.z == 5 and _G.z == nil)
---
assert(getmetatable("").__index == string)
function string.twice(s) return s .. s end
assert(("ab"):twice() == "abab")
---
assert(not pcall(setmetatable, "", {}) and not pcall(setmetatable, 1, nil))
assert(not pcall(setmetatable, int64(1), {}))
assert(not pcall(setmetatable, setmetatable({}, {__metatable = 1}), {}))
assert(collectgarbage() == 0 and collectgarbage("count") == 0)
local t = rawset({}, "a", 1)
assert(t.a == 1)
assert(arg[0] == "globals.lua" and #arg == 0)
---
assert(process and require("process") == process)
assert(os.getenv == nil and os.exit == nil and os.execute == nil and os.remove == nil)
assert(io.open == nil and io.popen == nil and string.dump == nil)
