-- max_children and max_handles are errors that a process can handle.
local check = require("check")
local e = check.finish("lua.parent")
check.eq(e.reason, "normal")
check.eq(e.values[2]:kind(), "limit")
check.eq(tostring(e.values[2]), "max_children: the limit is 2 processes; 2 are alive, and the spawn asked for one more")
local e = check.finish("lua.few_handles", "handle")
check.eq(e.reason, "normal")
check.eq(tostring(e.value), "max_handles: the limit is 3 handles; 3 timers are held, and one more was asked for")
---
-- Whoever fails with one has hit its limit.
local check = require("check")
for _, how in ipairs{"assert", "error"} do
  local e = check.finish("lua.few_handles", how)
  check.eq(e.reason, "limit", how)
  check.eq(e.error:kind(), "limit")
  check.has(e.error, "max_handles")
  check.eq(e.report.reason, "limit")
end
---
-- Whoever fails with another's has not.
local check = require("check")
local foreign = check.finish("lua.few_handles", "handle").value
local e = check.finish("lua.raises_it", foreign)
check.eq(e.reason, "error")
check.eq(e.error:kind(), "failed")
check.has(e.error, "max_handles")
check.eq(e.error:value():kind(), "limit")
local _, err = process.exec("lua.fuel", "processes")
local e = check.finish("lua.raises_it", err)
check.eq(e.reason, "error")
check.has(e.error, "max_fuel")
---
-- A timer that was withdrawn or is due counts no more.
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored("lua.few_handles", "processes", "again"))
clock.wait(3)
clock.advance(1)
check.eq(check.exit(pid).value, "all of them")
---
-- What waits for a process takes no more than the process may, too.
local check = require("check")
for _, later in ipairs{false, true} do
  local e = check.finish("lua.hoards", later)
  check.eq(e.reason, "normal")
  check.eq(e.value < 12, true)
  if not later then
    check.eq(e.values[2]:kind(), "unavailable")
    check.has(e.values[2], "has no room for 102")
    check.has(e.values[2], "may hold 1048576")
  end
  check.eq(e.values[3]:kind(), "limit")
  check.has(e.values[3], "more were asked for; there may be 1048576")
  check.eq(e.values[4]:kind(), "invalid")
  check.has(e.values[4], "is too large for the mailbox of <")
end
