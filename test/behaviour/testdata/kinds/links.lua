-- A normal end is not passed on.
local guest = ...
local check = require("check")
local pid = assert(process.spawn_linked(guest.nothing, "processes"))
process.monitor(pid)
check.eq(check.exit(pid).type, "EXIT")
check.eq(process.receive(0), nil)
check.eq(process.info().links, {})
---
-- With trap_links every end arrives, also a normal one.
local guest = ...
local check = require("check")
check.eq(process.set_options{trap_links = true}, true)
check.eq(process.info().trap_links, true)
local pid = assert(process.spawn_linked(guest.nothing, "processes"))
check.eq(process.receive(), {type = "LINK_DOWN", from = pid, reason = "normal"})
local pid = assert(process.spawn_linked(guest.fails, "processes"))
local e = process.receive({type = "LINK_DOWN", from = pid})
check.eq(e.reason, "error")
check.eq(e.error:kind(), "failed")
check.eq(#e.error:message() > 0, true)
check.eq(process.receive(0), nil)
---
-- spawn_linked_monitored gives both, LINK_DOWN first.
local guest = ...
local check = require("check")
process.set_options{trap_links = true}
local pid = assert(process.spawn_linked_monitored(guest.product, "processes", 6, 7))
check.eq(process.receive().type, "LINK_DOWN")
local e = process.receive()
check.eq(e.type, "EXIT")
check.eq(e.from, pid)
check.eq(e.value, 42)
---
-- A failure ends those that are linked and do not trap, and names who failed first.
--- needs: links
local guest = ...
local check = require("check")
local far = assert(process.spawn_monitored(guest.links, "processes", process.self(), 3, guest.fails))
local first = check.message("linked").payload
local e = check.exit(far)
check.eq(e.reason, "error")
check.eq(e.error:kind(), "failed")
check.has(e.error, first)
check.has(e.error, guest.fails)
check.eq(e.report.reason, "error")
check.eq(process.list("processes"), {})
---
-- terminate passes killed on, which can be trapped.
--- needs: loops links
local guest = ...
local check = require("check")
process.set_options{trap_links = true}
local pid = assert(process.spawn_linked(guest.loops, "processes"))
process.terminate(pid)
local e = process.receive()
check.eq(e.type, "LINK_DOWN")
check.eq(e.reason, "killed")
check.eq(e.error:kind(), "killed")
local near = assert(process.spawn_monitored(guest.links, "processes", process.self(), 1, guest.loops))
local pid = check.message("linked").payload
process.terminate(pid)
local e = check.exit(near)
check.eq(e.reason, "killed")
check.has(e.error, pid)
---
-- What a failing process was linked with ends, whether it runs or has not begun.
--- needs: loops links_and_fails
local guest = ...
local check = require("check")
for i = 1, 10 do
  local parent = assert(process.spawn_monitored(guest.links_and_fails, "processes", process.self(), guest.loops))
  local child = check.message("child").payload
  process.monitor(child)
  if i % 2 == 0 then -- it was told to fail only now
    while process.info(child) and process.info(child).steps < 2 do time.sleep(0) end
  end
  process.send(parent, "fail")
  check.eq(check.exit(parent).reason, "error")
  local e = check.exit(child)
  check.eq(e.reason, "error")
  check.eq(e.entry, guest.loops)
  check.has(e.error, "parent's failure")
  check.has(e.error, parent)
end
---
-- One that was spawned by a process that fails at once never begins.
--- needs: loops links_and_fails
--- executors: 1
local guest = ...
local check = require("check")
check.finish(guest.nothing)
local parent = assert(process.spawn_monitored(guest.links_and_fails, "processes", process.self(), guest.loops, "at once"))
check.eq(check.exit(parent).reason, "error")
local child = check.message("child").payload
local ref = process.monitor(child)
local e = process.receive({ref = ref})
check.eq(e.reason == "error" or e.reason == "noproc", true, e.reason)
check.eq(process.list("processes"), {})
---
-- Children outlive their parent unless they are linked with it.
--- needs: loops leaves_child
local guest = ...
local check = require("check")
local parent = assert(process.spawn_monitored(guest.leaves_child, "processes", guest.loops))
local child = check.exit(parent).value
check.eq(process.info(child).pid, child)
check.eq(process.terminate(child), true)
process.monitor(child)
check.eq(check.exit(child).type, "EXIT")
---
-- A normal end of a parent leaves a linked child alone.
--- needs: loops leaves_child
local guest = ...
local check = require("check")
local parent = assert(process.spawn_monitored(guest.leaves_child, "processes", guest.loops, true))
local e = check.exit(parent)
check.eq(e.reason, "normal")
local info = process.info(e.value)
check.eq(info.links, {})
process.terminate(e.value)
process.monitor(e.value)
check.eq(check.exit(e.value).type, "EXIT")
---
-- A limit is passed on with its name.
--- needs: fuelled links
local guest = ...
local check = require("check")
local near = assert(process.spawn_monitored(guest.links, "processes", process.self(), 1, guest.fuelled))
local e = check.exit(near)
check.eq(e.reason, "limit")
check.eq(tostring(e.error):sub(1, 8), "max_fuel")
---
-- There is one link for a pair, and unlink ends it.
--- needs: loops
local guest = ...
local check = require("check")
local pid = assert(process.spawn_monitored(guest.loops, "processes"))
for _ = 1, 3 do check.eq(process.link(pid), true) end
check.eq(process.info().links, {pid})
check.eq(process.info(pid).links, {process.self()})
check.eq(process.unlink(pid), true)
check.eq(process.unlink(pid), false)
check.eq(process.info().links, {})
check.eq(process.info(pid).links, {})
process.terminate(pid)
check.eq(check.exit(pid).reason, "killed")
check.eq(process.receive(0), nil)
---
-- unlink removes a LINK_DOWN that is queued.
local guest = ...
local check = require("check")
process.set_options{trap_links = true}
local pid = assert(process.spawn_linked_monitored(guest.fails, "processes"))
check.exit(pid) -- LINK_DOWN came before it
process.send(process.self(), "kept")
check.eq(process.unlink(pid), true)
check.eq(process.unlink(pid), false)
check.eq(process.receive().topic, "kept")
check.eq(process.receive(0), nil)
---
-- Linking the dead is LINK_DOWN with noproc.
local guest = ...
local check = require("check")
local pid = check.finish(guest.nothing).from
for _, trap in ipairs{false, true} do
  process.set_options{trap_links = trap}
  check.eq(process.link(pid), true)
  local e = process.receive(0)
  check.eq(e.type, "LINK_DOWN")
  check.eq(e.from, pid)
  check.eq(e.reason, "noproc")
  check.eq(e.error:kind(), "noproc")
  check.eq(process.unlink(pid), false)
end
check.eq(process.info().links, {})
---
-- A link with oneself is none.
local check = require("check")
check.eq(process.link(process.self()), true)
check.eq(process.info().links, {})
check.eq(process.unlink(process.self()), false)
---
-- What a failing process was linked with ends also where it waits.
--- needs: waits links_and_fails
local guest = ...
local check = require("check")
local parent = assert(process.spawn_monitored(guest.links_and_fails, "processes", process.self(), guest.waits))
local child = check.message("child").payload
process.monitor(child)
check.waiting(child)
process.send(parent, "fail")
local e = check.exit(child)
check.eq(e.reason, "error")
check.has(e.error, parent)
