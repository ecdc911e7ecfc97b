-- A guest that sleeps holds no worker, and others go on.
--- executors: 1
local check = require("check")
local clock = require("clock")
local pids = {}
for i = 1, 20 do pids[i] = assert(process.spawn_monitored("wasi.sleep", "processes", 500)) end
for _, pid in ipairs(pids) do check.waiting(pid) end
check.eq(check.finish("wasi.product", 6, 7).value, 42)
clock.wait(20)
clock.advance(0.499)
for _, pid in ipairs(pids) do check.eq(process.info(pid).state, "waiting") end
clock.advance(0.001)
for _, pid in ipairs(pids) do check.eq(check.exit(pid).value, 500) end
---
-- terminate ends one that sleeps at once.
local check = require("check")
local pid = assert(process.spawn_monitored("wasi.sleep", "processes", 1e9))
check.waiting(pid)
check.eq(process.terminate(pid), true)
check.eq(check.exit(pid).reason, "killed")
---
-- Nobody reads a cancel: it kills at once.
local check = require("check")
local pid = assert(process.spawn_monitored("wasi.sleep", "processes", 1e9))
check.waiting(pid)
check.eq(process.cancel(pid, "enough"), true)
check.eq(check.exit(pid).reason, "cancelled")
---
-- Where there is no terminal standard input is at its end.
local check = require("check")
check.eq(check.finish("wasi.copy").value, 0)
check.eq(check.finish("wasi.wait", 1e9).value, 1)
---
-- Polls have a bound, and wait for the first of many.
local check = require("check")
for _, case in ipairs{{1, 1}, {1000, 1}, {4096, 1}, {4097, -28}, {-1, -28}, {0, -28}} do
  check.eq(check.finish("wasi.many", case[1]).value, case[2], case[1])
end
---
-- A guest chooses its exit code; other than 0 it is an error.
local check = require("check")
local e = check.finish("wasi.exit", 0)
check.eq(e.reason, "normal")
check.eq(e.code, 0)
check.eq(e.error, nil)
local e = check.finish("wasi.exit", 7)
check.eq(e.reason, "error")
check.eq(e.code, 7)
check.eq(e.error:kind(), "failed")
check.eq(tostring(e.error), "exit code 7")
---
-- What is not granted answers so, and ends nobody.
local check = require("check")
check.eq(check.finish("wasi.denied").value, 63)
check.eq(check.finish("wasi.nothing").reason, "normal")
---
-- A required variable without a value fails the spawn.
local check = require("check")
local pid, err = process.spawn("wasi.needy", "processes")
check.eq(pid, nil)
check.eq(err:kind(), "not_found")
check.has(err, "app:wasi.needy requires the variable SECRET: app:wasi.unset: ")
check.eq(check.finish("wasi.words", "word").value, 0)
---
-- Arguments that a program cannot take as words fail the spawn.
local check = require("check")
for _, case in ipairs{{{}, "argument 2: expected a string, a number or a boolean, got table"}, {"a\0b", "argument 2: an argument of a program holds no NUL"}} do
  local pid, err = process.spawn("wasi.words", "processes", 1, case[1])
  check.eq(pid, nil)
  check.eq(err:kind(), "invalid")
  check.eq(tostring(err), case[2])
end
---
-- Handles are bounded, and free when the process has ended.
local check = require("check")
for _ = 1, 3 do
  local e = check.finish("wasi.opens", 1000000)
  check.eq(e.reason, "limit")
  check.eq(tostring(e.error), "max_handles: the process holds 1024 of 1024 handles")
end
check.eq(check.finish("wasi.opens", 1000).value, 0)
local e = check.finish("wasi.few_handles", 10) -- the mount is one
check.eq(e.reason, "limit")
check.eq(tostring(e.error), "max_handles: the process holds 10 of 10 handles")
check.eq(check.finish("wasi.few_handles", 9).value, 0)
---
-- Buffers are checked before anything happens.
local check = require("check")
check.eq(check.finish("wasi.gather", 1024, 10).value, 0)
check.eq(check.finish("wasi.gather", 1025, 10).value, 28)
check.eq(check.finish("wasi.gather", -1, 10).value, 28)
check.eq(check.finish("wasi.random", 0, 100000).value, 0)
for _, e in ipairs{
  check.finish("wasi.gather", 10, -1), check.finish("wasi.gather", 1, 2^31 - 1),
  check.finish("wasi.scatter", -1, 1), check.finish("wasi.scatter", 0, -1),
  check.finish("wasi.random", -16, 16), check.finish("wasi.random", 2^30, 1),
} do
  check.eq(e.reason, "error")
  check.has(e.error, "are outside of the memory")
end
---
-- What a guest prints is bounded.
local check = require("check")
check.eq(check.finish("wasi.talks", 10, 100).value, 0)
local e = check.finish("wasi.talks", 10, 101)
check.eq(e.reason, "limit")
check.has(e.error, "max_output")
