-- A process may monitor itself, and learns nothing of it.
local check = require("check")
local ref = process.monitor(process.self())
check.eq(process.info().monitors, {[ref] = process.self()})
check.eq(process.info().monitored_by, {process.self()})
check.eq(process.unmonitor(ref), true)
check.eq(process.info().monitors, {})
local e = check.finish("lua.monitors_itself")
check.eq(e.reason, "normal")
---
-- Monitors end with the process that made them.
local check = require("check")
local pid = assert(process.spawn("lua.waits", "processes"))
local watcher = assert(process.spawn_monitored("lua.monitors", "processes", process.self(), pid))
check.message("monitors")
check.eq(process.info(pid).monitored_by, {watcher})
process.terminate(watcher)
check.exit(watcher)
check.eq(process.info(pid).monitored_by, {})
process.terminate(pid)
---
-- Links and children show in info.
local check = require("check")
check.eq(process.info().children, 0)
local a = assert(process.spawn_linked("lua.waits", "processes"))
local b = assert(process.spawn_linked("lua.waits", "processes"))
check.eq(process.info().children, 2)
check.eq(process.info().links, {a, b}) -- the oldest first
check.eq(process.info(a).links, {process.self()})
check.eq(process.info().trap_links, false)
process.set_options{trap_links = true}
process.set_options{}
check.eq(process.info().trap_links, true)
process.terminate(a)
process.receive({type = "LINK_DOWN"})
check.eq(process.info().children, 1)
check.eq(process.info().links, {b})
process.set_options{trap_links = false}
check.eq(process.info().trap_links, false)
process.unlink(b)
process.terminate(b)
---
-- A killed process that trapped takes those with it that do not.
local check = require("check")
local near = assert(process.spawn_monitored("lua.links", "processes", process.self(), 2, "lua.waits"))
local last = check.message("linked").payload
process.terminate(last)
local e = check.exit(near)
check.eq(e.reason, "killed")
check.eq(e.error:kind(), "killed")
check.has(e.error, last)
check.eq(process.list("processes"), {})
