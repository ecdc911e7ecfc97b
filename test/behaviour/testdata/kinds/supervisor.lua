-- A supervisor starts its children in order, and stops them in the reverse.
--- needs: echo
local guest = ...
local check = require("check")
local supervisor = require("supervisor")
local me = process.self()
local pid = assert(supervisor.start({group = "processes", children = {
  {id = "one", process = guest.echo, args = {me}, shutdown = "brutal_kill"},
  {id = "two", process = guest.echo, args = {me}, shutdown = "brutal_kill"},
}}))
local children = assert(supervisor.which_children(pid))
check.eq(#children, 2)
local pids = {}
for i, child in ipairs(children) do
  pids[i] = child.pid
  check.eq(child.id, ({"one", "two"})[i])
  check.eq(child.state, "running")
  check.eq(child.type, "worker")
  check.eq(child.process, guest.echo)
  check.eq(process.info(child.pid).parent, pid)
  process.monitor(child.pid)
end
check.message("ready")
check.message("ready")
process.monitor(pid)
process.cancel(pid, "enough", "1m")
check.eq(process.receive({type = "EXIT"}).from, pids[2])
check.eq(process.receive({type = "EXIT"}).from, pids[1])
local e = check.exit(pid)
check.eq(e.reason, "normal")
check.eq(process.list("processes"), {})
---
-- one_for_one restarts the child that ended, and no other.
--- needs: echo
local guest = ...
local check = require("check")
local supervisor = require("supervisor")
local pid = assert(supervisor.start({group = "processes", intensity = 3, children = {
  {id = "one", process = guest.echo, args = {process.self()}, register = "one"},
  {id = "two", process = guest.echo, args = {process.self()}},
}}))
local before = supervisor.which_children(pid)
check.message("ready")
check.message("ready")
process.monitor(before[1].pid)
process.terminate("one")
check.eq(check.exit(before[1].pid).reason, "killed")
local again = check.message("ready").from
check.eq(again ~= before[1].pid, true)
check.eq(process.registry.lookup("one"), again)
local after = supervisor.which_children(pid)
check.eq(after[1].pid, again)
check.eq(after[1].restarts, 1)
check.eq(after[2].pid, before[2].pid)
process.terminate(pid)
---
-- one_for_all restarts all children, once all have stopped.
--- needs: echo
local guest = ...
local check = require("check")
local supervisor = require("supervisor")
local me = process.self()
local child = function(id) return {id = id, process = guest.echo, args = {me}, shutdown = "brutal_kill", register = id} end
local pid = assert(supervisor.start({strategy = "one_for_all", group = "processes", children = {child("a"), child("b"), child("c")}}))
local old = {}
for i, c in ipairs(supervisor.which_children(pid)) do
  old[i] = c.pid
  process.monitor(c.pid)
  check.message("ready")
end
process.terminate("b")
check.eq(process.receive({type = "EXIT"}).from, old[2])
check.eq(process.receive({type = "EXIT"}).from, old[3])
check.eq(process.receive({type = "EXIT"}).from, old[1])
for _ = 1, 3 do check.message("ready") end
for i, c in ipairs(supervisor.which_children(pid)) do
  check.eq(c.pid ~= old[i], true)
  check.eq(process.registry.lookup(c.id), c.pid)
end
process.terminate(pid)
---
-- A child that fails again and again ends the supervisor with its error.
local guest = ...
local check = require("check")
local supervisor = require("supervisor")
process.set_options{trap_links = true}
local pid, err = supervisor.start({intensity = 3, period = "1h", group = "processes", children = {
  {id = "bad", process = guest.fails},
}})
local e = pid and process.receive({type = "LINK_DOWN", from = pid})
check.has(e and e.error or err, "gave up: 4 failures within 1h0m0s, with an intensity of 3; the last was of the child \"bad\"")
check.eq(process.list("processes"), {})
---
-- A normal end restarts a permanent child, and ends the others for good.
local guest = ...
local check = require("check")
local supervisor = require("supervisor")
process.set_options{trap_links = true}
local pid = assert(supervisor.start({group = "processes", children = {
  {id = "transient", process = guest.nothing, restart = "transient"},
  {id = "temporary", process = guest.nothing, restart = "temporary"},
}}))
while supervisor.count_children(pid).active > 0 do time.sleep(0) end
local left = supervisor.which_children(pid)
check.eq(#left, 1)
check.eq(left[1].id, "transient")
check.eq(left[1].state, "stopped")
check.eq(supervisor.delete_child(pid, "transient"), true)
check.eq(supervisor.count_children(pid), {specs = 0, active = 0, supervisors = 0, workers = 0})
supervisor.start_child(pid, {id = "permanent", process = guest.nothing})
check.has(process.receive({type = "LINK_DOWN", from = pid}).error, "it ended normally, and is permanent")
---
-- Whatever its children do, a killed supervisor takes all below with it first.
--- needs: loops
local guest = ...
local check = require("check")
local supervisor = require("supervisor")
local pid = assert(supervisor.start({children = {
  {id = "inner", supervisor = {group = "processes", children = {{process = guest.loops}, {id = "other", process = guest.loops}}}},
}}))
process.unlink(pid)
process.monitor(pid)
local inner = supervisor.which_children(pid)[1]
check.eq(inner.type, "supervisor")
check.eq(supervisor.count_children(inner.pid).active, 2)
check.eq(#process.list("processes"), 2)
process.terminate(pid)
check.eq(check.exit(pid).reason, "killed")
check.eq(process.list("processes"), {})
check.eq(process.info(inner.pid), nil)
---
-- A child that hangs in its stop is killed at its time-out.
--- needs: waits
local guest = ...
local check = require("check")
local clock = require("clock")
local supervisor = require("supervisor")
local pid = assert(supervisor.start({group = "processes", children = {{id = "hangs", process = guest.waits, shutdown = 2}}}))
local child = supervisor.get_child(pid, "hangs").pid
check.waiting(child)
process.monitor(child)
process.monitor(pid)
process.cancel(pid, "enough", "1m")
clock.wait(2)
clock.advance(1.9)
check.eq(supervisor.which_children(pid)[1].state, "stopping")
clock.advance(0.2)
check.eq(check.exit(child).reason, "cancelled")
check.eq(check.exit(pid).reason, "normal")
---
-- Children are added, stopped, restarted and deleted while it runs.
--- needs: echo
local guest = ...
local check = require("check")
local supervisor = require("supervisor")
local me = process.self()
local pid = assert(supervisor.start({group = "processes"}))
local child, id = assert(supervisor.start_child(pid, {id = "x", group = "processes", process = guest.echo, args = {me}, shutdown = "brutal_kill"}))
check.eq(id, "x")
check.eq(check.message("ready").from, child)
local again, err = supervisor.start_child(pid, {id = "x", group = "processes", process = guest.echo, args = {me}})
check.eq(again, nil)
check.eq(err:kind(), "exists")
check.has(err, 'there is a child "x" already, which is running')
check.has(select(2, supervisor.restart_child(pid, "x")), "is running")
check.has(select(2, supervisor.delete_child(pid, "x")), "terminate_child stops it")
check.eq(supervisor.terminate_child(pid, "x"), true)
check.eq(process.info(child), nil)
check.eq(supervisor.terminate_child(pid, "x"), true)
local child, id = assert(supervisor.restart_child(pid, "x"))
check.eq(check.message("ready").from, child)
check.eq(supervisor.terminate_child(pid, child), true)
check.eq(supervisor.delete_child(pid, "x"), true)
local _, err = supervisor.terminate_child(pid, "x")
check.eq(err:kind(), "not_found")
process.terminate(pid)
---
-- simple_one_for_one has any number of children of one template.
--- needs: echo
local guest = ...
local check = require("check")
local supervisor = require("supervisor")
local me = process.self()
local pid = assert(supervisor.start({strategy = "simple_one_for_one", group = "processes", intensity = 5, children = {
  {process = guest.echo, args = {me}, restart = "transient", shutdown = "brutal_kill"},
}}))
local pids = {}
for i = 1, 5 do pids[i] = assert(supervisor.start_child(pid)) end
for i = 1, 5 do check.message("ready") end
process.terminate(pids[1]) -- is restarted
check.message("ready")
process.monitor(pids[2])
process.send(pids[2], "stop") -- is gone
check.eq(check.exit(pids[2]).reason, "normal")
check.eq(supervisor.terminate_child(pid, pids[3]), true)
local counts = supervisor.count_children(pid)
check.eq(counts, {specs = 1, active = 3, supervisors = 0, workers = 3})
process.monitor(pid)
process.cancel(pid)
check.exit(pid)
check.eq(process.list("processes"), {})
---
-- A significant child's end ends the supervisor.
--- needs: echo
local guest = ...
local check = require("check")
local supervisor = require("supervisor")
local pid = assert(supervisor.start({group = "processes", auto_shutdown = "any_significant", children = {
  {id = "other", process = guest.echo, args = {process.self()}, shutdown = "brutal_kill"},
  {id = "s", process = guest.echo, args = {process.self()}, restart = "transient", significant = true},
}}))
check.message("ready")
check.message("ready")
process.monitor(pid)
process.send(supervisor.get_child(pid, "s").pid, "stop")
check.eq(check.exit(pid).reason, "normal")
check.eq(process.list("processes"), {})
---
-- A supervisor that cannot start says why, and leaves its caller alone.
--- needs: loops
local guest = ...
local check = require("check")
local supervisor = require("supervisor")
local pid, err = supervisor.start({group = "processes", children = {
  {process = guest.loops, shutdown = "brutal_kill"}, {id = "gone", process = "app:gone.with.the.wind"},
}})
check.eq(pid, nil)
check.has(err, 'the child "gone" cannot start: there is no entry "app:gone.with.the.wind"')
check.eq(process.list("processes"), {})
check.eq(process.receive(0), nil)
