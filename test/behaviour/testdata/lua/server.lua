-- A server answers calls, and keeps its state.
local server = require("server")
local pid = assert(server.start("lib.counter", "processes", 40))
assert(server.call(pid, "next") == 41)
assert(server.call(pid, "next", 9) == 50)
assert(server.cast(pid, "add", 100))
assert(server.call(pid, "next") == 151)
local values = {server.call(pid, "several")}
assert(values[1] == 1 and values[3] == "three" and select("#", server.call(pid, "several")) == 4)
assert(select("#", server.call(pid, "nothing")) == 0)
local v, err = server.call(pid, "refuse")
assert(v == nil and err:kind() == "conflict" and tostring(err) == "not now")
assert(server.call(pid, "caller") == process.self())
process.send(pid, "tell")
local e = process.receive()
assert(e.topic == "told" and e.payload == 151)
assert(server.stop(pid))
assert(process.receive(0) == nil, "something was left")
---
-- A call that the server does not know is refused, and a cast ignored.
local server = require("server")
local pid = assert(server.start("lib.counter", "processes"))
local v, err = server.call(pid, "nxt")
assert(v == nil and err:kind() == "not_found")
assert(tostring(err):find('^the server has no call "nxt"; there are break_, break_value, call, caller, later, memory, never, next,'), tostring(err))
v, err = server.call(pid, {7})
assert(v == nil and err:kind() == "not_found", tostring(err))
assert(server.cast(pid, "nothing of the kind"))
assert(server.call(pid, "next") == 1)
---
-- A late answer reaches nobody.
local server = require("server")
local pid = assert(server.start("lib.counter", "processes"))
process.send(process.self(), "own")
process.spawn("lib.advances", "other", 1, 1)
local v, err = server.call({pid, timeout = "1s"}, "later")
assert(v == nil and err:kind() == "timeout", tostring(err))
assert(tostring(err) == ("server.call: %s did not answer within 1s"):format(pid), tostring(err))
server.cast(pid, "answer", "late")
assert(server.call(pid, "next") == 1)
assert(process.receive(0).topic == "own")
assert(process.receive(0) == nil, "something was left")
assert(#process.info(pid).monitored_by == 0)
---
-- Without a time-out given a call waits for five seconds.
local server = require("server")
local pid = assert(server.start("lib.counter", "processes"))
process.spawn("lib.advances", "other", 1, 5)
local v, err = server.call(pid, "never")
assert(tostring(err):find("within 5s", 1, true), tostring(err))
process.spawn("lib.advances", "other", 1, 3600)
assert(server.call({pid, timeout = math.huge}, "slow", "1h") == "slow")
---
-- A server answers later, and another process for it.
local server = require("server")
local pid = assert(server.start("lib.counter", "processes"))
local task = require("task")
local t = assert(task.async("lua.calls", "processes", pid, "later"))
repeat
  server.cast(pid, "answer", "at last")
  local done, v = t:yield()
until done
assert(t:await() == "at last")
---
-- A server that ends before it answers fails the call at once, with its error.
local server = require("server")
local pid = assert(server.start("lib.counter", "processes"))
local v, err = server.call(pid, "break_")
assert(v == nil and err:kind() == "failed" and tostring(err):find("broken call", 1, true), tostring(err))
assert(process.info(pid) == nil)
pid = assert(server.start("lib.counter", "processes"))
v, err = server.call(pid, "break_value")
assert(err:value().code == 7)
pid = assert(server.start("lib.counter", "processes"))
process.send_after(1, pid, "$cast", "quit")
process.spawn("lib.advances", "other", 2, 1)
v, err = server.call(pid, "never")
assert(err:kind() == "noproc" and tostring(err) == ("server.call: %s ended before it answered"):format(pid), tostring(err))
v, err = server.call(pid, "next")
assert(err:kind() == "noproc", tostring(err))
v, err = server.call("nobody", "next")
assert(err:kind() == "noproc" and tostring(err) == 'no process has the name "nobody"', tostring(err))
v, err = server.cast("nobody", "next")
assert(v == nil and err:kind() == "noproc")
assert(process.receive(0) == nil, "something was left")
---
-- A server quits, normally or with an error, after its answer.
local server = require("server")
local pid = assert(server.start("lib.counter", "processes"))
process.monitor(pid)
assert(server.call(pid, "quit") == "bye")
assert(process.receive({type = "EXIT"}).reason == "normal")
pid = assert(server.start("lib.counter", "processes"))
process.monitor(pid)
assert(server.call(pid, "quit", "tired") == "bye")
local e = process.receive({type = "EXIT"})
assert(e.reason == "error" and tostring(e.error) == "tired")
---
-- A server goes on as another entry, with its state and its callers.
local server = require("server")
local pid = assert(server.start{entry = "lib.counter", group = "processes", args = {5}, name = "counter"})
process.monitor(pid)
assert(server.call("counter", "upgrade", "lib.counter") == "going")
assert(server.call("counter", "next") == 6)
assert(process.registry.lookup("counter") == pid)
assert(process.receive(0) == nil, "something was left")
---
-- An answer that cannot be sent is the caller's error.
local server = require("server")
local pid = assert(server.start("lib.counter", "processes"))
local v, err = server.call(pid, "unsendable")
assert(v == nil and err:kind() == "invalid" and tostring(err):find("the server's answer cannot be sent: argument 1: field ", 1, true), tostring(err))
v, err = server.call(pid, "next", print)
assert(v == nil and err:kind() == "invalid", tostring(err))
assert(server.call(pid, "next") == 1)
---
-- Start waits for init, and gives its error.
local server = require("server")
for how, want in pairs{refuse = "refused", raise = "broken init"} do
  local pid, err = server.start("lib.counter", "processes", how)
  assert(pid == nil and tostring(err):find(want, 1, true), tostring(err))
  pid, err = server.start_link("lib.counter", "processes", how)
  assert(pid == nil and tostring(err):find(want, 1, true), tostring(err))
end
local pid, err = server.start("lib.nothing", "processes")
assert(pid == nil and err:kind() == "not_found", tostring(err))
pid, err = server.start("lua.nothing", "processes")
assert(pid == nil and tostring(err):find("ended before it answered", 1, true), tostring(err))
process.spawn("lib.advances", "other", 1, 2)
pid, err = server.start{entry = "lib.counter", group = "processes", args = {"hang"}, timeout = "2s"}
assert(pid == nil and err:kind() == "timeout" and tostring(err):find("within 2s; does its script end in server.run?", 1, true), tostring(err))
assert(#process.list("processes") == 0)
assert(process.receive(0) == nil, "something was left")
---
-- A server started with a name is called by it.
local server = require("server")
local pid = assert(server.start{entry = "lib.counter", group = "processes", args = {5}, name = "counter"})
assert(server.call("counter", "next") == 6)
assert(server.call({"counter"}, "next") == 7)
assert(server.cast("counter", "add", 1))
local second, err = server.start{entry = "lib.counter", group = "processes", name = "counter"}
assert(second == nil and err:kind() == "exists" and err:value() == pid, tostring(err))
assert(#process.list("processes") == 1)
assert(server.stop("counter"))
assert(process.registry.lookup("counter") == nil)
assert(server.start{entry = "lib.counter", group = "processes", name = "counter"})
---
-- A linked server ends with its starter, and the other way round.
local server = require("server")
for _, how in ipairs{"start", "start_link"} do
  local owner = assert(process.spawn_monitored("lib.owner", "processes", process.self(), how))
  local pid = process.receive({topic = "owns"}).payload
  process.monitor(pid) -- before it may end
  process.send(owner, "end", "owner fails")
  process.receive({type = "EXIT", from = owner})
  if how == "start" then
    assert(server.call(pid, "next") == 1)
    assert(#process.info(pid).links == 0)
  else
    assert(tostring(process.receive({type = "EXIT", from = pid}).error):find("owner fails", 1, true))
  end
end
local owner = assert(process.spawn_monitored("lib.owner", "processes", process.self(), "start_link"))
local pid = process.receive({topic = "owns"}).payload
server.cast(pid, "break_")
local e = process.receive({type = "EXIT", from = owner})
assert(e.reason == "error" and tostring(e.error):find("broken cast", 1, true), tostring(e.error))
---
-- A server that traps links ends with its starter by its own will.
local server = require("server")
local owner = assert(process.spawn("lua.calls_start", "processes", {entry = "lib.terminates", group = "processes", args = {process.self(), "trap"}}))
local e = process.receive({topic = "terminated"})
assert(e.payload == "normal")
---
-- Terminate is called at a CANCEL, at quit and at an error.
local server = require("server")
local function start()
  local pid = assert(server.start("lib.terminates", "processes", process.self()))
  process.monitor(pid)
  return pid
end
assert(server.stop(start(), "enough"))
local e = process.receive()
assert(e.topic == "terminated" and e.payload == "cancelled" and e.payloads[2] == "enough")
e = process.receive()
assert(e.reason == "normal" and e.value == "value" and e.values[2] == "cancelled")
assert(server.call(start()) == "last")
assert(process.receive().payload == "normal")
assert(process.receive().values[2] == "normal")
assert(server.call(start(), "why") == "last")
e = process.receive()
assert(e.payload == "error" and e.payloads[2] == "why")
assert(process.receive().reason == "error")
local v, err = server.call(start(), "break")
assert(tostring(err):find("broken here", 1, true))
e = process.receive()
assert(e.payload == "error" and tostring(e.payloads[2]):find("broken here", 1, true))
e = process.receive()
assert(e.reason == "error" and tostring(e.error):find("broken here", 1, true))
assert(e.report.trace[1]:find("app:lib.terminates:5:", 1, true), e.report.trace[1])
---
-- A server that does not end in time is killed.
local server = require("server")
local pid = assert(server.start("lib.counter", "processes"))
server.cast(pid, "nothing")
local t = require("task").async("lua.calls", "processes", pid, "slow", 3600)
while process.info(pid).state ~= "waiting" or process.info(pid).mailbox > 0 or not process.info(pid).monitored_by[1] do
  time.sleep(0)
end
local ok, err = server.stop({pid, timeout = 0})
assert(ok == nil and err:kind() == "cancelled", tostring(err))
ok, err = server.stop(pid)
assert(ok == nil and err:kind() == "noproc", tostring(err))
assert(process.receive(0) == nil, "something was left")
---
-- Calls work in coroutines, pcall and other servers' handlers.
local server = require("server")
local a, b = assert(server.start("lib.counter", "processes")), assert(server.start("lib.counter", "processes"))
process.send(process.self(), "own", 1)
process.send(process.self(), "own", 2)
local co = coroutine.wrap(function()
  for i = 1, 3 do coroutine.yield(server.call(a, "next")) end
end)
assert(co() == 1 and co() == 2 and co() == 3)
assert(select(2, pcall(server.call, a, "next")) == 4)
assert(server.call(a, "call", b, "next") == 1)
local v, err = server.call(a, "call", b, "refuse")
assert(v == nil and tostring(err) == "not now")
assert(process.receive().payload == 1 and process.receive().payload == 2)
assert(process.receive(0) == nil, "something was left")
---
-- An answer that finds no room is an error of the call, and not a silence.
local server, task = require("server"), require("task")
local pid = assert(server.start("lib.large", "processes"))
local t = assert(task.async("lib.cramped", "lean", process.self(), pid))
local address = process.receive({topic = "address"}).payload
assert(process.send(address, "x", ("x"):rep(600000)))
process.send(t.pid, "filled")
local v, kind, message = t:await()
assert(v == nil and kind == "unavailable", tostring(kind))
assert(message:find("the server's answer cannot be sent: the mailbox of <", 1, true), message)
---
-- What lives long does not grow: 25,000 calls.
local server = require("server")
local pid = assert(server.start("lib.counter", "processes"))
local function calls(n)
  for i = 1, n do server.call(pid, "next") end
end
-- The state's memory counts its garbage, until it is measured: some MiB.
calls(25000)
assert(server.call(pid, "next") == 25001)
assert(server.call(pid, "memory") < 6e6, "the server has " .. server.call(pid, "memory"))
assert(process.info().memory < 6e6, "the caller has " .. process.info().memory)
assert(#process.info(pid).monitored_by <= 1)
assert(process.info().mailbox == 0)
---
-- A process that calls itself is told so.
local server = require("server")
server.call(process.self(), "next") --- expect error: server.call: a process that calls itself would wait for ever
---
-- A dest must be one.
require("server").call(7, "next") --- expect error: server.call: argument 1: expected a PID or a registered name, or {dest, timeout = …}, got 7
---
-- A call's options must be known.
require("server").call({"x", timout = 1}, "next") --- expect error: server.call: there is no option "timout"; there are 1, timeout
---
-- A call's time-out must be one.
require("server").call({"x", timeout = "soon"}, "next") --- expect error: server.call: timeout: expected a duration, a number of seconds or a string like "5s", got "soon"
---
-- A start's options must be known.
require("server").start{entry = "x", group = "y", names = "z"} --- expect error: server.start: there is no option "names"; there are args, entry, group, link, name, timeout
---
-- A start needs a group.
require("server").start_link("lib.counter") --- expect error: server.start_link: argument 2: expected a process group's ID, got nil
---
-- A server's handlers must be known.
require("server").run({cal = {}}) --- expect error: server.run: there is no handler "cal"; there are call, cast, info, init, terminate
---
-- Handlers are functions.
require("server").run({call = {get = 1}}) --- expect error: server.run: call.get: expected a function, got 1
---
-- Only a server quits.
require("server").quit() --- expect error: server.quit: this process runs no server
