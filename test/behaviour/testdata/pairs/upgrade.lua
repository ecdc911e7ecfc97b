-- A process of one kind goes on as one of another, with all that others know of it.
--- needs: upgrades echo
--- executors: 1
local one, other = ...
local check = require("check")
process.set_options{trap_links = true}
local pid = assert(process.spawn_linked_monitored(one.upgrades, "processes", other.echo, process.self()))
process.registry.register("service", pid)
process.group.join("services", pid)
process.send(pid, "early", 1)
check.eq(check.message("ready").from, pid)
local info = process.info("service")
check.eq(info.pid, pid)
check.eq(info.entry, other.echo)
check.eq(info.names, {"service"})
check.eq(info.groups, {"services"})
check.eq(info.links, {process.self()})
check.eq(info.monitored_by, {process.self()})
local early = process.receive()
check.eq({early.topic, early.payload, early.from}, {"early", 1, pid})
process.send("service", "late", "x", 2)
check.eq(check.message("late").payloads, {"x", 2, n = 2})
process.send(pid, "stop")
check.eq(process.receive({type = "LINK_DOWN"}).from, pid)
local e = check.exit(pid)
check.eq(e.reason, "normal")
check.eq(e.entry, other.echo)
check.eq(e.value, "stopped")
check.eq(process.group.members("services"), {})
---
-- From kind to kind and back, with the state.
--- needs: upgrades
local one, other = ...
local check = require("check")
local e = check.finish(one.upgrades, other.upgrades, one.upgrades, "lua.upgrades", "core.upgrades", "component.upgrades", "lua.returns",
  1, "two", {3})
check.eq(e.reason, "normal", tostring(e.error))
check.eq(e.entry, "app:lua.returns")
check.eq(e.values, {1, "two", {3}, n = 3})
