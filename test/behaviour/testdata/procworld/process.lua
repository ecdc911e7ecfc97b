-- Values of every kind go through a guest and come back.
local kind = ...
local check = require("check")
local json = require("json")
local function back(v) return check.finish(kind .. "returns", v).value end
for _, v in ipairs{true, false, 1.5, -0.25, 1e300, "", "text", "\255\0 bytes", {1, 2, {3, x = {}}}, {a = "b"}} do
  check.eq(back(v), v)
end
check.eq(back(nil), nil)
check.eq(tostring(back(int64("-9223372036854775808"))), "-9223372036854775808")
check.eq(tostring(back(int64("9223372036854775807"))), "9223372036854775807")
check.eq(tostring(back(uint64("18446744073709551615"))), "18446744073709551615")
check.eq(tostring(back(time.seconds(3))), "3s")
local e = check.finish(kind .. "returns", 1, nil, "three", nil)
check.eq(e.values, {1, nil, "three", nil, n = 4})
---
-- A large string and a large table.
local kind = ...
local check = require("check")
local s = ("x"):rep(20000)
check.eq(check.finish(kind .. "returns", s).value, s)
local t = {}
for i = 1, 2000 do t[i] = i end
check.eq(check.finish(kind .. "returns", t).value, t)
---
-- What does not fit into the guest is the guest's end.
local kind = ...
local check = require("check")
local e = check.finish(kind .. "returns", ("x"):rep(70000))
check.eq(e.reason, "error")
check.has(e.error, "wasm trap: cabi_realloc: unreachable instruction executed")
---
-- cancel is an event, and what the guest returns then its result.
local kind = ...
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored(kind .. "polite", "processes", process.self()))
check.message("ready")
check.waiting(pid)
process.cancel(pid, "enough", 3)
local e = check.exit(pid)
check.eq(e.reason, "normal")
check.eq(e.values[1], process.self())
check.eq(e.values[2], "enough")
check.eq(e.values[3], 3e9)
---
-- A guest cancels, with the grace that it says.
local kind = ...
local check = require("check")
local pid = assert(process.spawn_monitored("lua.polite", "processes", process.self()))
check.message("ready")
check.waiting(pid)
check.eq(check.finish(kind .. "cancels", pid, "by a guest", 1e9).value, true)
check.eq(check.exit(pid).values[2], "by a guest")
---
-- receive times out.
local kind = ...
local check = require("check")
local clock = require("clock")
check.eq(check.finish(kind .. "times_out", 0).value, 1)
local pid = assert(process.spawn_monitored(kind .. "times_out", "processes", 2e9))
clock.wait(1)
clock.advance(1.9)
check.waiting(pid)
clock.advance(0.1)
check.eq(check.exit(pid).value, 1)
local pid = assert(process.spawn_monitored(kind .. "times_out", "processes", 2e9))
clock.wait(1)
process.send(pid, "something")
check.eq(check.exit(pid).value, 0)
---
-- A guest monitors: noproc for the dead.
local kind = ...
local check = require("check")
local pid = check.finish("app:lua.nothing").from
check.eq(check.finish(kind .. "watches", pid).values, {true, false, 5, "", 3, nil, false, n = 7})
---
-- A guest monitors: EXIT of the living, once.
local kind = ...
local check = require("check")
local echo = assert(process.spawn("lua.echo", "processes", process.self()))
check.message("ready")
local pid = assert(process.spawn_monitored(kind .. "watches", "processes", echo))
check.waiting(pid)
process.send(echo, "stop")
check.eq(check.exit(pid).values, {true, false, 0, "app:lua.echo", -1, "stopped", false, n = 7})
---
-- max_children bounds what a guest starts.
local kind = ...
local check = require("check")
local e = check.finish(kind .. "parent", "lua.waits", 3)
check.eq(e.reason, "normal", tostring(e.error))
check.eq(e.values[1], 2)
check.eq(e.values[2], 9) -- limit
check.has(e.values[3], "max_children")
check.eq(process.list("processes"), {})
---
-- Errors of spawn and send reach the guest.
local kind = ...
local check = require("check")
local e = check.finish(kind .. "parent", "lua.watis", 1)
check.eq(e.values[2], 1) -- not_found
check.has(e.values[3], 'did you mean "app:lua.waits"?')
local gone = check.finish("app:lua.nothing").from
local pid = assert(process.spawn_monitored(kind .. "sends", "processes", process.self(), gone, 1))
local sent = check.message("sent")
check.eq(sent.payloads, {3, false, "there is no process " .. gone, n = 3})
---
-- A full mailbox refuses a guest's message.
local kind = ...
local check = require("check")
local to = assert(process.spawn("lua.deaf", "reject", process.self()))
check.message("ready")
process.send(to, "first")
process.send(to, "second")
assert(process.spawn(kind .. "sends", "processes", process.self(), to, "x"))
local sent = check.message("sent")
check.eq(sent.payloads[1], 4) -- unavailable
check.eq(sent.payloads[2], true)
---
-- Under the policy block a guest's send waits for room, and can be killed there.
local kind = ...
local check = require("check")
local to = assert(process.spawn_monitored("lua.deaf", "block", process.self()))
check.message("ready")
process.send(to, "first", 1)
process.send(to, "second", 2)
local one = assert(process.spawn_monitored(kind .. "sends", "processes", process.self(), to, 3))
check.waiting(one)
local two = assert(process.spawn_monitored(kind .. "sends", "processes", process.self(), to, 4))
check.waiting(two)
process.terminate(two)
check.eq(check.exit(two).reason, "killed")
process.cancel(to, "read", 60)
check.eq(check.message("sent").payload, true)
check.eq(check.exit(one).reason, "normal")
check.eq(check.exit(to).value, {1, 2, 3})
---
-- A guest that was not granted the interface is not spawned.
local kind = ...
local check = require("check")
local pid, err = process.spawn(kind .. "not_granted", "processes", process.self())
check.eq(pid, nil)
check.eq(err:kind(), "invalid")
check.has(err, kind .. "not_granted")
check.has(err, "wippy:process/process@0.1.0")
check.has(err, "imports: [wasi:cli, wippy:process]")
---
-- max_output ends a guest that prints too much.
local kind = ...
local check = require("check")
check.eq(check.finish(kind .. "prints", "line\n", 20).reason, "normal")
local e = check.finish(kind .. "chatty", ("x"):rep(30), 100)
check.eq(e.reason, "limit")
check.eq(e.error:kind(), "limit")
check.eq(tostring(e.error), "max_output: the process wrote 120 of 100 bytes")
---
-- A table is encoded, and JSON to the guest that asks.
local kind = ...
local check = require("check")
local e = check.finish(kind .. "json", {1, "two", {three = 3.5}, n = true})
check.eq(e.reason, "normal", tostring(e.error))
check.eq(e.values[1], '{"1":1,"2":"two","3":{"three":3.5},"n":true}')
check.eq(e.values[2], {["1"] = 1, ["2"] = "two", ["3"] = {three = 3.5}, n = true})
local e = check.finish(kind .. "json", "no encoding")
check.has(e.value, "encoded value: byte 0: expected a value's tag")
---
-- A guest that spends its time in the host leaves time to others, and can be killed.
--- executors: 1
local kind = ...
local check = require("check")
local pid = assert(process.spawn_monitored(kind .. "sums", "processes", 1000000000))
for i = 1, 5 do check.eq(check.finish(kind .. "product", i, 2).value, 2 * i) end
check.eq(process.terminate(pid), true)
check.eq(check.exit(pid).reason, "killed")
---
-- A guest's messages to itself.
local kind = ...
local check = require("check")
check.eq(check.finish(kind .. "sums", 1000).value, 1000)
---
-- A guest addresses a process by its name.
local kind = ...
local check = require("check")
process.registry.register("main")
local pid = assert(process.spawn_monitored(kind .. "sends", "processes", process.self(), "main", 3))
check.eq(check.message("sent").payload, true)
check.eq(process.receive({type = "MESSAGE"}).from, pid)
check.eq(check.exit(pid).reason, "normal")
local pid = assert(process.spawn_monitored(kind .. "sends", "processes", process.self(), "ghost", 3))
check.eq(check.message("sent").payloads, {3, false, 'no process has the name "ghost"', n = 3})
