-- sleep suspends for its time.
local check = require("check")
local clock = require("clock")
for _, d in ipairs{2, "2s", time.seconds(2)} do
  local pid = assert(process.spawn_monitored("lua.sleeps", "processes", d))
  clock.wait(1)
  clock.advance(1.999)
  check.eq(process.info(pid).state, "waiting")
  clock.advance(0.001)
  check.eq(check.exit(pid).value, "slept")
end
---
-- receive gives nil on time-out.
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored("lua.times_out", "processes", 3))
clock.wait(1)
clock.advance(3)
check.eq(check.exit(pid).value, true)
-- What does not match does not stop the clock.
local pid = assert(process.spawn_monitored("lua.times_out", "processes", 3, {topic = "other"}))
clock.wait(1)
clock.advance(2)
process.send(pid, "topic")
check.waiting(pid)
clock.advance(1)
check.eq(check.exit(pid).value, true)
---
-- receive(0) and less do not wait.
local check = require("check")
check.eq(process.receive(0), nil)
check.eq(process.receive(-1), nil)
check.eq(process.receive("0s"), nil)
check.eq(process.receive(time.seconds(0)), nil)
---
-- after delivers one message.
local check = require("check")
local clock = require("clock")
time.after(5)
time.after("2s", "soon", 1, {2})
clock.advance(2)
local e = process.receive()
check.eq(e, {type = "MESSAGE", from = process.self(), topic = "soon", payload = 1, payloads = {1, {2}, n = 2}})
clock.advance(3)
local e = process.receive()
check.eq(e.topic, "timer")
check.eq(e.payloads, {n = 0})
clock.advance(100)
check.eq(process.receive(0), nil)
---
-- ticker delivers every period until it is cancelled.
local check = require("check")
local clock = require("clock")
local ticker = time.ticker(1)
local other = time.ticker(10, "tock")
for _ = 1, 3 do
  clock.advance(1)
  check.eq(process.receive().topic, "tick")
  check.eq(process.receive(0), nil)
end
ticker:cancel()
ticker:cancel()
clock.advance(7)
check.eq(process.receive().topic, "tock")
check.eq(process.receive(0), nil)
---
-- A timer that is cancelled delivers nothing.
local check = require("check")
local clock = require("clock")
local timer = time.after(1)
timer:cancel()
clock.advance(2)
check.eq(process.receive(0), nil)
---
-- monotonic counts from the node's start.
local check = require("check")
local clock = require("clock")
local before = time.monotonic()
clock.advance(1.5)
check.eq(tostring(time.monotonic() - before), "1.5s")
check.eq(tostring(time.now() - time.unix(1700000000)), tostring(time.monotonic()))
---
-- A timer dies with its process.
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored("lua.sleeps", "processes", 60))
clock.wait(1)
process.terminate(pid)
check.eq(check.exit(pid).reason, "killed")
clock.advance(120)
check.eq(process.receive(0), nil)
