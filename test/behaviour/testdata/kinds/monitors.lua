-- Monitoring the dead is EXIT with noproc.
local guest = ...
local check = require("check")
local pid = check.finish(guest.nothing).from
local ref, err = process.monitor(pid)
check.eq(err, nil)
local e = process.receive(0)
check.eq(e.type, "EXIT")
check.eq(e.ref, ref)
check.eq(e.from, pid)
check.eq(e.reason, "noproc")
check.eq(e.error:kind(), "noproc")
check.eq(e.values, {n = 0})
---
-- Each monitor gives its own EXIT.
--- executors: 1
local guest = ...
local check = require("check")
check.finish(guest.product, 1, 1)
local pid = assert(process.spawn_monitored(guest.product, "processes", 6, 7))
local one, two = process.monitor(pid), process.monitor(pid)
check.eq(one ~= two, true)
local refs = {}
for _ = 1, 3 do -- the third is spawn_monitored's
  local e = check.exit(pid)
  check.eq(refs[e.ref], nil)
  refs[e.ref] = true
  check.eq(e.reason, "normal")
  check.eq(e.value, 42)
end
check.eq(refs[one] and refs[two], true)
check.eq(process.receive(0), nil)
---
-- unmonitor ends one monitor.
--- executors: 1
local guest = ...
local check = require("check")
check.finish(guest.nothing)
local pid = assert(process.spawn(guest.nothing, "processes"))
local one, two = process.monitor(pid), process.monitor(pid)
check.eq(process.unmonitor(one), true)
check.eq(process.unmonitor(one), false)
check.eq(check.exit(pid).ref, two)
check.eq(process.receive(0), nil)
---
-- unmonitor removes an EXIT that is queued.
local guest = ...
local check = require("check")
local pid = assert(process.spawn(guest.nothing, "processes"))
local one, two, three = process.monitor(pid), process.monitor(pid), process.monitor(pid)
local e = check.exit(pid)
process.send(process.self(), "kept")
-- The others are queued as well by now, or come at once.
local left = {}
for _, ref in ipairs{one, two, three} do if ref ~= e.ref then left[#left + 1] = ref end end
check.eq(process.unmonitor(left[1]), true)
check.eq(process.receive({ref = left[2]}).from, pid)
check.eq(process.receive(0).topic, "kept")
check.eq(process.receive(0), nil)
check.eq(process.unmonitor(left[2]), false)
---
-- unmonitor of a PID ends all monitors of it, queued ones too.
--- executors: 1
local guest = ...
local check = require("check")
check.finish(guest.nothing)
local pid = assert(process.spawn_monitored(guest.nothing, "processes"))
process.monitor(pid)
check.eq(process.unmonitor(pid), true)
check.eq(process.unmonitor(pid), false)
local other = check.finish(guest.nothing).from -- meanwhile pid ended
local pid = assert(process.spawn_monitored(guest.nothing, "processes"))
process.monitor(pid)
check.exit(pid)
check.eq(process.unmonitor(pid), true)
check.eq(process.receive(0), nil)
