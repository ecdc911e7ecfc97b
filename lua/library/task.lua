---Calls of entries that run beside the caller: `process.exec` in two halves.
---
---    local task = require("task")
---    local a = assert(task.async("app:resize", "app:workers", "a.png"))
---    local b = assert(task.async("app:resize", "app:workers", "b.png"))
---    local width, height = a:await("10s")      -- or nil, err
---    for i, result in ipairs(task.await_all({a, b}, "10s")) do
---      print(result.ok and result.value or result.error)
---    end
---
---A task is a process of its own, and processes share nothing: what runs is an
---entry, Lua or WebAssembly, never a function of the caller's.
---
---It belongs to the caller. When that ends, in whatever way, so does the task
---(with reason "killed", after a normal end). The task's own end takes nobody
---with it: a crash is `nil, err` from await. Neither puts anything into the
---caller's mailbox: no EXIT, no LINK_DOWN, whether links are trapped or not.

local process = require("process")
local time = require("time")
local errors = require("errors")
local check = require("internal.check")
local deadline = require("internal.deadline")
local map = require("map")

local task = {}

---What a task came to, as await_all gives it. Of a process that has ended it is its
---EXIT event, with `ok`.
---@class task.Outcome
---@field ok boolean whether it ended normally
---@field value any the first value that it returned
---@field values? table all of them, with their number `n`
---@field error? error why it did not: what it failed with, or of kind "timeout", "killed", "cancelled", "limit"
---@field reason process.Reason

---@class task.Task
---@field pid string
---@field entry string as it was given
local Task = {}
Task.__index = Task
Task.__tostring = function(t) return ("task %s of %s"):format(t.pid, t.entry) end

local inbox             -- where the ends of all tasks of this process come to
local running = map.new() -- tasks by PID

---Makes an EXIT event an outcome.
---@param event process.Event
---@return task.Outcome
function task.outcome(event)
  event.ok = event.reason == "normal" -- a table more would take longer than all the rest
  return event
end

-- settle takes the end of one task, waiting for it; false on time-out.
local function settle(timeout)
  local event = inbox:receive(timeout)
  if not event then return false end
  local t = event.type == "EXIT" and running:get(event.from)
  if t then
    running:set(event.from, nil)
    t.outcome = task.outcome(event)
  end
  return true
end

---Starts an entry as a task of the caller's.
---@param entry string
---@param group string
---@param ... any the arguments of the method or script
---@return task.Task? task
---@return error? err as `process.spawn` has it
function task.async(entry, group, ...)
  if not inbox then
    local err
    inbox, err = process.inbox()
    if not inbox then return nil, err end
  end
  while settle(0) do end -- of those that nobody asked about
  local ok, pid, err = pcall(inbox.spawn, inbox, entry, group, ...)
  if not ok then error((tostring(pid):gsub("^.-inbox:spawn", "task.async")), 2) end
  if not pid then return nil, err end
  local t = setmetatable({pid = pid, entry = entry}, Task)
  running:set(pid, t)
  return t
end

local function results(outcome)
  if outcome.ok then return unpack(outcome.values, 1, outcome.values.n) end
  return nil, outcome.error
end

-- giveUp kills a task that took too long, and waits until it is gone. It may
-- have ended by itself in the meantime.
local function giveUp(t, d)
  process.terminate(t.pid)
  while not t.outcome do settle(nil) end
  if not t.outcome.ok then
    t.outcome = {ok = false, reason = t.outcome.reason,
      error = errors.new("timeout", ("%s was not done within %s, and was killed"):format(tostring(t), tostring(d)))}
  end
end

local function checkTask(fn, t)
  if getmetatable(t) ~= Task then check.fail(2, fn, "argument 1", "a task (call it with a colon)", t) end
end

local function await(t, d, left)
  while not t.outcome do
    if not settle(left()) and not t.outcome then giveUp(t, d) end
  end
  return t.outcome
end

---Waits for the task and gives what it returned. A task that takes longer than
---the time-out is killed, since nobody will ask again; without one it may take
---as long as its entry's limits allow. Asked again, it says the same.
---@param timeout? time.Duration|number|string
---@return any ... what it returned, or nil and err
function Task:await(timeout)
  checkTask("task:await", self)
  local d = check.duration(1, "task:await", "argument 1", timeout)
  return results(await(self, d, deadline(d)))
end

---Waits for the task without giving it up: false when it is still running.
---@param timeout? time.Duration|number|string 0 unless given
---@return boolean done
---@return any ... what it returned, or nil and err
function Task:yield(timeout)
  checkTask("task:yield", self)
  local left = deadline(check.duration(1, "task:yield", "argument 1", timeout, time.seconds(0)))
  while not self.outcome and settle(left()) do end
  if not self.outcome then return false end
  return true, results(self.outcome)
end

---Asks the task to end: as `process.cancel`.
---@param reason? string
---@param grace? time.Duration|number|string
---@return true? ok
---@return error? err kind "noproc" when it has ended
function Task:cancel(reason, grace)
  checkTask("task:cancel", self)
  return process.cancel(self.pid, reason, grace)
end

---Kills the task.
---@return true? ok
---@return error? err kind "noproc" when it has ended
function Task:kill()
  checkTask("task:kill", self)
  return process.terminate(self.pid)
end

local function checkTasks(fn, tasks)
  check.is(2, fn, "argument 1", tasks, "table", "a list of tasks")
  for i, t in ipairs(tasks) do
    if getmetatable(t) ~= Task then check.fail(2, fn, ("argument 1: [%d]"):format(i), "a task", t) end
  end
end

---Waits for all tasks, for no longer than the time-out together. Those that are
---not done then are killed.
---@param tasks task.Task[]
---@param timeout? time.Duration|number|string
---@return task.Outcome[] outcomes in the order of the tasks
function task.await_all(tasks, timeout)
  checkTasks("task.await_all", tasks)
  local d = check.duration(1, "task.await_all", "argument 2", timeout)
  local left = deadline(d)
  local outcomes = {}
  for i, t in ipairs(tasks) do outcomes[i] = await(t, d, left) end
  return outcomes
end

---Waits for the first of the tasks to be done, whatever came of it. The others
---run on. A task that is done already is done first: take it off the list to
---wait for the next.
---@param tasks task.Task[]
---@param timeout? time.Duration|number|string
---@return integer? index its place in the list; nil on time-out
---@return any ... what it returned, or nil and err; the time-out's error
function task.await_any(tasks, timeout)
  checkTasks("task.await_any", tasks)
  if #tasks == 0 then check.fail(1, "task.await_any", "argument 1", "at least one task", tasks) end
  local d = check.duration(1, "task.await_any", "argument 2", timeout)
  local left = deadline(d)
  repeat
    for i, t in ipairs(tasks) do
      if t.outcome then return i, results(t.outcome) end
    end
  until not settle(left())
  return nil, errors.new("timeout", ("none of %d tasks was done within %s"):format(#tasks, tostring(d)))
end

return task
