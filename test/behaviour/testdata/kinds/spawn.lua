-- A full group is a retryable error, and has room again after an EXIT.
--- executors: 1
local guest = ...
local check = require("check")
check.finish(guest.nothing)
local one = assert(process.spawn_monitored(guest.nothing, "small"))
local two = assert(process.spawn_monitored(guest.nothing, "small"))
local three, err = process.spawn_monitored(guest.nothing, "small")
check.eq(three, nil)
check.eq(err:kind(), "unavailable")
check.eq(err:retryable(), true)
check.has(err, 'process group "app:small" is full')
check.has(err, "max_processes")
check.eq(#process.list("small"), 2)
check.exit(one)
check.eq(check.exit(assert(process.spawn_monitored(guest.nothing, "small"))).reason, "normal")
check.exit(two)
check.eq(process.receive(0), nil)
---
-- A spawn that fails takes no room.
local guest = ...
local check = require("check")
for _ = 1, 10 do
  check.eq(process.spawn("app:core.product", "small", "x"), nil)
end
check.eq(process.list("small"), {})
local pid = assert(process.spawn_monitored(guest.nothing, "small"))
check.eq(check.exit(pid).reason, "normal")
---
-- A group that is not there has a near one.
local guest = ...
local check = require("check")
local pid, err = process.spawn(guest.product, "app:proceses", 1, 2)
check.eq(pid, nil)
check.eq(err:kind(), "not_found")
check.eq(err:retryable(), false)
check.has(err, 'there is no process group "app:proceses"; did you mean "app:processes"?')
local pid, err = process.spawn(guest.product, "elsewhere:group", 1, 2)
check.eq(pid, nil)
check.has(err, "app:processes")
---
-- Entries and groups without a namespace are the caller's own.
local guest = ...
local check = require("check")
local name = guest.product:match("^app:(.*)$")
local e = check.exit(assert(process.spawn_monitored(name, "processes", 2, 3)))
check.eq(e.value, 6)
check.eq(e.entry, "app:" .. name)
---
-- An entry that is not there has a near one.
local guest = ...
local check = require("check")
local pid, err = process.spawn(guest.product .. "s", "processes", 1, 2)
check.eq(pid, nil)
check.eq(err:kind(), "not_found")
check.has(err, 'there is no entry "' .. guest.product .. 's"; did you mean "' .. guest.product .. '"?')
---
-- info and list show a process before it has begun.
--- executors: 1
local guest = ...
local check = require("check")
check.finish(guest.nothing)
local before = #process.list()
local pid = assert(process.spawn_monitored(guest.nothing, "other"))
local info = assert(process.info(pid))
check.eq(info.pid, pid)
check.eq(info.entry, guest.nothing)
check.eq(info.group, "app:other")
check.eq(info.state, "starting")
check.eq(info.mailbox, 0)
check.eq(info.dropped, 0)
check.eq(info.steps, 0)
check.eq(tostring(info.uptime), "0s")
check.eq(process.list("other"), {pid})
check.eq(process.list("app:other"), {pid})
check.eq(#process.list(), before + 1)
check.exit(pid)
check.eq(process.list("other"), {})
---
-- info and list show a process that waits.
--- needs: waits
local guest = ...
local check = require("check")
local clock = require("clock")
local one = assert(process.spawn_monitored(guest.waits, "other"))
local two = assert(process.spawn_monitored(guest.waits, "other"))
check.waiting(one)
check.waiting(two)
check.eq(process.list("other"), {one, two}) -- the oldest first
clock.advance(90)
process.send(one, "topic") -- wakes it for a look
check.waiting(one)
local info = process.info(one)
check.eq(info.state, "waiting")
check.eq(tostring(info.uptime), "1m30s")
check.eq(info.mailbox, 1)
check.eq(info.steps >= 1, true)
---
-- Messages to a process and back keep their order.
--- needs: echo
local guest = ...
local check = require("check")
local pid = assert(process.spawn_monitored(guest.echo, "processes", process.self()))
check.eq(check.message("ready").from, pid)
for i = 1, 100 do check.eq(process.send(pid, "n", i), true) end
for i = 1, 100 do
  local e = process.receive()
  check.eq(e.type, "MESSAGE")
  check.eq(e.from, pid)
  check.eq(e.topic, "n")
  check.eq(e.payload, i)
  check.eq(e.payloads, {i, n = 1})
end
process.send(pid, "stop")
check.eq(check.exit(pid).reason, "normal")
