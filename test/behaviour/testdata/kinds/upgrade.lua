-- A process that goes on as another entry fails as that does.
--- needs: upgrades
local guest = ...
local check = require("check")
local e = check.finish(guest.upgrades, guest.fails)
check.eq(e.reason, "error")
check.eq(e.entry, guest.fails)
check.eq(e.report.entry, guest.fails)
check.eq(#e.error:traceback() > 0, true)
---
-- It returns what the entry returns, once.
--- needs: upgrades
local guest = ...
local check = require("check")
local pid = assert(process.spawn_monitored(guest.upgrades, "processes", guest.product, 6, 7))
local e = check.exit(pid)
check.eq(e.reason, "normal")
check.eq(e.entry, guest.product)
check.eq(e.value, 42)
check.eq(process.receive(0), nil)
check.eq(process.exec(guest.upgrades, "processes", guest.product, 6, 7), 42)
check.eq(process.exec(guest.upgrades, "processes", guest.upgrades, guest.upgrades, guest.product, 2, 3), 6)
---
-- Where there is no such entry nothing has changed.
--- needs: upgrades
local guest = ...
local check = require("check")
local e = check.finish(guest.upgrades, guest.product .. "x", 6, 7)
check.eq(e.entry, guest.upgrades)
check.eq(e.error:kind(), "not_found")
check.has(e.error, 'did you mean')
local e = check.finish(guest.upgrades, "processes")
check.eq(e.entry, guest.upgrades)
check.eq(e.error:kind(), "invalid")
check.has(e.error, "cannot be spawned")
---
-- The limits are those of the new entry.
--- needs: upgrades fuelled late
local guest = ...
local check = require("check")
local clock = require("clock")
local e = check.finish(guest.upgrades, guest.fuelled)
check.eq(e.reason, "limit")
check.eq(e.entry, guest.fuelled)
check.eq(e.report.fuel, 12346) -- with what it used before
local pid = assert(process.spawn_monitored(guest.upgrades, "processes", guest.late))
while process.info(pid).entry ~= guest.late do time.sleep(0) end
check.waiting(pid)
check.eq(process.info(pid).limits, {max_execution_ms = 1000})
clock.advance(1)
local e = check.exit(pid)
check.eq(e.reason, "limit")
check.eq(e.entry, guest.late)
check.has(e.error, "max_execution_ms")
---
-- max_memory is that of the new entry.
--- needs: upgrades grows
local guest = ...
local check = require("check")
local had = check.finish(guest.grows, 1).value
check.eq(had > 0, true)
check.eq(check.finish(guest.upgrades, guest.grows, 1).value, had)
check.eq(check.finish(guest.upgrades, guest.grows, 2).value, -1)
---
-- A process that was upgraded is killed, and cancelled, as any.
--- needs: upgrades loops waits
local guest = ...
local check = require("check")
for _, entry in ipairs{guest.loops, guest.waits} do
  local pid = assert(process.spawn_monitored(guest.upgrades, "processes", entry))
  while process.info(pid).entry ~= entry do time.sleep(0) end
  process.terminate(pid)
  local e = check.exit(pid)
  check.eq(e.reason, "killed")
  check.eq(e.entry, entry)
  local pid = assert(process.spawn_monitored(guest.upgrades, "processes", entry))
  process.cancel(pid, "enough", 0)
  check.eq(check.exit(pid).reason, "cancelled")
end
check.eq(process.list("processes"), {})
