-- terminate before the start.
--- executors: 1
local guest = ...
local check = require("check")
check.eq(check.finish(guest.product, 1, 1).value, 1) -- compiled from here on
local pid = assert(process.spawn_monitored(guest.product, "processes", 6, 7))
check.eq(process.info(pid).state, "starting")
check.eq(process.terminate(pid), true)
check.eq(process.info(pid).state, "ending")
local e = check.exit(pid)
check.eq(e.reason, "killed")
check.eq(e.value, nil)
check.eq(e.entry, guest.product)
check.eq(e.error:kind(), "killed")
check.eq(#tostring(e.error) > 0, true)
---
-- terminate while it waits.
--- needs: waits
local guest = ...
local check = require("check")
local pid = assert(process.spawn_monitored(guest.waits, "processes"))
check.waiting(pid)
check.eq(process.terminate(pid), true)
local e = check.exit(pid)
check.eq(e.reason, "killed")
check.eq(e.error:kind(), "killed")
---
-- terminate while it loops.
--- needs: loops
--- executors: 1
local guest = ...
local check = require("check")
local pid = assert(process.spawn_monitored(guest.loops, "processes"))
while process.info(pid).steps < 2 do time.sleep(0) end
check.eq(process.terminate(pid), true)
check.eq(check.exit(pid).reason, "killed")
---
-- A loop leaves time to others.
--- needs: loops
--- executors: 1
local guest = ...
local check = require("check")
local loops = {}
for i = 1, 4 do loops[i] = assert(process.spawn_monitored(guest.loops, "processes")) end
for i = 1, 20 do check.eq(check.finish(guest.product, i, i).value, i * i) end
for i = 1, 4 do
  process.terminate(loops[i])
  check.eq(check.exit(loops[i]).reason, "killed")
end
---
-- terminate twice is one end.
--- needs: waits
local guest = ...
local check = require("check")
local pid = assert(process.spawn_monitored(guest.waits, "processes"))
process.terminate(pid)
process.terminate(pid)
check.eq(check.exit(pid).reason, "killed")
check.eq(process.receive(0), nil)
---
-- cancel of one that has not started.
--- executors: 1
local guest = ...
local check = require("check")
check.eq(check.finish(guest.nothing).reason, "normal") -- compiled from here on
local pid = assert(process.spawn_monitored(guest.nothing, "processes"))
check.eq(process.cancel(pid, "no need", 5), true)
local e = check.exit(pid)
-- What cannot wait is killed at once; what can has until the deadline, and
-- keeps its own reason.
check.eq(e.reason == "cancelled" or e.reason == "normal", true, e.reason)
check.eq(e.error and e.error:kind(), e.reason == "cancelled" and "cancelled" or nil)
---
-- cancel kills at the deadline.
--- needs: waits
local guest = ...
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored(guest.waits, "processes"))
check.waiting(pid)
check.eq(process.cancel(pid, "time is up", 2), true)
clock.wait(1)
clock.advance(1.9)
check.eq(process.info(pid).state, "waiting")
clock.advance(0.2)
local e = check.exit(pid)
check.eq(e.reason, "cancelled")
check.eq(e.error:kind(), "cancelled")
---
-- cancel has a deadline of five seconds.
--- needs: waits
local guest = ...
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored(guest.waits, "processes"))
check.waiting(pid)
process.cancel(pid)
clock.wait(1)
clock.advance(4.999)
check.eq(process.info(pid).state, "waiting")
clock.advance(0.001)
check.eq(check.exit(pid).reason, "cancelled")
---
-- max_execution_ms ends one that waits.
--- needs: late
local guest = ...
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored(guest.late, "processes"))
clock.wait(1)
clock.advance(0.999)
check.eq(process.info(pid).pid, pid)
clock.advance(0.001)
local e = check.exit(pid)
check.eq(e.reason, "limit")
check.eq(e.error:kind(), "limit")
check.eq(tostring(e.error):sub(1, 16), "max_execution_ms")
check.has(e.error, "1000 ms")
---
-- max_execution_ms of the group ends one that loops.
--- needs: loops
local guest = ...
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored(guest.loops, "hurried"))
clock.wait(1)
clock.advance(1)
local e = check.exit(pid)
check.eq(e.reason, "limit")
check.has(e.error, "max_execution_ms")
---
-- max_fuel ends one that loops.
--- needs: fuelled
local guest = ...
local check = require("check")
local e = check.finish(guest.fuelled)
check.eq(e.reason, "limit")
check.eq(e.error:kind(), "limit")
check.has(e.error, "max_fuel: the process used 12346 of 12345 units")
---
-- cancel of a loop that cannot learn of it, or does not listen.
--- needs: loops
--- executors: 1
local guest = ...
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored(guest.loops, "processes"))
while process.info(pid).steps < 2 do time.sleep(0) end
process.cancel(pid, "enough", 1)
clock.advance(1)
check.eq(check.exit(pid).reason, "cancelled")
