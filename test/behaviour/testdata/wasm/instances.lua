-- Each process has an instance of its own.
local check = require("check")
for _ = 1, 20 do check.eq(check.finish("core.counts").value, 101) end
---
-- _initialize runs once before a method, but not before _start.
local check = require("check")
check.eq(check.finish("core.reactor").value, 1)
check.eq(check.finish("core.reactor").value, 1)
local e = check.finish("core.reactor_start")
check.eq(e.reason, "normal")
---
-- What fails after the spawn is an EXIT.
local check = require("check")
for entry, text in pairs{
  ["core.initialize_traps"] = "_initialize",
  ["core.start_traps"] = "start function",
  ["core.data_outside"] = "data",
} do
  local pid, err = process.spawn_monitored(entry, "processes")
  check.eq(err, nil)
  local e = check.exit(pid)
  check.eq(e.reason, "error", entry)
  check.eq(e.error:kind(), "failed")
  check.has(e.error, text)
end
---
-- A trap has its name and the guest's frames.
local check = require("check")
local e = check.finish("core.fails")
check.eq(tostring(e.error), "wasm trap: unreachable instruction executed")
check.eq(e.error:traceback(), "boom()\nmiddle(i32) i32\nouter() i32")
local e = check.finish("core.divide", 1, 0)
check.has(e.error, "integer divide by zero")
check.eq(check.finish("core.divide", -7, 2).value, -3)
local e = check.finish("core.recurse", 0)
check.eq(e.reason, "error")
check.has(e.error, "call stack exhausted")
---
-- A growth beyond max_memory is refused with -1, as guests expect.
local check = require("check")
check.eq(check.finish("core.grows", 0).value, 1)
check.eq(check.finish("core.grows", 1).value, 1)
local e = check.finish("core.grows", 2)
check.eq(e.reason, "normal")
check.eq(e.value, -1)
---
-- One that traps after a refused growth ends with limit.
local check = require("check")
check.eq(check.finish("core.must_grow", 1).value, 42)
local e = check.finish("core.must_grow", 2)
check.eq(e.reason, "limit")
check.eq(e.error:kind(), "limit")
check.eq(tostring(e.error):sub(1, 10), "max_memory")
check.has(e.error, "131072")
check.has(e.error, "65536 too many")
check.eq(e.report.memory, 65536) -- its peak
check.eq(e.report.error, tostring(e.error))
---
-- A minimum beyond max_memory fails the spawn.
local check = require("check")
local pid, err = process.spawn("core.too_large", "processes", 0)
check.eq(pid, nil)
check.eq(err:kind(), "limit")
check.eq(tostring(err):sub(1, 10), "max_memory")
check.has(err, "65535")
check.has(err, "1 too many")
---
-- max_memory of the group holds where the entry says nothing.
local check = require("check")
local function grown(group, pages)
  return check.exit(assert(process.spawn_monitored("core.grows_in_group", group, pages))).value
end
check.eq(grown("lean", 1), 1)
check.eq(grown("lean", 2), -1)
check.eq(grown("processes", 2), 1)
