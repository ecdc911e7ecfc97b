-- spawn_monitored gives the result in EXIT.
local guest = ...
local check = require("check")
local pid, err = process.spawn_monitored(guest.product, "app:processes", 6, 7)
check.eq(err, nil)
local e = process.receive()
check.eq(e.type, "EXIT")
check.eq(e.from, pid)
check.eq(type(e.ref), "number")
check.eq(e.entry, guest.product)
check.eq(e.reason, "normal")
check.eq(e.value, 42)
check.eq(e.values, {42, n = 1})
check.eq(e.error, nil)
check.eq(e.code, nil)
check.eq(process.receive(0), nil)
---
-- spawn gives no EXIT.
local guest = ...
local check = require("check")
local pid = assert(process.spawn(guest.nothing, "processes"))
process.monitor(pid)
check.eq(check.exit(pid).type, "EXIT")
check.eq(process.receive(0), nil)
---
-- A PID is an opaque string, and never used twice.
local guest = ...
local check = require("check")
local seen = {[process.self()] = true}
for i = 1, 20 do
  local pid = assert(process.spawn_monitored(guest.nothing, "processes"))
  check.eq(pid:match("^<%d+%.%d+%.%d+>$"), pid)
  check.eq(seen[pid], nil)
  seen[pid] = true
  check.eq(check.exit(pid).reason, "normal")
end
---
-- Several results arrive in order.
local guest = ...
local check = require("check")
local e = check.finish(guest.several, 17, 5)
check.eq(e.reason, "normal")
check.eq(e.value, 3)
check.eq(e.values, {3, 2, n = 2})
---
-- No result is no value.
local guest = ...
local check = require("check")
local e = check.finish(guest.nothing)
check.eq(e.reason, "normal")
check.eq(e.value, nil)
check.eq(e.values, {n = 0})
check.eq(e.error, nil)
---
-- A failure is reason error, with an error value.
local guest = ...
local check = require("check")
local e = check.finish(guest.fails)
check.eq(e.reason, "error")
check.eq(e.entry, guest.fails)
check.eq(e.value, nil)
check.eq(e.values, {n = 0})
check.eq(e.code, nil)
check.eq(e.error:kind(), "failed")
check.eq(e.error:retryable(), false)
check.eq(tostring(e.error), e.error:message())
check.eq(#e.error:message() > 0, true)
-- The backtrace has the innermost frame first, and the entry point below it.
local lines = {}
for line in e.error:traceback():gmatch("[^\n]+") do lines[#lines + 1] = line end
check.eq(#lines >= 2, true)
---
-- A failure takes nobody with it.
local guest = ...
local check = require("check")
for i = 1, 10 do
  check.eq(check.finish(guest.fails).reason, "error")
  check.eq(check.finish(guest.product, i, 2).value, 2 * i)
end
---
-- A process is gone when its EXIT comes.
local guest = ...
local check = require("check")
for _, entry in ipairs{guest.nothing, guest.fails} do
  local e = check.finish(entry)
  local info, err = process.info(e.from)
  check.eq(info, nil)
  check.eq(err:kind(), "noproc")
  check.eq(process.list("processes"), {})
  local ok, err = process.terminate(e.from)
  check.eq(ok, nil)
  check.eq(err:kind(), "noproc")
  local ok, err = process.send(e.from, "topic")
  check.eq(ok, nil)
  check.eq(err:kind(), "noproc")
  check.has(err, e.from)
end
---
-- Many run at once, each with its own result.
local guest = ...
local check = require("check")
local want = {}
for i = 1, 200 do
  want[assert(process.spawn_monitored(guest.product, "processes", i, 3))] = 3 * i
end
for _ = 1, 200 do
  local e = process.receive({type = "EXIT"})
  check.eq(e.value, want[e.from])
  want[e.from] = nil
end
check.eq(next(want), nil)
