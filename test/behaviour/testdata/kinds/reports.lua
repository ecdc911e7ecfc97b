-- A normal end has no report.
local guest = ...
local check = require("check")
check.eq(check.finish(guest.product, 6, 7).report, nil)
---
-- The report of a failure says what the process was and had used.
local guest = ...
local check = require("check")
local e = check.finish(guest.fails)
local r = e.report
check.eq(r.pid, e.from)
check.eq(r.entry, guest.fails)
check.eq(r.group, "app:processes")
check.eq(r.reason, "error")
check.eq(r.error, tostring(e.error))
check.eq(table.concat(r.trace, "\n"), e.error:traceback())
check.eq(#r.trace >= 2, true)
check.eq(type(r.memory), "number")
check.eq(type(r.fuel), "number")
check.eq(r.steps >= 1, true)
check.eq(tostring(r.uptime), "0s")
---
-- The report of a limit has the work and time that it took.
--- needs: fuelled
local guest = ...
local check = require("check")
local r = check.finish(guest.fuelled).report
check.eq(r.reason, "limit")
check.eq(r.fuel, 12346)
check.eq(r.error:sub(1, 8), "max_fuel")
---
-- The report of one that was killed has its peak of memory.
--- needs: loops
local guest = ...
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored(guest.loops, "processes"))
while process.info(pid).steps < 2 do time.sleep(0) end
clock.advance(90)
process.terminate(pid)
local e = check.exit(pid)
check.eq(e.report.reason, "killed")
check.eq(e.report.trace, {})
check.eq(tostring(e.report.uptime), "1m30s")
check.eq(e.report.fuel > 0, true)
---
-- The report of one that never began.
--- executors: 1
local guest = ...
local check = require("check")
check.finish(guest.nothing)
local pid = assert(process.spawn_monitored(guest.nothing, "processes"))
process.terminate(pid)
local r = check.exit(pid).report
check.eq(r.reason, "killed")
check.eq(r.fuel, 0)
---
-- noproc has no report.
local check = require("check")
process.monitor("<1.1.999999>")
local e = process.receive()
check.eq(e.reason, "noproc")
check.eq(e.report, nil)
