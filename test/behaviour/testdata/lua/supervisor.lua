-- A supervisor of YAML, with a service as a child.
local check = require("check")
local supervisor = require("supervisor")
local pid = assert(supervisor.start("sup.waits", "other"))
check.eq(process.info(pid).group, "app:other")
check.eq(process.info(pid).entry, "app:sup.waits")
local children = supervisor.which_children(pid)
check.eq(children[1].id, "one")
check.eq(children[1].shutdown, "brutal_kill")
check.eq(children[2].id, "app:sup.service")
check.eq(children[2].register, "sup.two")
check.eq(process.registry.lookup("sup.one"), children[1].pid)
check.eq(process.registry.lookup("sup.two"), children[2].pid)
local ref = process.monitor("sup.one")
process.terminate("sup.two")
process.receive({type = "EXIT", ref = ref})
while not process.registry.lookup("sup.two") do time.sleep(0) end
process.unlink(pid)
process.terminate(pid)
---
-- One that cannot start says why and leaves nothing, nor ends its caller.
local check = require("check")
local supervisor = require("supervisor")
process.registry.register("taken")
local pid, err = supervisor.start("sup.bad", "other")
check.eq(pid, nil)
check.has(err, 'the child "again" cannot start: the name "taken" is taken by ' .. process.self())
check.eq(process.list("processes"), {})
check.eq(process.list("other"), {})
check.eq(process.receive(0), nil)
local pid, err = supervisor.start("sup.gone")
check.eq(err:kind(), "not_found")
local pid, err = supervisor.start({strategy = "one_for_won"})
check.eq(err:kind(), "invalid")
check.has(err, 'strategy: expected "one_for_one", "one_for_all", "rest_for_one" or "simple_one_for_one", got "one_for_won"; did you mean "one_for_one"?')
---
-- A child that is to say so has started when it does.
local check = require("check")
local supervisor = require("supervisor")
local pid = assert(supervisor.start({group = "processes"}))
local me = process.self()
local helper = function(id, how)
  local script = {id = id, process = "sup.says", args = {me, how}, ready = true, shutdown = "brutal_kill"}
  -- start_child waits for the answer, so that another process has to ask
  process.send(pid, "supervisor.call", id, "start_child",
    {id = id, process = "app:sup.says", group = "app:processes", args = script.args, ready = true, shutdown = "brutal_kill"})
  return check.message("here").payload
end
local child = helper("says", "can")
check.eq(supervisor.get_child(pid, "says").state, "starting")
check.eq(process.receive(0, {topic = "supervisor.reply"}), nil)
process.send(child, "go on")
local reply = check.message("supervisor.reply").payloads
check.eq({reply[1], reply[2], reply[3], reply[4]}, {"says", true, child, "says"})
check.eq(supervisor.get_child(pid, child).state, "running")
local child = helper("cannot", "cannot")
process.send(child, "go on")
local reply = check.message("supervisor.reply").payloads
check.eq({reply[1], reply[2]}, {"cannot", false})
check.has(reply[3], 'the child "cannot" cannot start: no process has the name "nobody at all"')
check.has(select(2, supervisor.get_child(pid, "cannot")), "there is no child")
check.eq(supervisor.ready(), true) -- of one without a supervisor: nobody hears it
process.unlink(pid)
process.terminate(pid)
---
-- A start that takes too long is broken off.
local check = require("check")
local clock = require("clock")
local supervisor = require("supervisor")
local pid = assert(supervisor.start({group = "processes"}))
process.send(pid, "supervisor.call", 1, "start_child",
  {id = "late", process = "app:sup.says", group = "app:processes", args = {process.self()}, ready = true, start_timeout = "3s"})
local child = check.message("here").payload
process.monitor(child)
clock.wait(1)
clock.advance(3)
check.eq(check.exit(child).reason, "killed")
check.has(check.message("supervisor.reply").payloads[3], "it had not started after 3s (start_timeout)")
process.unlink(pid)
process.terminate(pid)
---
-- Supervisors stand one in the other, and have their group from around them.
local check = require("check")
local supervisor = require("supervisor")
local pid = assert(supervisor.start({group = "processes", children = {
  {id = "outer", supervisor = {strategy = "one_for_all", children = {
    {id = "inner", supervisor = {children = {{process = "lua.waits"}}}},
    {id = "beside", process = "lua.waits"},
  }}},
}}))
check.eq(#process.list("processes"), 4)
check.eq(supervisor.count_children(pid), {specs = 1, active = 1, supervisors = 1, workers = 0})
local outer = supervisor.get_child(pid, "outer").pid
local inner = supervisor.get_child(outer, "inner")
check.eq(inner.shutdown, "infinity")
check.eq(supervisor.which_children(inner.pid)[1].id, "app:lua.waits")
process.unlink(pid)
process.terminate(pid)
---
-- Who is no supervisor, or none any more, is an error.
local check = require("check")
local supervisor = require("supervisor")
check.eq(select(2, supervisor.which_children("nobody")):kind(), "noproc")
check.eq(select(2, supervisor.which_children("<1.2.999>")):kind(), "noproc")
local pid = assert(supervisor.start({group = "processes"}))
process.unlink(pid)
process.terminate(pid)
check.eq(select(2, supervisor.count_children(pid)) ~= nil, true)
check.eq(process.receive(0), nil) -- neither EXIT nor answer is left
---
-- Arguments of the wrong type are raised at the caller's line.
local check = require("check")
local supervisor = require("supervisor")
local _, err = pcall(function() supervisor.start() end)
check.eq(err, "supervisor.lua:114: supervisor.start: argument 1: expected a specification (table) or an entry's ID, got nil")
local _, err = pcall(function() supervisor.terminate_child("x", 3) end)
check.eq(err, "supervisor.lua:116: supervisor.terminate_child: argument 2: expected a child's ID or PID, got 3")
---
-- Children that are added have the specification's group, and not that of the supervisor.
local check = require("check")
local supervisor = require("supervisor")
local pid = assert(supervisor.start({group = "other"}, "processes"))
check.eq(process.info(pid).group, "app:processes")
local child = assert(supervisor.start_child(pid, "sup.waits"))
check.eq(process.info(child).group, "app:other")
process.unlink(pid)
process.terminate(pid)
---
-- Who asks itself would wait for ever.
local check = require("check")
local supervisor = require("supervisor")
process.registry.register("myself")
for _, dest in ipairs({process.self(), "myself"}) do
  local ok, err = pcall(supervisor.which_children, dest)
  check.eq(ok, false)
  check.has(err, "supervisor.which_children: a process that asks itself would wait for ever")
end
local ok, err = pcall(supervisor.ready, true)
check.has(err, "supervisor.ready: argument 1: expected an error value or a text, got true")
