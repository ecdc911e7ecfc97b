-- A guest that traps links is told of every end.
local kind = ...
local check = require("check")
local normal, failure, killed = 0, 1, 2
check.eq(check.finish(kind .. "traps_links", "lua.nothing").values, {true, normal, -1, true, n = 4})
check.eq(check.finish(kind .. "traps_links", "lua.fails").values, {true, failure, 10, true, n = 4})
local pid = assert(process.spawn_monitored(kind .. "traps_links", "processes", "lua.waits"))
while #process.list("processes") < 2 do time.sleep(0) end
local child = process.list("processes")[2]
check.waiting(child)
process.terminate(child)
check.eq(check.exit(pid).values, {true, killed, 7, true, n = 4})
---
-- A guest links, names and finds others, and takes all of that back.
local kind = ...
local check = require("check")
local pid = assert(process.spawn("lua.waits", "other"))
local e = check.finish(kind .. "binds", pid)
check.eq(e.values, {true, true, false, true, true, true, true, true, 'no process has the name "bound"', n = 9})
check.eq(process.info(pid).links, {})
check.eq(process.info(pid).names, {})
---
-- A guest describes a process.
local kind = ...
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_linked_monitored("lua.waits", "other"))
check.waiting(pid)
clock.advance(90)
process.send(pid, "topic")
check.waiting(pid)
local waiting = 3
check.eq(check.finish(kind .. "describes", pid).values,
  {pid, "app:lua.waits", "app:other", waiting, false, 1, 0, 90e9, 1, 0, process.self(), n = 11})
process.set_options{trap_links = true}
local v = check.finish(kind .. "describes", process.self()).values
check.eq({v[1], v[5], v[7], v[9], v[10]}, {process.self(), true, 2, 1, 2})
local e = check.finish(kind .. "describes", "ghost")
check.eq(e.reason, "error")
check.eq(e.error:kind(), "noproc")
check.eq(tostring(e.error), 'no process has the name "ghost"')
---
-- A guest lists the processes of a group, and of the node.
local kind = ...
local check = require("check")
local one = assert(process.spawn("lua.waits", "other"))
local two = assert(process.spawn("lua.waits", "other"))
check.eq(check.finish(kind .. "lists", "other").values, {one, two, n = 2})
check.eq(check.finish(kind .. "lists", "app:other").values, {one, two, n = 2})
local e = check.finish(kind .. "lists")
check.eq(e.values, {process.self(), one, two, e.from, n = 4})
local e = check.finish(kind .. "lists", "othre")
check.eq(e.error:kind(), "not_found")
check.has(e.error, 'did you mean "app:other"?')
---
-- A guest sleeps, and holds no worker.
--- executors: 1
local kind = ...
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored(kind .. "sleeps", "processes", 2e9))
clock.wait(1)
check.waiting(pid)
clock.advance(1.9)
check.eq(check.finish(kind .. "product", 2, 3).value, 6)
check.eq(process.info(pid).state, "waiting")
clock.advance(0.1)
check.eq(check.exit(pid).reason, "normal")
check.eq(check.finish(kind .. "sleeps", 0).reason, "normal")
local pid = assert(process.spawn_monitored(kind .. "sleeps", "processes", -1)) -- the longest time there is
check.waiting(pid)
process.terminate(pid)
check.eq(check.exit(pid).reason, "killed")
---
-- A guest's timers send once, unless they are withdrawn, and end with it.
local kind = ...
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored(kind .. "sends_later", "processes", process.self(), 2e9))
check.message("ordered")
clock.advance(1.9)
check.eq(process.receive(0), nil)
clock.advance(0.1)
local e = process.receive()
check.eq(e.topic, "kept")
check.eq(e.from, pid)
check.eq(e.payloads, {"payload", n = 1})
check.eq(process.receive(0), nil)
process.send(pid, "end")
check.eq(check.exit(pid).values, {true, false, false, n = 3})
local pid = assert(process.spawn_monitored(kind .. "sends_later", "processes", process.self(), 2e9))
check.message("ordered")
process.send(pid, "end")
check.eq(check.exit(pid).values, {true, false, true, n = 3})
clock.advance(10)
check.eq(process.receive(0), nil)
---
-- max_handles bounds a guest's timers.
local kind = ...
local check = require("check")
local e = check.finish(kind .. "holds_timers", true)
check.eq(e.values[1], 3)
check.eq(e.values[2], 3)
check.eq(e.values[3], 9) -- limit
check.has(e.values[4], "max_handles: the limit is 3 handles")
local e = check.finish(kind .. "holds_timers")
check.eq(e.reason, "limit")
check.eq(e.error:kind(), "limit")
check.eq(tostring(e.error):sub(1, 12), "max_handles:")
check.eq(e.report.reason, "limit")
---
-- A guest fails with an error of its own, which has a backtrace.
local kind = ...
local check = require("check")
local denied, limit = 5, 9
local e = check.finish(kind .. "fails_with", denied, "not here", {a = 1})
check.eq(e.reason, "error")
check.eq(e.error:kind(), "denied")
check.eq(e.error:retryable(), true)
check.eq(tostring(e.error), "not here")
check.eq(e.error:value(), {a = 1})
check.has(e.error:traceback(), "fails_with")
for _, v in ipairs{true, false, 2.5, "text", "\255"} do
  check.eq(check.finish(kind .. "fails_with", denied, "", v).error:value(), v)
end
local e = check.finish(kind .. "fails_with", limit, "max_fuel: not at all", nil)
check.eq(e.reason, "error") -- it did not reach a limit
check.eq(e.error:kind(), "failed")
local e = check.finish(kind .. "fails_with", 99, "no kind", nil)
check.has(e.error, "wasm trap: the error's kind: 99 is no case of error-kind, which has 13")
---
-- A guest that is killed while it executes another takes it along.
local kind = ...
local check = require("check")
check.eq(check.finish(kind .. "execs", "lua.several", "other", 17, 5).values, {3, 2, n = 2})
local e = check.finish(kind .. "execs", "lua.fails", "other")
check.eq(e.reason, "error")
check.has(e.error, "on purpose")
local pid = assert(process.spawn_monitored(kind .. "execs", "processes", kind .. "waits", "other"))
check.waiting(check.one("other"))
process.cancel(pid, "enough", 0)
check.eq(check.exit(pid).reason, "cancelled")
check.eq(process.list("other"), {})
---
-- A guest asks for a process's limits and groups.
local kind = ...
local check = require("check")
local pid = assert(process.spawn("lua.late", "lean"))
process.group.join("one", pid)
process.group.join("two", pid)
check.eq(check.finish(kind .. "bounds", pid).values, {1000, 0, 131072, 0, 0, 0, "one", "two", n = 8})
check.eq(check.finish(kind .. "bounds", "ghost").error:kind(), "noproc")
