-- Kept workers are used again, and answer whatever comes of a job.
local pool = require("pool")
local p = assert(pool.new{entry = "lib.kept", group = "processes", size = 2, keep = true, args = {"extra"}})
process.send(process.self(), "own")
local what, n, first, jobs, extra = p:exec("a", 1)
assert(what == "a" and n == 1 and jobs == 1 and extra == "extra")
local _, _, again, count = p:exec("b")
assert(again == first and count == 2)
local v, err = p:exec("raise")
assert(v == nil and err:kind() == "failed" and tostring(err):find("on purpose", 1, true), tostring(err))
v, err = p:exec("refuse")
assert(v == nil and err:kind() == "denied", tostring(err))
v, err = p:exec("unsendable")
assert(v == nil and err:kind() == "invalid", tostring(err))
v, err = p:exec(print)
assert(v == nil and err:kind() == "invalid", tostring(err))
assert(select(3, p:exec("c")) == first, "failures keep the worker")
v, err = p:exec("die")
assert(v == nil and err:kind() == "killed", tostring(err))
v, err = p:exec("end")
assert(v == nil and tostring(err):find("ended before it answered", 1, true), tostring(err))
assert(select(3, p:exec("d")) ~= first)
assert(process.receive(0).topic == "own")
p:close()
p:close()
assert(#process.list("processes") == 0)
v, err = p:submit("e")
assert(v == nil and err:kind() == "unavailable" and not err:retryable(), tostring(err))
assert(process.receive(0) == nil, "something was left")
---
-- A worker that dies while it has nothing to do is replaced.
local pool = require("pool")
local p = assert(pool.new{entry = "lib.kept", group = "processes", keep = true})
local _, _, pid = p:exec("a")
process.monitor(pid)
process.terminate(pid)
process.receive({type = "EXIT"})
local _, _, other = p:exec("a")
assert(other ~= pid)
assert(p:info().workers == 1)
---
-- Answers of kept workers wait for room where the pool's owner has none.
local results = assert(process.exec("lib.crowded", "reject"))
for i = 1, 6 do assert(results[i] == i, results[i]) end
assert(#results == 6)
---
-- Submitting waits for room, or says that there is none.
local pool = require("pool")
local p = assert(pool.new{entry = "lib.kept", group = "processes", size = 2, queue = 1, keep = true})
local jobs = {}
for i = 1, 3 do jobs[i] = assert(p:try_submit(i == 3 and "c" or "hang")) end
local job, err = p:try_submit("d")
assert(job == nil and err:kind() == "unavailable" and err:retryable())
assert(tostring(err) == "pool of lib.kept is full: 2 jobs run and 1 wait", tostring(err))
assert(p:info().busy == 2 and p:info().queued == 1)
assert(jobs[1]:cancel())
job = assert(p:submit("d"))
assert(jobs[3]:await() == "c")
assert(job:await() == "d")
assert(jobs[2].outcome == nil)
local v, err = jobs[2]:await(0)
assert(v == nil and err:kind() == "timeout", tostring(err))
v, err = jobs[1]:await()
assert(v == nil and err:kind() == "cancelled", tostring(err))
---
-- A job in the queue that waits too long is given up.
local pool = require("pool")
local p = assert(pool.new{entry = "lib.once", group = "processes", size = 1, queue = 1})
local a, b = p:submit("hang"), p:submit("b")
local v, err = b:await(0)
assert(v == nil and err:kind() == "timeout", tostring(err))
a:cancel()
assert(p:exec("c") == "c")
---
-- A job whose worker died is done again.
local pool, server = require("pool"), require("server")
local store = assert(server.start("lib.counter", "processes"))
local p = assert(pool.new{entry = "lib.fails_until", group = "processes", retry = 2})
assert(p:exec(store) == 3)
store = assert(server.start("lib.counter", "processes"))
p = assert(pool.new{entry = "lib.fails_until", group = "processes", retry = 1})
local v, err = p:exec(store)
assert(v == nil and tostring(err):find("attempt 2", 1, true), tostring(err))
---
-- A full group holds a pool up, and fails it only when it has no worker at all.
local pool = require("pool")
local p = assert(pool.new{entry = "lib.once", group = "small", size = 8})
local list = {}
for i = 1, 20 do list[i] = i end
for i, r in ipairs(p:map(list)) do assert(r.value == i, tostring(r.error)) end
local a, b = assert(process.spawn("lua.waits", "small")), assert(process.spawn("lua.waits", "small"))
local v, err = p:exec(1)
assert(v == nil and err:kind() == "unavailable", tostring(err))
---
-- Items come from a function, as many as there is room for.
local pool = require("pool")
local p = assert(pool.new{entry = "lib.once", group = "processes", size = 2, queue = 3})
local given, taken, most = 0, 0, 0
local function items()
  if given == 50 then return nil end
  given = given + 1
  return given
end
for i, r in p:each(items) do
  taken = taken + 1
  assert(r.value == i)
  most = math.max(most, given - taken)
end
assert(taken == 50 and most < 10, most)
---
-- One pool serves several loops at once, and one that is left early.
local pool = require("pool")
local p = assert(pool.new{entry = "lib.once", group = "processes", size = 3})
local sum = 0
for i, r in p:each({1, 2, 3, 4}) do
  for _, inner in ipairs(p:map({10, 20})) do sum = sum + inner.value end
  if i then sum = sum + r.value end
end
assert(sum == 4 * 30 + 10, sum)
for i in p:each({1, 2, 3}) do if i then break end end
assert(p:exec("on") == "on")
while p:info().workers > 0 do time.sleep(0) end
---
-- Closing a pool gives up what waits.
local pool = require("pool")
local p = assert(pool.new{entry = "lib.once", group = "processes", size = 1, queue = 1})
local a, b = assert(p:submit("hang")), assert(p:submit("b"))
p:close(0)
local v, err = b:await()
assert(v == nil and err:kind() == "cancelled" and tostring(err):find("the pool is closed", 1, true), tostring(err))
v, err = a:await()
assert(v == nil and err:kind() == "cancelled", tostring(err))
---
-- A pool is shared as a server.
local server, task = require("server"), require("task")
local pid = assert(server.start{entry = "lib.pool", group = "processes", name = "pool"})
assert(server.call("pool", "a") == "a")
local v, err = server.call("pool", "raise")
assert(v == nil and tostring(err):find("on purpose", 1, true), tostring(err))
local t = {}
for i = 1, 2 do t[i] = assert(task.async("lua.calls", "processes", "pool", "hang")) end
local function waits(pid) return process.info(pid).state == "waiting" end
repeat -- a caller that monitors the pool and waits has sent its job
  time.sleep(0)
until #process.info(pid).monitored_by == 2 and waits(t[1].pid) and waits(t[2].pid) and process.info(pid).mailbox == 0 and waits(pid)
v, err = server.call("pool", "x")
assert(err:kind() == "unavailable" and tostring(err) == "pool of lib.once is full: 1 jobs run and 1 wait", tostring(err))
process.terminate(pid)
v, err = t[1]:await()
assert(v == nil and err, "the pool is gone")
---
-- What lives long does not grow: 5,000 jobs.
local pool = require("pool")
local p = assert(pool.new{entry = "lib.once", group = "processes", size = 4})
local n = 0
for _, r in p:each(function() n = n + 1 if n <= 5000 then return n end end) do assert(r.ok) end
assert(process.info().memory < 6e6, process.info().memory)
assert(#process.info().links == 0 and next(process.info().monitors) == nil)
---
-- Options must be known.
require("pool").new{entry = "x", group = "y", sise = 3} --- expect error: pool.new: there is no option "sise"; there are args, entry, group, keep, queue, retry, size, timeout
---
-- A size is a whole number.
require("pool").new{entry = "x", group = "y", size = 0} --- expect error: pool.new: size: expected a whole number of at least 1, got 0
---
-- What is mapped is a list.
local p = require("pool").new{entry = "x", group = "y"}
p:map(7) --- expect error: pool:map: argument 1: expected a list, or a function that gives the next item, got 7
---
-- Methods are called with a colon.
local p = require("pool").new{entry = "x", group = "y"}
p.exec(7) --- expect error: pool:exec: argument 1: expected a pool (call it with a colon), got 7
