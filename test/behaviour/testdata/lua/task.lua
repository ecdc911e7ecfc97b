-- All tasks are awaited together.
local task = require("task")
local tasks = {
  assert(task.async("lib.once", "processes", "a", 1)),
  assert(task.async("lib.once", "processes", "raise")),
  assert(task.async("lib.once", "processes", "b")),
}
local r = task.await_all(tasks)
assert(r[1].ok and r[1].value == "a" and r[1].values[2] == 1 and r[1].reason == "normal")
assert(not r[2].ok and r[2].reason == "error" and tostring(r[2].error):find("on purpose", 1, true))
assert(r[3].ok and r[3].values.n == 2)
assert(#task.await_all({}) == 0)
assert(process.receive(0) == nil, "something was left")
---
-- Those that are not done in time are killed.
local task = require("task")
local quick, hangs = assert(task.async("lib.once", "processes", "a")), assert(task.async("lib.once", "processes", "hang"))
quick:await()
local r = task.await_all({hangs, quick}, 0)
assert(not r[1].ok and r[1].error:kind() == "timeout" and r[1].reason == "killed")
assert(r[2].ok)
assert(process.info(hangs.pid) == nil)
---
-- The first task to be done is awaited.
local task = require("task")
local tasks = {}
for i = 1, 3 do tasks[i] = assert(task.async("lib.once", "processes", i == 2 and "x" or "hang")) end
local i, v = task.await_any(tasks)
assert(i == 2 and v == "x")
table.remove(tasks, i)
tasks[1]:kill()
local i, v, err = task.await_any(tasks)
assert(i == 1 and v == nil and err:kind() == "killed", tostring(err))
table.remove(tasks, i)
local i, err = task.await_any(tasks, 0)
assert(i == nil and err:kind() == "timeout", tostring(err))
assert(tasks[1]:yield() == false, "it runs on")
assert(tasks[1]:cancel("enough", 0))
local done, v, err = tasks[1]:yield("1m")
assert(done and v == nil and err:kind() == "cancelled", tostring(err))
---
-- Tasks work in coroutines and pcall, and leave the mailbox alone.
local task = require("task")
process.send(process.self(), "own")
local each = coroutine.wrap(function()
  for i = 1, 3 do coroutine.yield(task.async("lib.once", "processes", i):await()) end
end)
assert(each() == 1 and each() == 2 and each() == 3)
local ok, v = pcall(function() return task.async("lib.once", "processes", "p"):await() end)
assert(ok and v == "p")
assert(process.receive(0).topic == "own" and process.receive(0) == nil)
---
-- What cannot be spawned is an error at once.
local task = require("task")
local t, err = task.async("lib.nowhere", "processes")
assert(t == nil and err:kind() == "not_found", tostring(err))
t, err = task.async("lib.once", "processes", print)
assert(t == nil and err:kind() == "invalid", tostring(err))
---
-- Tasks that nobody awaits leave nothing behind: 5,000.
local task = require("task")
for i = 1, 5000 do
  local t = assert(task.async("lib.once", "processes", i))
  if i % 100 == 0 then assert(t:await() == i) end
end
assert(process.info().memory < 6e6, process.info().memory)
assert(process.receive(0) == nil, "something was left")
---
-- A task needs an entry.
require("task").async(print, "processes") --- expect error: task.async: argument 1: expected an entry ID, got a function
---
-- Methods are called with a colon.
require("task").async("lib.once", "processes").await() --- expect error: task:await: argument 1: expected a task (call it with a colon), got nil
---
-- Only tasks are awaited.
require("task").await_all({7}) --- expect error: task.await_all: argument 1: [1]: expected a task, got 7
---
-- Something must be awaited.
require("task").await_any({}) --- expect error: task.await_any: argument 1: expected at least one task, got an empty table
