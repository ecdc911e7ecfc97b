-- An inbox keeps its events apart.
local inbox = assert(process.inbox())
local pid = assert(inbox:spawn("lua.echo", "processes", process.self()))
assert(process.receive().topic == "ready")
assert(inbox:send(pid, "question", 1, 2))
local e = inbox:receive("5s", {type = "MESSAGE"})
assert(e.topic == "question" and e.from == pid and e.payloads[2] == 2)
assert(process.receive(0) == nil)
assert(process.send(inbox:address(), "direct", 7))
assert(process.send_after(0, tostring(inbox), "timer"))
require("clock").advance(0)
assert(inbox:receive(function(e) return e.topic == "timer" end).from == process.self())
assert(inbox:receive(0).payload == 7)
local ref = assert(inbox:monitor(pid))
assert(process.info().monitors[ref] == pid)
inbox:send(pid, "stop")
local a, b = inbox:receive({type = "EXIT"}), inbox:receive({type = "EXIT"})
assert((a.ref == ref) ~= (b.ref == ref) and a.value == "stopped")
assert(inbox:receive(0) == nil and process.receive(0) == nil)
inbox:close()
local ok, err = process.send(inbox:address(), "late")
assert(ok == nil and err:kind() == "noproc" and tostring(err) == ("nobody receives at %s any more"):format(tostring(inbox)), tostring(err))
ok, err = inbox:monitor(pid)
assert(ok == nil and err:kind() == "invalid", tostring(err))
---
-- A process has a bounded number of inboxes.
local open = {}
repeat
  local inbox, err = process.inbox()
  open[#open + 1] = inbox
until not inbox
local _, err = process.inbox()
assert(#open == 64 and err:kind() == "limit", tostring(err))
open[1]:close()
assert(process.inbox())
---
-- What goes on as another entry has no inbox of before.
local pid = assert(process.spawn("lib.opens", "processes", process.self()))
local address = process.receive({topic = "address"}).payload
while process.info(pid).entry ~= "app:lua.waits" do time.sleep(0) end
local ok, err = process.send(address, "late")
assert(ok == nil and err:kind() == "noproc", tostring(err))
---
-- A process that is owned ends with its owner, and takes nobody with it.
local pid = assert(process.spawn_owned("lua.fails", "processes"))
assert(process.receive({type = "EXIT", from = pid}).reason == "error")
assert(process.receive(0) == nil)
pid = assert(process.spawn_owned("lua.waits", "processes"))
assert(process.unlink(pid))
---
-- An inbox's methods are called with a colon.
process.inbox().receive(1) --- expect error: inbox:receive: argument 1: expected an inbox; call it with a colon, got 1
---
-- A match of an inbox is checked as any.
process.inbox():receive(0, {frm = 1}) --- expect error: inbox:receive: argument 2: an event has no field "frm" to match
