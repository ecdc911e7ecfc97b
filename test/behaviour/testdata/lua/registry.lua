-- A process registers itself, and is found by its name.
local check = require("check")
check.eq(process.registry.register("me"), true)
check.eq(process.registry.lookup("me"), process.self())
check.eq(process.info("me").names, {"me"})
check.eq(process.send("me", "topic"), true)
check.eq(process.receive().from, process.self())
check.eq(process.registry.unregister("me"), true)
check.eq(process.registry.lookup("me"), nil)
local ok, err = process.registry.unregister("me")
check.eq(ok, nil)
check.eq(err:kind(), "noproc")
check.eq(tostring(err), 'no process has the name "me"')
---
-- A name is no PID, not empty, not long, and one of few.
local check = require("check")
for name, text in pairs{[""] = "may not be empty", ["<1.1.1>"] = "is a PID", [("x"):rep(256)] = "may have 255 bytes, this one has 256"} do
  local ok, err = process.registry.register(name)
  check.eq(ok, nil)
  check.eq(err:kind(), "invalid")
  check.has(err, text)
end
local n = 0
while true do
  local ok, err = process.registry.register("name" .. n)
  if not ok then
    check.eq(err:kind(), "limit")
    check.has(err, "64")
    break
  end
  n = n + 1
end
check.eq(n, 64)
---
-- A name of nobody is noproc everywhere.
local check = require("check")
local function noproc(ok, err)
  check.eq(ok, nil)
  check.eq(err:kind(), "noproc")
  check.has(err, '"ghost"')
end
noproc(process.send("ghost", "topic"))
noproc(process.cancel("ghost"))
noproc(process.terminate("ghost"))
noproc(process.info("ghost"))
noproc(process.registry.register("name", "ghost"))
check.eq(process.unmonitor("ghost"), false)
check.eq(process.unlink("ghost"), false)
local ref = process.monitor("ghost")
local e = process.receive(0)
check.eq(e.type, "EXIT")
check.eq(e.ref, ref)
check.eq(e.from, "ghost") -- there is no PID
check.eq(e.reason, "noproc")
check.eq(process.link("ghost"), true)
local e = process.receive(0)
check.eq(e.type, "LINK_DOWN")
check.eq(e.from, "ghost")
check.eq(e.reason, "noproc")
process.monitor("ghost")
check.eq(process.unmonitor("ghost"), true)
check.eq(process.receive(0), nil)
---
-- What was asked for by a name is ended by it, though nobody has it any more.
local check = require("check")
process.set_options{trap_links = true}
local pid = assert(process.spawn("lua.waits", "processes"))
process.registry.register("worker", pid)
process.monitor("worker")
process.link("worker")
process.terminate("worker")
while process.registry.lookup("worker") do time.sleep(0) end
check.eq(process.receive({type = "LINK_DOWN"}).from, pid)
check.eq(process.receive({type = "EXIT"}).from, pid)
---
-- Misuse is an error of Lua.
local check = require("check")
for _, case in ipairs{
  {process.registry.register, "process.registry.register: argument 1: expected a name (string), got 5", 5},
  {process.registry.register, "process.registry.register: argument 2: expected a PID, got true", "x", true},
  {process.registry.lookup, "process.registry.lookup: argument 1: expected a name (string), got nothing"},
  {process.registry.unregister, "process.registry.unregister: argument 1: expected a name (string), got a table", {}},
  {process.link, "process.link: argument 1: expected a PID or a registered name, got nothing"},
  {process.unlink, "process.unlink: argument 1: expected a PID or a registered name, got 1", 1},
  {process.set_options, "process.set_options: argument 1: expected a table of options, got nothing"},
  {process.set_options, 'process.set_options: argument 1: there is no option "trap"; there is trap_links', {trap = true}},
  {process.set_options, "process.set_options: argument 1: trap_links: expected a boolean, got 1", {trap_links = 1}},
  {process.send_after, 'process.send_after: argument 1: expected a duration, a number of seconds or a string like "5s", got nothing'},
  {process.send_after, "process.send_after: argument 2: expected a PID or a registered name, got nothing", 1},
  {process.send_after, "process.send_after: argument 3: expected a topic (string), got nothing", 1, "x"},
  {process.exec, "process.exec: argument 1: expected an entry ID, got nothing"},
  {process.spawn_linked, "process.spawn_linked: argument 2: expected a process group's ID, got nothing", "x"},
  {process.spawn_linked_monitored, "process.spawn_linked_monitored: argument 1: expected an entry ID, got nothing"},
} do
  local ok, err = pcall(case[1], unpack(case, 3, table.maxn(case)))
  check.eq(ok, false, case[2])
  check.has(err, case[2])
end
