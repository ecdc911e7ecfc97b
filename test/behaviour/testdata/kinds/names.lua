-- A name stands wherever a PID does.
--- needs: loops
local guest = ...
local check = require("check")
process.set_options{trap_links = true}
local pid = assert(process.spawn(guest.loops, "processes"))
check.eq(process.registry.register("runaway", pid), true)
check.eq(process.registry.lookup("runaway"), pid)
check.eq(process.info("runaway").pid, pid)
check.eq(process.info(pid).names, {"runaway"})
check.eq(process.send("runaway", "topic", 1), true)
check.eq(process.info(pid).mailbox, 1)
local ref = process.monitor("runaway")
check.eq(process.info().monitors, {[ref] = pid})
check.eq(process.info("runaway").monitored_by, {process.self()})
check.eq(process.unmonitor("runaway"), true)
check.eq(process.link("runaway"), true)
check.eq(process.info().links, {pid})
check.eq(process.unlink("runaway"), true)
check.eq(process.link("runaway"), true)
local ref = process.monitor("runaway")
check.eq(process.terminate("runaway"), true)
check.eq(process.receive({type = "LINK_DOWN"}).from, pid)
local e = process.receive({type = "EXIT"})
check.eq(e.from, pid)
check.eq(e.ref, ref)
check.eq(e.reason, "killed")
---
-- cancel takes a name.
--- needs: loops
local guest = ...
local check = require("check")
local pid = assert(process.spawn_monitored(guest.loops, "processes"))
process.registry.register("x", pid)
check.eq(process.cancel("x", "enough", 0), true)
check.eq(check.exit(pid).reason, "cancelled")
---
-- A name is free when the EXIT comes, and can be taken at once.
--- needs: named
local guest = ...
local check = require("check")
for i = 1, 20 do
  local pid = assert(process.spawn_monitored(guest.named, "processes", "worker"))
  check.eq(check.exit(pid).reason, "normal")
  check.eq(process.registry.lookup("worker"), nil)
  check.eq(process.registry.register("worker"), true)
  check.eq(process.registry.unregister("worker"), true)
end
---
-- A name that is taken names its holder.
--- executors: 1
local guest = ...
local check = require("check")
check.finish(guest.nothing)
local pid = assert(process.spawn_monitored(guest.nothing, "processes"))
check.eq(process.registry.register("here", pid), true)
local ok, err = process.registry.register("here")
check.eq(ok, nil)
check.eq(err:kind(), "exists")
check.has(err, pid)
check.has(err, guest.nothing)
check.eq(process.registry.register("there", pid), true) -- several names
check.eq(process.info(pid).names, {"here", "there"})
check.eq(process.registry.unregister("here"), true) -- anybody may
check.eq(process.registry.register("here"), true)
check.eq(process.registry.lookup("here"), process.self())
check.exit(pid)
check.eq(process.registry.lookup("there"), nil)
check.eq(process.registry.lookup("here"), process.self())
local ok, err = process.registry.register("dead", pid)
check.eq(ok, nil)
check.eq(err:kind(), "noproc")
