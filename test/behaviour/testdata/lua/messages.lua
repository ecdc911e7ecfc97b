-- EXIT comes after every message that the process sent.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.says", "processes", process.self(), 500))
for i = 1, 500 do
  local e = process.receive()
  check.eq(e.type, "MESSAGE")
  check.eq(e.payload, i)
end
check.eq(process.receive().type, "EXIT")
---
-- A message has its sender, topic and values.
local check = require("check")
check.eq(process.send(process.self(), "empty"), true)
check.eq(process.send(process.self(), "holes", nil, 2, nil), true)
check.eq(process.receive(), {type = "MESSAGE", from = process.self(), topic = "empty", payloads = {n = 0}})
check.eq(process.receive(), {type = "MESSAGE", from = process.self(), topic = "holes", payloads = {nil, 2, nil, n = 3}})
---
-- receive by fields leaves the rest queued in order.
local check = require("check")
local me = process.self()
for i = 1, 6 do process.send(me, i % 2 == 0 and "even" or "odd", i) end
check.eq(process.receive({topic = "even"}).payload, 2)
check.eq(process.receive(0, {type = "MESSAGE", topic = "even", from = me}).payload, 4)
check.eq(process.receive({payload = 5}).payload, 5)
check.eq(process.receive(0, {topic = "none"}), nil)
check.eq(process.receive(0, {type = "EXIT"}), nil)
check.eq(process.receive(0, {from = "<1.1.999>"}), nil)
for _, want in ipairs{1, 3, 6} do check.eq(process.receive().payload, want) end
check.eq(process.receive(0), nil)
---
-- receive by function leaves the rest queued in order.
local check = require("check")
for i = 1, 6 do process.send(process.self(), "n", i) end
local function above(n) return function(e) return e.payload > n end end
check.eq(process.receive(above(3)).payload, 4)
check.eq(process.receive(0, above(6)), nil)
check.eq(process.receive(0, above(4)).payload, 5)
for _, want in ipairs{1, 2, 3, 6} do check.eq(process.receive().payload, want) end
---
-- A match function sees each event once while it waits.
local check = require("check")
local pid = assert(process.spawn("lua.says", "processes", process.self(), 50))
local seen = {}
local e = process.receive(function(e) seen[#seen + 1] = e.payload return e.payload == 50 end)
check.eq(e.payload, 50)
check.eq(#seen, 50)
for i = 1, 49 do check.eq(process.receive().payload, i) end
---
-- A match function may itself receive, and fail.
local check = require("check")
for i = 1, 4 do process.send(process.self(), "n", i) end
local inner
local outer = process.receive(function(e)
  if e.payload == 1 then inner = process.receive({payload = 3}) end
  return e.payload == 2
end)
check.eq(outer.payload, 2)
check.eq(inner.payload, 3)
local ok, err = pcall(process.receive, function() error("in the match", 0) end)
check.eq(ok, false)
check.eq(err, "in the match")
check.eq(process.receive().payload, 1) -- nothing was lost
check.eq(process.receive().payload, 4)
---
-- receive inside pcall, coroutines, metamethods and iterators.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.echo", "processes", process.self()))
check.message("ready")
local function ask(i)
  process.send(pid, "n", i)
  return process.receive({topic = "n"}).payload
end
check.eq(select(2, pcall(ask, 1)), 1)
check.eq(select(2, xpcall(function() return ask(2) end, print)), 2)
check.eq(coroutine.wrap(function() return ask(3) end)(), 3)
local co = coroutine.create(function()
  local got = ask(4)
  coroutine.yield(got)
  return pcall(ask, 5)
end)
check.eq(select(2, coroutine.resume(co)), 4)
check.eq(select(3, coroutine.resume(co)), 5)
local t = setmetatable({}, {
  __index = function(_, k) return ask(k) end,
  __add = function(_, n) return ask(n) end,
  __call = function(_, n) return ask(n) end,
  __tostring = function() return tostring(ask("text")) end,
  __lt = function() return ask(true) end,
  __eq = function() return ask(false) end,
})
check.eq(t[6], 6)
check.eq(t + 7, 7)
check.eq(t(8), 8)
check.eq(tostring(t), "text")
check.eq(t < setmetatable({}, getmetatable(t)), true)
check.eq(t == setmetatable({}, getmetatable(t)), false)
local n = 0
for v in function() n = n + 1 if n <= 3 then return ask(n) end end do check.eq(v, n) end
table.sort({3, 1, 2}, function(a, b) return ask(a) < ask(b) end)
check.eq(("abc"):gsub(".", function(c) return ask(c:upper()) end), "ABC")
---
-- A kill goes through pcall and coroutines.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.stubborn", "processes", process.self()))
check.message("ready")
process.terminate(pid)
check.eq(check.exit(pid).reason, "killed")
---
-- Messages to nobody are errors.
local check = require("check")
local ok, err = process.send("<1.1.999>", "topic")
check.eq(ok, nil)
check.eq(err:kind(), "noproc")
check.eq(tostring(err), "there is no process <1.1.999>")
check.eq(err:retryable(), false)
---
-- Misuse of an argument's type is an error of Lua.
local check = require("check")
for _, case in ipairs{
  {process.send, "process.send: argument 1: expected a PID or a registered name, got nothing"},
  {process.send, "process.send: argument 2: expected a topic (string), got 3", "<1.1.1>", 3},
  {process.spawn, "process.spawn: argument 1: expected an entry ID, got nothing"},
  {process.spawn, "process.spawn: argument 2: expected a process group's ID, got nothing", "x"},
  {process.spawn_monitored, "process.spawn_monitored: argument 1: expected an entry ID, got a table", {}},
  {process.monitor, "process.monitor: argument 1: expected a PID or a registered name, got 7", 7},
  {process.unmonitor, "process.unmonitor: argument 1: expected a monitor's ref, a PID or a registered name, got true", true},
  {process.receive, 'process.receive: argument 1: expected a duration, a number of seconds or a string like "5s", got "soon"', "soon"},
  {process.receive, "process.receive: argument 2: expected a match (table of fields or function), got 5", 1, 5},
  {process.receive, "process.receive: argument 1: an event has no field \"topics\" to match", {topics = 1}},
  {process.terminate, "process.terminate: argument 1: expected a PID or a registered name, got nothing"},
  {process.cancel, "process.cancel: argument 2: expected a reason (string), got 5", "<1.1.1>", 5},
} do
  local ok, err = pcall(case[1], unpack(case, 3, table.maxn(case)))
  check.eq(ok, false, case[2])
  check.has(err, case[2])
end
---
-- An error of Lua names the line.
process.send("<1.1.1>") --- expect error: process.send: argument 2: expected a topic (string), got nothing
---
-- A match that compares what is large is work, that can be interrupted and is paid for.
local check = require("check")
local function used(sent, wanted)
  for i = 1, 100 do process.send(process.self(), "x", sent) end
  local before = process.info().fuel
  assert(process.receive(0, {payload = wanted}) == nil)
  local fuel = process.info().fuel - before
  while process.receive(0) do end
  return fuel
end
local long = ("x"):rep(2^20)
assert(used(long .. "a", long .. "b") > 20000)
local t, u = {}, {}
for i = 1, 1000 do t[i], u[i] = {i}, {i} end
assert(used({deep = t}, {deep = u, more = true}) > 20000)
check.eq(process.receive(0, {payload = t}), nil)
process.send(process.self(), "x", {deep = t})
check.eq(process.receive(0, {payload = {deep = u}}).topic, "x")
