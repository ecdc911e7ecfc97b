-- reject refuses the sender.
local check = require("check")
for _, group in ipairs{"reject", "default_overflow"} do
  local pid = assert(process.spawn_monitored("lua.deaf", group, process.self()))
  check.message("ready")
  check.eq(process.send(pid, "n", 1), true)
  check.eq(process.send(pid, "n", 2), true)
  local ok, err = process.send(pid, "n", 3)
  check.eq(ok, nil)
  check.eq(err:kind(), "unavailable")
  check.eq(err:retryable(), true)
  check.has(err, pid)
  check.has(err, "full (capacity 2)")
  check.eq(process.info(pid).mailbox, 2)
  check.eq(process.info(pid).dropped, 0)
  process.cancel(pid) -- a CANCEL needs no room
  check.eq(check.exit(pid).value, {1, 2})
end
---
-- drop_oldest drops the oldest and counts.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.deaf", "drop", process.self()))
check.message("ready")
for i = 1, 5 do check.eq(process.send(pid, "n", i), true) end
check.eq(process.info(pid).mailbox, 2)
check.eq(process.info(pid).dropped, 3)
process.cancel(pid)
check.eq(check.exit(pid).value, {4, 5})
---
-- block suspends the sender until there is room.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.deaf", "block", process.self()))
check.message("ready")
process.send(pid, "n", 1)
process.send(pid, "n", 2)
local sender = assert(process.spawn_monitored("lua.sends", "processes", process.self(), pid, 3))
check.waiting(sender)
check.eq(process.receive(0), nil)
process.cancel(pid)
local e = check.message("sent")
check.eq(e.payload, true)
check.eq(check.exit(pid).value, {1, 2, 3})
check.eq(check.exit(sender).reason, "normal")
---
-- block ends with the receiver.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.deaf", "block", process.self()))
check.message("ready")
process.send(pid, "n", 1)
process.send(pid, "n", 2)
local sender = assert(process.spawn_monitored("lua.sends", "processes", process.self(), pid, 3))
check.waiting(sender)
process.terminate(pid)
local e = check.message("sent")
check.eq(e.payload, nil)
check.eq(e.payloads[2]:kind(), "noproc")
---
-- A sender that blocks can be killed.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.deaf", "block", process.self()))
check.message("ready")
process.send(pid, "n", 1)
process.send(pid, "n", 2)
local sender = assert(process.spawn_monitored("lua.sends", "processes", process.self(), pid, 3))
check.waiting(sender)
process.terminate(sender)
check.eq(check.exit(sender).reason, "killed")
process.cancel(pid)
check.eq(check.exit(pid).value, {1, 2}) -- its message is withdrawn
---
-- block never blocks a send to oneself.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.sends_itself", "block"))
local e = check.exit(pid)
check.eq(e.reason, "normal")
check.eq(e.value:kind(), "unavailable")
