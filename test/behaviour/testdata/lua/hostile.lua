-- A hostile process harms only itself: others run meanwhile, and it can be killed.
--- executors: 1
local check = require("check")
local echo = assert(process.spawn("lua.echo", "processes", process.self()))
check.message("ready")
local hostile = {
  ["equal texts"] = [[local s, u = ("x"):rep(1e7), ("x"):rep(1e7 - 1) .. "x" while true do local e = s == u end]],
  ["ordered texts"] = [[local s, u = ("x"):rep(1e7), ("x"):rep(1e7) .. "x" while true do local e = s < u or s <= u end]],
  ["long concatenation"] = [[local s = ("x"):rep(1e7) while true do local u = s .. s end]],
  ["long key"] = [[local t, s = {}, ("x"):rep(1e7) while true do t[s] = s end]],
  ["length of holes"] = [[local t = {} t[1e6] = 1 t[1e6] = nil while true do local n = #t end]],
  ["next over holes"] = [[local t = {} t[1e6] = 1 t[1e6] = nil while true do next(t) end]],
  ["next over dead keys"] = [[local t = {} for i = 1, 2e4 do t[i + 0.5] = 1 t[i + 0.5] = nil end t.x = 1 while true do next(t) end]],
  ["sparse tables"] = [[while true do local t = {} t[1e6] = 1 end]],
  ["growing table"] = [[while true do local t = {} for i = 1, 3e5 do t[#t + 1] = i end end]],
  ["inserts first"] = [[local t = {} for i = 1, 1e5 do t[i] = i end while true do table.insert(t, 1, 1) table.remove(t, 1) end]],
  ["string.rep"] = [[while true do local s = ("x"):rep(1e7) end]],
  ["table.concat"] = [[local t, s = {}, ("x"):rep(1e5) for i = 1, 100 do t[i] = s end while true do local u = table.concat(t) end]],
  ["string.format"] = [[local s = ("x"):rep(1e6) while true do local u = ("%s%q"):format(s, s) end]],
  ["gsub"] = [[local s = ("x"):rep(1e5) while true do local u = s:gsub("x", "yyyyyyyyyy") end]],
  ["pattern"] = [[local s = ("a"):rep(1e5) while true do s:find("a*a*a*a*b") end]],
  ["unpack"] = [[local t = {} for i = 1, 6e4 do t[i] = i end while true do select("#", unpack(t)) end]],
  ["recursion"] = [[local function f(n) return 1 + f(n + 1) end while true do pcall(f, 1) end]],
  ["metamethods"] = [[local t t = setmetatable({}, {__concat = function(a, b) return a .. b end}) while true do pcall(function() return t .. t end) end]],
  ["tostring"] = [[local t t = setmetatable({}, {__tostring = function(a) return tostring(a) end}) while true do pcall(tostring, t) end]],
  ["coroutines"] = [[while true do coroutine.wrap(function() coroutine.yield() end)() end]],
  ["coroutine that loops"] = [[coroutine.wrap(function() while true do end end)()]],
  ["caught kills"] = [[while true do pcall(function() while true do pcall(error) end end) end]],
  ["handlers"] = [[local function h() return xpcall(error, h) end while true do xpcall(error, h) end]],
  ["error messages"] = [[local s = ("x"):rep(1e6) while true do pcall(error, s) pcall(function() error(s) end) end]],
  ["comparator"] = [[local t = {} for i = 1, 1e4 do t[i] = i end while true do table.sort(t, function() return math.random() < 0.5 end) end]],
  ["nested sources"] = [[local s = ("{"):rep(1e5) while true do load(s) end]],
  ["long sources"] = [[local s = ("local x = 1 "):rep(1000) while true do load(s) end]],
  ["numerals"] = [[local s = ("1"):rep(1e6) while true do pcall(function() return s + 1 end) tonumber(s) end]],
  ["matched texts"] = [[
    local s, u = ("x"):rep(2^24) .. "a", ("x"):rep(2^24) .. "b"
    for i = 1, 1000 do process.send(process.self(), "x", s) end
    while true do process.receive(0, {payload = u}) end]],
  ["matched tables"] = [[
    local t, u = {}, {} for i = 1, 5e4 do t[i] = i u[i] = i end u[#u] = 0
    for i = 1, 100 do process.send(process.self(), "x", t) end
    while true do process.receive(0, {payload = u}) end]],
  ["messages to itself"] = [[while true do process.send(process.self(), "x", {1, 2, 3}) process.receive(0) end]],
}
for name, code in pairs(hostile) do
  local pid = assert(process.spawn_monitored("lua.runs", "processes", code, process.self()))
  check.message("begun")
  for i = 1, 20 do
    process.send(echo, "ping", i)
    check.eq(check.message("ping").payload, i, name)
  end
  assert(process.info(pid), name)
  process.terminate(pid)
  check.eq(check.exit(pid).reason, "killed", name)
end
---
-- max_memory ends a process for what it holds, and not for its garbage.
local check = require("check")
for _, code in ipairs{
  [[local t = {} while true do t[#t + 1] = {} end]],
  [[local t = {} while true do pcall(function() t[#t + 1] = ("x"):rep(1e4) .. #t end) end]],
  [[local s = "x" while true do s = s .. s end]],
  [[local t, i = {}, 0 while true do i = i + 1 t["k" .. i] = 1 t["k" .. i] = nil end]],
  [[local t = {} coroutine.wrap(function() while true do t = {t} end end)()]],
  [[local t = {} while true do t[#t + 1] = coroutine.create(print) end]],
  [[pcall(string.rep, "x", 1e8)]],
} do
  local e = check.finish("lua.runs_bounded", code)
  check.eq(e.reason, "limit", code)
  check.has(e.error, "max_memory: ")
  check.has(e.error, " of 2000000")
end
check.eq(check.finish("lua.runs_bounded", [[for i = 1, 1000 do local s = ("x"):rep(1e5) .. i local t = {s} end return "done"]]).value, "done")
---
-- A process tells how much memory it holds.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.runs", "processes", [[
  local kept = ("x"):rep(1e6)
  process.receive(function() return false end)
  return kept]], process.self()))
check.message("begun")
check.waiting(pid)
local memory = process.info(pid).memory
assert(memory > 1e6 and memory < 2e6, memory)
process.terminate(pid)
check.exit(pid)
---
-- What is no name, ID or PID is short in the message that says so, and is kept nowhere.
local check = require("check")
for _, long in ipairs{("x"):rep(2^24), "<" .. ("1"):rep(2^24), "app:" .. ("x"):rep(2^24)} do
  for name, call in pairs{
    spawn = function() return process.spawn(long, "processes") end,
    group = function() return process.spawn("lua.product", long) end,
    exec = function() return process.exec(long, long) end,
    list = function() return process.list(long) end,
    send = function() return process.send(long, "x") end,
    monitor = function() return process.monitor(long) end,
    link = function() return process.link(long) end,
    cancel = function() return process.cancel(long) end,
    terminate = function() return process.terminate(long) end,
    info = function() return process.info(long) end,
    register = function() return process.registry.register(long) end,
    unregister = function() return process.registry.unregister(long) end,
    match = function() return nil, select(2, pcall(process.receive, 0, {[long] = 1})) end,
    env = function() return require("env").get(long) end,
    int64 = function() return nil, select(2, pcall(int64, long)) end,
  } do
    local ok, err = call()
    check.eq(ok, nil, name)
    assert(#tostring(err) < 400, name)
  end
end
check.eq(process.receive(0), nil)
