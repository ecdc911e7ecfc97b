-- Members are who joined, once each, and are told what is broadcast.
--- needs: member members broadcasts
local guest = ...
local check = require("check")
local pids = {}
for i = 1, 3 do
  pids[i] = assert(process.spawn_monitored(guest.member, "processes", "readers", process.self()))
  check.message("ready")
  check.eq(process.info(pids[i]).groups, {"readers"})
end
check.eq(process.group.members("readers"), pids)
check.eq(check.finish(guest.members, "readers").values, {pids[1], pids[2], pids[3], n = 3})
check.eq(process.group.broadcast("readers", "news", 1, "x"), 3)
local from = {}
for _ = 1, 3 do
  local e = check.message("news")
  check.eq(e.payloads, {1, "x", n = 2})
  from[e.from] = true
end
check.eq(from[pids[1]] and from[pids[2]] and from[pids[3]], true)
process.send(pids[2], "leave")
check.eq(check.message("left").payloads, {true, false, n = 2})
check.eq(process.group.members("readers"), {pids[1], pids[3]})
check.eq(process.group.leave("readers", pids[1]), true)
check.eq(process.group.leave("readers", pids[1]), false)
check.eq(check.finish(guest.broadcasts, "readers", "stop").value, 1)
check.eq(check.exit(pids[3]).value, "stopped")
check.eq(process.group.members("readers"), {})
check.eq(check.finish(guest.broadcasts, "readers", "stop").value, 0)
check.eq(check.finish(guest.members, "readers").values, {n = 0})
---
-- Who is dead is no member once the EXIT is there.
--- needs: member
local guest = ...
local check = require("check")
for _ = 1, 20 do
  local pid = assert(process.spawn_monitored(guest.member, "processes", "mortals", process.self()))
  check.message("ready")
  process.terminate(pid)
  check.exit(pid)
  check.eq(process.group.members("mortals"), {})
  local ok, err = process.group.join("mortals", pid)
  check.eq(ok, nil)
  check.eq(err:kind(), "noproc")
end
---
-- A monitor gives the members, and then every change.
--- needs: observes waits
local guest = ...
local check = require("check")
local function waits() return assert(process.spawn_monitored(guest.waits, "other")) end
local one, two, three = waits(), waits(), waits()
process.group.join("g", two)
process.group.join("g", one)
local pid = assert(process.spawn_monitored(guest.observes, "processes", "g", process.self()))
check.eq(check.message("members").payloads, {one, two, n = 2})
local function following()
  process.send(pid, "next")
  local e = process.receive(function(e) return e.topic == "change" or e.topic == "none" or e.from == pid and e.error end)
  return e.payloads or error(e.error)
end
check.eq(following(), {n = 0})
process.group.join("g", three)
check.eq(following(), {1, three, n = 2})
check.eq(following(), {n = 0})
process.group.leave("g", one)
process.group.join("g", one) -- as it was
process.group.join("g", pid)
check.eq(following(), {1, pid, n = 2})
process.terminate(two)
check.exit(two)
process.group.leave("g", pid)
check.eq(following(), {0, two, pid, n = 3})
process.group.join("g", pid)
process.send(pid, "end")
check.eq(check.exit(pid).values, {true, false, n = 2})
process.group.join("g", one)
check.eq(process.group.members("g"), {one, three})
