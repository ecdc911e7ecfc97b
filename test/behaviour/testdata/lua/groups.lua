-- A group is a set of processes by name.
local check = require("check")
local one, two = assert(process.spawn("lua.waits", "other")), assert(process.spawn("lua.waits", "other"))
check.eq(process.group.members("g"), {})
check.eq(process.group.join("g", two), true)
check.eq(process.group.join("g", one), true)
check.eq(process.group.join("g", two), true) -- already
check.eq(process.group.join("g"), true)
check.eq(process.group.members("g"), {process.self(), one, two}) -- the oldest first
check.eq(process.info().groups, {"g"})
process.registry.register("name", one)
process.group.join("h", "name")
check.eq(process.info(one).groups, {"g", "h"})
check.eq(process.group.leave("h", "name"), true)
check.eq(process.group.leave("h", "name"), false)
check.eq(process.group.leave("h", "ghost"), false)
check.eq(process.group.broadcast("g", "topic", {1, 2}), 3)
check.eq(process.receive().payload, {1, 2}) -- from itself, too
check.eq(process.info(one).mailbox, 1)
check.eq(process.group.broadcast("nobody", "topic"), 0)
---
-- What is wrong with a name or a process is an error.
local check = require("check")
local function fails(kind, text, ok, err)
  check.eq(ok, nil)
  check.eq(err:kind(), kind)
  check.has(err, text)
end
for name, text in pairs{[""] = "may not be empty", ["<1.1.1>"] = "is a PID", [("x"):rep(256)] = "may have 255 bytes, this one has 256"} do
  fails("invalid", text, process.group.join(name))
  fails("invalid", text, process.group.broadcast(name, "topic"))
  fails("invalid", text, process.group.monitor(name))
  check.eq(process.group.members(name), {})
  check.eq(process.group.leave(name), false)
end
fails("noproc", "ghost", process.group.join("g", "ghost"))
fails("invalid", "argument 1", process.group.broadcast("g", "topic", print))
for i = 1, 64 do check.eq(process.group.join("g" .. i), true) end
fails("limit", "is in 64 groups; it may be in 64", process.group.join("g65"))
for i = 1, 64 do assert(process.group.monitor("g" .. i)) end
fails("limit", "monitors 64 groups", process.group.monitor("g65"))
check.eq(process.group.demonitor(1), false)
---
-- Misuse of join.
process.group.join("g", {}) --- expect error: process.group.join: argument 2: expected a PID or a registered name, got a table
---
-- Misuse of broadcast.
process.group.broadcast("g") --- expect error: process.group.broadcast: argument 2: expected a topic (string), got nothing
---
-- Misuse of demonitor.
process.group.demonitor("g") --- expect error: process.group.demonitor: argument 1: expected a monitor's ref, got "g"
---
-- GROUP tells what has changed, in one event however much that is.
local check = require("check")
local ref, pids = process.group.monitor("g")
check.eq(pids, {})
local other = process.group.monitor("g") -- each monitor has its own
check.eq(ref ~= other, true)
process.group.join("g")
check.eq(process.receive({ref = other}).joined, {process.self()})
local one, two = assert(process.spawn_monitored("lua.waits", "other")), assert(process.spawn_monitored("lua.waits", "other"))
process.group.join("g", two)
process.group.join("g", one)
check.eq(process.receive({name = "g"}), {type = "GROUP", ref = ref, name = "g", joined = {process.self(), one, two}, left = {}})
check.eq(process.group.demonitor(other), true) -- with its event
check.eq(process.receive(0), nil)
process.terminate(one)
check.exit(one)
check.eq(process.receive(0), {type = "GROUP", ref = ref, name = "g", joined = {}, left = {one}})
process.group.leave("g", two)
process.group.join("g", two)
check.eq(process.receive(0), nil) -- nothing has changed
check.eq(process.group.demonitor(ref), true)
check.eq(process.group.demonitor(ref), false)
process.group.leave("g")
check.eq(process.receive(0), nil)
---
-- What a match refuses is kept, and grows; what it accepts is told once.
local check = require("check")
local clock = require("clock")
local ref = process.group.monitor("g")
local one, two = assert(process.spawn("lua.waits", "other")), assert(process.spawn("lua.waits", "other"))
process.group.join("g", one)
local seen = {}
check.eq(process.receive(0, function(e) seen[#seen + 1] = #e.joined return false end), nil)
process.group.join("g", two)
check.eq(process.receive(0, function(e) seen[#seen + 1] = #e.joined return false end), nil)
check.eq(seen, {1, 2})
process.send(process.self(), "message")
-- Who leaves while a match looks at it is told of afterwards.
local e = process.receive(function(e)
  if e.type ~= "GROUP" then return false end
  process.group.leave("g", one)
  process.group.join("g")
  return true
end)
check.eq(e.joined, {one, two})
check.eq(process.receive().topic, "message")
local e = process.receive()
check.eq({e.joined, e.left}, {{process.self()}, {one}})
check.eq(process.receive(0), nil)
-- A match may take the event itself, or end the monitor.
process.group.join("g", one)
check.eq(process.receive(0, function(e) return process.receive(0) and true end), nil)
process.group.leave("g", one)
check.eq(process.receive(0, function(e) return process.group.demonitor(ref) end), nil)
check.eq(process.receive(0), nil)
---
-- A receiver with a match waits for the change that it wants.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.runs", "processes", [[
  local ref = process.group.monitor("g")
  process.send("main", "monitors")
  local e = process.receive(function(e) return e.type == "GROUP" and #e.joined == 2 end)
  process.send("main", "received")
  return #e.joined, process.receive(0)
]], process.registry.register("main") and process.self()))
check.message("monitors")
check.waiting(pid)
process.group.join("g")
check.waiting(pid)
process.group.join("g", pid)
check.message("received")
check.eq(check.exit(pid).values, {2, nil, n = 2})
---
-- A full mailbox misses a broadcast, unless it drops the oldest; nobody waits.
local check = require("check")
local full = {}
for i, group in ipairs{"reject", "drop", "block"} do
  full[i] = assert(process.spawn("lua.waits", group))
  process.group.join("g", full[i])
end
check.eq(process.group.broadcast("g", "one"), 3)
check.eq(process.group.broadcast("g", "two"), 3)
check.eq(process.group.broadcast("g", "three"), 1)
for i = 1, 3 do
  check.eq(process.info(full[i]).mailbox, 2)
  check.eq(process.info(full[i]).dropped, 1)
end
