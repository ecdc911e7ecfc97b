-- CANCEL says who, why and until when.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.polite", "processes", process.self()))
check.message("ready")
check.eq(process.cancel(pid, "enough", "3s"), true)
local e = check.exit(pid)
check.eq(e.reason, "normal") -- its own
check.eq(e.values[1], process.self())
check.eq(e.values[2], "enough")
check.eq(tostring(e.values[3] - time.now()), "3s")
---
-- After a cancel a failure is the process's own.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.breaks", "processes", process.self()))
check.message("ready")
process.cancel(pid, "me", 60)
local e = check.exit(pid)
check.eq(e.reason, "error")
check.has(e.error, "broken by me")
---
-- One that ignores CANCEL is killed at the deadline.
local check = require("check")
local clock = require("clock")
for _, entry in ipairs{"lua.stubborn", "lua.busy"} do
  local pid = assert(process.spawn_monitored(entry, "processes", process.self()))
  process.receive({type = "MESSAGE", from = pid})
  process.cancel(pid, "stop", 1)
  clock.advance(1)
  local e = check.exit(pid)
  check.eq(e.reason, "cancelled")
  check.eq(e.error:kind(), "cancelled")
end
---
-- terminate of one's own process.
local check = require("check")
check.eq(check.finish("lua.kills_itself").reason, "killed")
---
-- cancel of the dead is an error.
local check = require("check")
local pid = check.finish("lua.nothing").from
local ok, err = process.cancel(pid, "late")
check.eq(ok, nil)
check.eq(err:kind(), "noproc")
