---A bounded number of workers for any number of jobs.
---
---    local pool = require("pool")
---    local p = assert(pool.new{entry = "app:resize", group = "app:workers", size = 8})
---    for i, result in p:each(files) do                    -- as they come
---      print(files[i], result.ok and result.value or result.error)
---    end
---    local results = p:map(files, function(f) return f.path, f.width end)  -- in order
---    local width, err = p:exec("a.png", 640)              -- one
---    p:close()
---
---A worker is a process of the entry, Lua or WebAssembly. Without `keep` there is
---one for each job: the job's values are its arguments, what it returns is the
---result. With `keep` workers live on and are sent jobs: for what is dear to
---begin. Such a worker is a script that ends in `return pool.work(f)`, or
---anything that takes messages of topic "job" and answers each, to its `from`, by
---a message of topic "job" with the results, or "error" with an error or a text,
---until that is taken: a job without an answer is never done.
---
---A worker that dies fails its own job only: its error is that job's result, or
---the job is done again where `retry` says so. Jobs wait in a queue of bounded
---length, and whoever submits more waits with them.
---
---All workers end with the process that made the pool, in whatever way it ends;
---nothing of the pool ever stands in its mailbox. The pool works while one of its
---functions is waiting: between them, jobs that run go on, and those in the
---queue stay there. To share a pool between processes, make a process of it
---(pool.serve).

local process = require("process")
local time = require("time")
local errors = require("errors")
local check = require("internal.check")
local deadline = require("internal.deadline")
local map = require("map")
local queue = require("internal.queue")
local task = require("task")
local work = require("internal.work")

local pool = {}

---@class pool.Options
---@field entry string
---@field group string
---@field size? integer the most workers at once; 8 unless given
---@field queue? integer the most jobs that wait for one; as many as size unless given
---@field keep? boolean whether workers live on and are sent jobs
---@field args? table with keep: the arguments of each worker, with their number `n` where some are nil
---@field retry? integer how often a job is done again whose worker died; 0 unless given
---@field timeout? time.Duration|number|string for each job, from when a worker has it; its worker is killed then

---@class pool.Pool
local Pool = {}
Pool.__index = Pool
Pool.__tostring = function(p) return ("pool of %s"):format(p.entry) end

---@class pool.Job
---@field outcome? task.Outcome once it is done
local Job = {}
Job.__index = Job
Job.__tostring = function(j) return ("job %d of %s"):format(j.id, tostring(j.pool)) end

local optionKeys = {
  entry = true, group = true, size = true, queue = true, keep = true, args = true, retry = true, timeout = true,
}

local function count(fn, o, name, default, least)
  local n = o[name]
  if n == nil then return default end
  if type(n) ~= "number" or n < least or n % 1 ~= 0 then
    check.fail(3, fn, name, "a whole number of at least " .. least, n)
  end
  return n
end

-- make makes a pool whose workers' events come to an inbox, or to the mailbox.
local function make(fn, o, inbox)
  check.is(2, fn, "argument 1", o, "table", "a table of options")
  check.keys(2, fn, "option", o, optionKeys)
  check.is(2, fn, "entry", o.entry, "string", "an entry ID")
  check.is(2, fn, "group", o.group, "string", "a process group's ID")
  if o.args ~= nil then check.is(2, fn, "args", o.args, "table", "a list of arguments") end
  local size = count(fn, o, "size", 8, 1)
  return setmetatable({
    entry = o.entry, group = o.group, keep = o.keep, args = o.args or {}, inbox = inbox,
    size = size, room = count(fn, o, "queue", size, 0), retry = count(fn, o, "retry", 0, 0),
    timeout = check.duration(2, fn, "timeout", o.timeout),
    workers = map.new(), -- by PID: {pid, job}
    idle = {},           -- workers without a job, the last used last
    queue = queue(),     -- jobs that wait for a worker
    busy = 0, jobs = 0,
  }, Pool)
end

---Makes a pool. It starts no worker before there is a job.
---@param options pool.Options
---@return pool.Pool? pool
---@return error? err of kind "limit" when the process has too many inboxes
function pool.new(options)
  local p = make("pool.new", options, true)
  local err
  p.inbox, err = process.inbox()
  if not p.inbox then return nil, err end
  return p
end

local function checkPool(fn, p)
  if getmetatable(p) ~= Pool then check.fail(2, fn, "argument 1", "a pool (call it with a colon)", p) end
end

-- finish says what came of a job.
local function finish(job, outcome)
  if job.outcome then return end
  job.outcome = outcome
  if job.done then job.done(job, outcome) end
end

local function failed(kind, text) return {ok = false, reason = "error", error = errors.new(kind, text)} end

-- retire forgets a worker that has ended.
local function retire(p, w)
  p.workers:set(w.pid, nil)
  for i, other in ipairs(p.idle) do
    if other == w then table.remove(p.idle, i) break end
  end
end

-- release takes a worker's job from it.
local function release(p, w)
  local job = w.job
  w.job = nil
  if job then
    p.busy = p.busy - 1
    if job.timer then job.timer:cancel() end
    job.worker, job.timer = nil, nil
  end
  return job
end

-- assign gives a worker a job.
local function assign(p, w, job)
  w.job, job.worker = job, w
  p.busy = p.busy + 1
  if p.timeout then
    job.timer = process.send_after(p.timeout, p.inbox:address(), "$timeout", w.pid, job.id)
  end
end

-- begin starts a job; false when there is no room for its worker now, but some
-- will come when another ends.
local function begin(p, job)
  while p.keep and #p.idle > 0 do
    local w = table.remove(p.idle)
    local ok, err = p.inbox:send(w.pid, "job", unpack(job.args, 1, job.args.n))
    if ok then
      assign(p, w, job)
      return true
    elseif err:kind() ~= "noproc" then
      p.idle[#p.idle + 1] = w
      finish(job, {ok = false, reason = "error", error = err})
      return true
    end -- it has just ended, and its EXIT is on the way
  end
  local args = p.keep and p.args or job.args
  local pid, err = p.inbox:spawn(p.entry, p.group, unpack(args, 1, args.n or #args))
  if not pid then
    if p.workers:count() > 0 and (err:retryable() or err:kind() == "limit") then return false end
    finish(job, {ok = false, reason = "error", error = err})
    return true
  end
  local w = {pid = pid}
  p.workers:set(pid, w)
  if p.keep then
    local ok
    ok, err = p.inbox:send(pid, "job", unpack(job.args, 1, job.args.n))
    if not ok and err:kind() ~= "noproc" then -- what cannot be sent is the job's fault
      p.idle[#p.idle + 1] = w
      finish(job, {ok = false, reason = "error", error = err})
      return true
    end
  end
  assign(p, w, job)
  return true
end

-- dispatch starts what there are workers for.
local function dispatch(p)
  while p.queue.n > 0 and p.busy < p.size do
    local job = p.queue:take()
    if not job.outcome and not begin(p, job) then
      p.queue:pushFirst(job)
      return
    end
  end
end

-- ended says what the end of a worker makes of its job.
local function ended(p, job, event)
  if job.lost then
    finish(job, job.lost)
  elseif event.reason == "normal" and not p.keep then
    finish(job, task.outcome(event))
  elseif job.tries < p.retry then
    job.tries = job.tries + 1
    p.queue:pushFirst(job)
  elseif event.reason == "normal" then
    finish(job, failed("failed", ("the worker %s ended before it answered"):format(event.from)))
  else
    finish(job, task.outcome(event))
  end
end

local function answered(job, event)
  if event.topic == "job" then
    finish(job, {ok = true, reason = "normal", value = event.payload, values = event.payloads})
    return
  end
  local err = event.payload
  if not errors.is(err) then err = errors.new("failed", tostring(err), {value = err}) end
  finish(job, {ok = false, reason = "error", error = err})
end

-- lose gives a running job up: its worker is killed, and the job is done when
-- that is gone.
local function lose(job, outcome)
  job.lost = job.lost or outcome
  process.terminate(job.worker.pid)
end

-- handle does what an event asks for; false if it is none of the pool's.
local function handle(p, event)
  local w = p.workers:get(event.from)
  if event.type == "EXIT" and w then
    retire(p, w)
    local job = release(p, w)
    if job then ended(p, job, event) end
  elseif w and w.job and not w.job.lost and (event.topic == "job" or event.topic == "error") and p.keep then
    answered(release(p, w), event)
    p.idle[#p.idle + 1] = w
  elseif event.topic == "$timeout" and event.from == process.self() then
    w = p.workers:get(event.payload)
    if w and w.job and w.job.id == event.payloads[2] then
      lose(w.job, failed("timeout", ("%s was not done within %s, and its worker was killed"):format(tostring(w.job), tostring(p.timeout))))
    end
  else
    return w ~= nil
  end
  dispatch(p)
  return true
end

-- pump waits for one event; false on time-out.
local function pump(p, timeout)
  local event = p.inbox:receive(timeout)
  if not event then return false end
  handle(p, event)
  return true
end

local function hasRoom(p) return p.busy + p.queue.n < p.size + p.room end

-- enqueue takes a job on; done, unless nil, is told of its outcome.
local function enqueue(p, done, ...)
  p.jobs = p.jobs + 1
  local job = setmetatable({pool = p, id = p.jobs, tries = 0, args = {n = select("#", ...), ...}, done = done}, Job)
  p.queue:push(job)
  dispatch(p)
  return job
end

local function closed(p) return nil, errors.new("unavailable", tostring(p) .. " is closed", {retryable = false}) end

---Gives the pool a job, as soon as there is room for it.
---@param ... any
---@return pool.Job? job
---@return error? err when the pool is closed
function Pool:submit(...)
  checkPool("pool:submit", self)
  if self.over then return closed(self) end
  while pump(self, 0) do end
  while not hasRoom(self) do pump(self) end
  return enqueue(self, nil, ...)
end

---Gives the pool a job if there is room for it now.
---@param ... any
---@return pool.Job? job
---@return error? err kind "unavailable" when there is no room
function Pool:try_submit(...)
  checkPool("pool:try_submit", self)
  if self.over then return closed(self) end
  while pump(self, 0) do end
  if not hasRoom(self) then
    return nil, errors.new("unavailable", ("%s is full: %d jobs run and %d wait"):format(tostring(self), self.busy, self.queue.n))
  end
  return enqueue(self, nil, ...)
end

local function results(outcome)
  if outcome.ok then return unpack(outcome.values, 1, outcome.values.n) end
  return nil, outcome.error
end

local function checkJob(fn, job)
  if getmetatable(job) ~= Job then check.fail(2, fn, "argument 1", "a job (call it with a colon)", job) end
end

local function await(job, d)
  local left = deadline(d)
  while not job.outcome do
    if not pump(job.pool, left()) and not job.outcome then
      local late = failed("timeout", ("%s was not done within %s"):format(tostring(job), tostring(d)))
      if not job.worker then
        finish(job, late)
      else
        lose(job, late)
        while not job.outcome do pump(job.pool) end
      end
    end
  end
  return job.outcome
end

---Waits for the job. One that takes longer than the time-out is given up, and
---its worker killed.
---@param timeout? time.Duration|number|string
---@return any ... what the worker returned, or nil and err
function Job:await(timeout)
  checkJob("job:await", self)
  return results(await(self, check.duration(1, "job:await", "argument 1", timeout)))
end

---Gives the job up; its outcome is an error of kind "cancelled".
---@return boolean withdrawn false when it was done already
function Job:cancel()
  checkJob("job:cancel", self)
  if self.outcome then return false end
  local outcome = failed("cancelled", tostring(self) .. " was cancelled")
  if self.worker then lose(self, outcome) else finish(self, outcome) end
  return true
end

---Has one job done and waits for it.
---@param ... any
---@return any ... what the worker returned, or nil and err
function Pool:exec(...)
  checkPool("pool:exec", self)
  local job, err = self:submit(...)
  if not job then return nil, err end
  return results(await(job))
end

-- source gives a function that gives the next item, from a list or an iterator.
local function source(fn, items)
  if type(items) == "function" then return items end
  check.is(2, fn, "argument 1", items, "table", "a list, or a function that gives the next item")
  local i = 0
  return function()
    i = i + 1
    return items[i]
  end
end

local function each(p, items, values)
  local i, open, over = 0, 0, false
  local ready = queue() -- outcomes that were not given yet
  local function fill()
    while not over and not p.over and hasRoom(p) do
      local item = items()
      if item == nil then
        over = true
        return
      end
      i, open = i + 1, open + 1
      local place = i
      local function done(_, outcome)
        ready:push({place, outcome})
      end
      if values then enqueue(p, done, values(item, i)) else enqueue(p, done, item) end
    end
  end
  return function()
    fill()
    while ready.n == 0 and open > 0 do
      pump(p)
      fill()
    end
    local node = ready:take()
    if not node then return nil end
    open = open - 1
    return node[1], node[2]
  end
end

---Has a job done for each item and gives the outcomes as they come, with their
---item's place: `for i, outcome in p:each(items) do`. Items are taken as there
---is room for them.
---@param items any[]|fun(): any a list, or a function that gives the next item and nil at the end
---@param values? fun(item: any, i: integer): ... gives an item's job; the item itself unless given
---@return fun(): integer?, task.Outcome?
function Pool:each(items, values)
  checkPool("pool:each", self)
  if values ~= nil then check.is(1, "pool:each", "argument 2", values, "function", "a function") end
  if self.over then error(tostring(self) .. " is closed", 2) end
  return each(self, source("pool:each", items), values)
end

---Has a job done for each item and gives the outcomes in order.
---@param items any[]|fun(): any
---@param values? fun(item: any, i: integer): ...
---@return task.Outcome[]
function Pool:map(items, values)
  checkPool("pool:map", self)
  if values ~= nil then check.is(1, "pool:map", "argument 2", values, "function", "a function") end
  if self.over then error(tostring(self) .. " is closed", 2) end
  local outcomes = {}
  for i, outcome in each(self, source("pool:map", items), values) do outcomes[i] = outcome end
  return outcomes
end

---What the pool is doing.
---@return {size: integer, busy: integer, queued: integer, workers: integer}
function Pool:info()
  checkPool("pool:info", self)
  if not self.over then while pump(self, 0) do end end
  return {size = self.size, busy = self.busy, queued = self.queue.n, workers = self.workers:count()}
end

-- dismiss asks all workers to end; jobs in the queue are given up.
local function dismiss(p, grace)
  for job in function() return p.queue:take() end do
    finish(job, failed("cancelled", tostring(job) .. " was cancelled: the pool is closed"))
  end
  p.retry = 0
  for pid in p.workers:pairs() do process.cancel(pid, "the pool is closed", grace) end
end

---Closes the pool. Jobs in the queue fail with kind "cancelled"; workers are
---cancelled, and killed when the grace is over. It returns when they are gone.
---Closing again does nothing.
---@param grace? time.Duration|number|string 1 s unless given
function Pool:close(grace)
  checkPool("pool:close", self)
  grace = check.duration(1, "pool:close", "argument 1", grace, time.seconds(1))
  if self.over then return end
  self.over = true
  dismiss(self, grace)
  while self.workers:count() > 0 do pump(self) end
  self.inbox:close()
end

---Does a kept worker's part: it calls f with each job's values. What f returns is
---the result; nil and an error, or an error that it raises, fail the job and not
---the worker. It ends at a CANCEL. A worker's script ends in `return pool.work(f)`.
---@param f fun(...): ...
function pool.work(f)
  check.is(1, "pool.work", "argument 1", f, "function", "a function")
  return work(f)
end

-- mailbox is the calling process's mailbox in the shape of an inbox.
local mailbox = {
  address = function() return process.self() end,
  receive = function(_, ...) return process.receive(...) end,
  send = function(_, ...) return process.send(...) end,
  spawn = function(_, ...) return process.spawn_owned(...) end,
  close = function() end,
}

---Makes the calling process a pool that others share: `server.call(dest, ...)`
---has one job done, and gives what its worker returned, or nil and err; of kind
---"unavailable" at once when the queue is full. A script ends in
---`return pool.serve{entry = …, group = …}`.
---@param options pool.Options
function pool.serve(options)
  local server = require("server")
  local p = make("pool.serve", options, mailbox)
  return server.run({
    call = function(_, from, ...)
      if not hasRoom(p) then
        return nil, errors.new("unavailable", ("%s is full: %d jobs run and %d wait"):format(tostring(p), p.busy, p.queue.n))
      end
      enqueue(p, function(_, outcome) server.reply(from, results(outcome)) end, ...)
      return server.noreply
    end,
    info = function(_, event) handle(p, event) end,
    terminate = function()
      p.over = true
      dismiss(p, time.seconds(1))
      while p.workers:count() > 0 do pump(p) end
    end,
  })
end

return pool
