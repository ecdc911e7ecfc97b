-- The error's message has the place, the traceback the way there.
local check = require("check")
local e = check.finish("lua.fails")
check.eq(e.error:message(), "app:lua.fails:1: on purpose")
check.has(e.error:traceback(), "app:lua.fails:1: in function 'inner'")
check.has(e.error:traceback(), "app:lua.fails:2: in main chunk")
---
-- error:value is what was given to error.
local check = require("check")
local e = check.finish("lua.raises", "table")
check.eq(e.error:value(), {code = 7, list = {1, 2}})
check.eq(e.error:kind(), "failed")
check.has(e.error, "app:lua.raises:2")
---
-- A string is the message, and the value too.
local check = require("check")
local e = check.finish("lua.raises", "just text")
check.eq(e.error:message(), "just text")
check.eq(e.error:value(), "just text")
---
-- Errors of every type end a process in order.
local check = require("check")
local e = check.finish("lua.raises", "nil")
check.eq(e.reason, "error")
check.eq(e.error:value(), nil)
check.has(check.finish("lua.raises", "tostring").error, "my own text")
local e = check.finish("lua.raises", "function")
check.eq(e.reason, "error")
check.has(e.error, "a function")
check.has(check.finish("lua.raises", "level").error, "app:lua.raises:7: bad caller")
---
-- An error value that is raised keeps its kind.
local check = require("check")
local e = check.finish("lua.raises", "error")
check.eq(e.reason, "error")
check.eq(e.error:kind(), "noproc")
check.eq(e.error:value():kind(), "noproc")
check.has(e.error, "<1.1.999999>")
---
-- exit ends the process from anywhere, with values.
local check = require("check")
local e = check.finish("lua.exits")
check.eq(e.reason, "normal")
check.eq(e.values, {"early", 2, n = 2})
---
-- method names the function that takes the arguments.
local check = require("check")
check.eq(check.finish("lua.main_function", 1, 2).values, {"main", 1, 2, n = 3})
local e = check.finish("lua.no_method")
check.eq(e.reason, "error")
check.has(e.error, 'app:lua.no_method has no function "mian": it has main')
---
-- A process knows who it is.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.who", "other"))
check.eq(check.exit(pid).values, {pid, "app:lua.who", "app:other", n = 3})
---
-- max_fuel ends a loop.
local check = require("check")
local e = check.finish("lua.fuel")
check.eq(e.reason, "limit")
check.eq(e.error:kind(), "limit")
check.eq(tostring(e.error):sub(1, 8), "max_fuel")
check.has(e.error, "100000")
---
-- max_memory ends a state that holds too much.
local check = require("check")
local e = check.finish("lua.hungry")
check.eq(e.reason, "limit")
check.eq(tostring(e.error):sub(1, 10), "max_memory")
---
-- max_output ends one that prints too much.
local check = require("check")
local e = check.finish("lua.chatty")
check.eq(e.reason, "limit")
check.eq(tostring(e.error):sub(1, 10), "max_output")
---
-- max_handles bounds the timers that it holds.
local check = require("check")
local e = check.finish("lua.holds_timers")
check.eq(e.reason, "normal")
check.eq(e.values[1], nil)
check.eq(e.values[2]:kind(), "limit")
check.has(e.values[2], "max_handles: ")
check.eq(e.values[3], true)
---
-- An entry's own limit goes before its group's.
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored("lua.patient", "hurried"))
clock.wait(1)
clock.advance(59)
check.eq(process.info(pid).pid, pid)
clock.advance(1)
check.eq(check.exit(pid).reason, "limit")
---
-- Many that end at once each have their EXIT.
local check = require("check")
local left = {}
for i = 1, 300 do
  left[assert(process.spawn_monitored(i % 3 == 0 and "lua.fails" or "lua.waits", "processes"))] = true
end
for pid in pairs(left) do process.terminate(pid) end
for _ = 1, 300 do
  local e = process.receive({type = "EXIT"})
  check.eq(left[e.from], true)
  check.eq(e.reason == "killed" or e.reason == "error", true)
  left[e.from] = nil
end
check.eq(next(left), nil)
check.eq(process.list("processes"), {})
