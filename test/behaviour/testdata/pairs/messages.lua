-- Round trips keep what is sent, and end in order.
--- needs: echo ping
local one, other = ...
local check = require("check")
local e = check.finish(one.ping, other.echo, 100)
check.eq(e.reason, "normal", tostring(e.error))
check.eq(e.value, 100)
check.eq(process.list("processes"), {})
---
-- Many pairs at once.
--- needs: echo ping
local one, other = ...
local check = require("check")
for _ = 1, 20 do assert(process.spawn_monitored(one.ping, "processes", other.echo, 20)) end
for _ = 1, 20 do check.eq(process.receive({type = "EXIT"}).value, 20) end
---
-- On one executor.
--- needs: echo ping
--- executors: 1
local one, other = ...
local check = require("check")
check.eq(check.finish(one.ping, other.echo, 100).value, 100)
