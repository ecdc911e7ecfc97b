-- A task's result comes to who awaits it, and nothing to the mailbox.
--- needs: product several
local guest = ...
local task = require("task")
process.send(process.self(), "own", 1)
local a = assert(task.async(guest.product, "processes", 6, 7))
local b = assert(task.async(guest.several, "processes", 47, 10))
local quotient, rest = b:await()
assert(quotient == 4 and rest == 7)
assert(a:await("10s") == 42)
assert(a:await() == 42, "asked again it says the same")
assert(select("#", b:await()) == 2)
assert(process.receive(0).topic == "own")
assert(process.receive(0) == nil, "something was left")
---
-- A task that fails is an error, whether links are trapped or not.
--- needs: fails
local guest = ...
local task = require("task")
for _, trap in ipairs{false, true} do
  process.set_options{trap_links = trap}
  local t = assert(task.async(guest.fails, "processes"))
  local v, err = t:await("10s")
  assert(v == nil and err:kind() == "failed", tostring(err))
  assert(process.receive(0) == nil, "something was left")
end
---
-- A task that takes too long is killed.
--- needs: loops
local guest = ...
local task = require("task")
local clock = require("clock")
local t = assert(task.async(guest.loops, "processes"))
local done = t:yield()
assert(done == false)
local other = assert(process.spawn_monitored("lib.once", "processes", "sleep", "1s"))
clock.wait(1)
clock.advance(1)
process.receive({type = "EXIT", from = other})
local v, err = t:await(0)
assert(v == nil and err:kind() == "timeout" and tostring(err):find("was not done within 0s, and was killed", 1, true), tostring(err))
assert(process.info(t.pid) == nil, "it is alive")
assert(process.receive(0) == nil, "something was left")
---
-- Tasks end with their owner, in whatever way that ends.
--- needs: loops
local guest = ...
for _, why in ipairs{"normally", "with an error", "killed"} do
  local owner = assert(process.spawn("lib.owner", "processes", process.self(), "task", guest.loops))
  local pid = process.receive({topic = "owns"}).payload
  local ref = process.monitor(pid)
  if why == "killed" then
    process.terminate(owner)
  else
    process.send(owner, "end", why == "with an error" and "the owner's" or nil)
  end
  local e = process.receive({type = "EXIT", ref = ref})
  assert(e.reason == (why == "with an error" and "error" or "killed"), e.reason)
  assert(tostring(e.error):find(owner, 1, true), tostring(e.error))
end
---
-- A pool does jobs with one process for each.
--- needs: product
local guest = ...
local pool = require("pool")
local p = assert(pool.new{entry = guest.product, group = "processes", size = 3, queue = 2})
local list = {}
for i = 1, 20 do list[i] = i end
local results = p:map(list, function(n) return n, n end)
assert(#results == 20)
for i, r in ipairs(results) do
  assert(r.ok and r.value == i * i and r.values.n == 1, tostring(r.error))
end
local seen, n = {}, 0
for i, r in p:each(list, function(n) return n, 2 end) do
  assert(r.value == 2 * i and not seen[i])
  seen[i], n = true, n + 1
end
assert(n == 20)
assert(p:exec(6, 7) == 42)
local info = p:info()
assert(info.busy == 0 and info.queued == 0 and info.workers == 0 and info.size == 3)
p:close()
assert(process.receive(0) == nil, "something was left")
---
-- A worker that fails fails its own job only.
--- needs: fails
local guest = ...
local pool = require("pool")
local p = assert(pool.new{entry = guest.fails, group = "processes", size = 2, retry = 1})
local results = p:map({1, 2, 3}, function() end)
for i = 1, 3 do
  assert(results[i].ok == false and results[i].error:kind() == "failed" and results[i].reason == "error")
end
assert(process.receive(0) == nil, "something was left")
---
-- Arguments that do not fit are the job's error.
--- needs: product
local guest = ...
local pool = require("pool")
local p = assert(pool.new{entry = guest.product, group = "processes", size = 2, retry = 3})
local results = p:map({2, "x", 3}, function(v) return v, v end)
assert(results[1].value == 4 and results[3].value == 9)
assert(not results[2].ok and tostring(results[2].error) ~= "", "product of texts")
---
-- Workers that are kept answer to the pool, in any language.
--- needs: echo
local guest = ...
local pool = require("pool")
local p = assert(pool.new{entry = guest.echo, group = "processes", size = 3, keep = true, args = {process.self()}})
local list = {}
for i = 1, 30 do list[i] = "item " .. i end
for i, r in ipairs(p:map(list)) do assert(r.ok and r.value == list[i], tostring(r.error)) end
assert(p:info().workers == 3)
for i = 1, 3 do process.receive({topic = "ready"}) end
assert(process.receive(0) == nil, "something was left")
p:close(0)
assert(p:info().workers == 0)
assert(process.receive(0) == nil, "something was left")
---
-- A pool's workers end with its owner.
--- needs: loops
local guest = ...
local owner = assert(process.spawn("lib.owner", "processes", process.self(), "pool", guest.loops))
local ref = process.monitor(process.receive({topic = "owns"}).payload)
process.send(owner, "end")
assert(process.receive({type = "EXIT", ref = ref}).reason == "killed")
---
-- A job that takes too long loses its worker, and frees its place.
--- needs: loops product
local guest = ...
local clock = require("clock")
local pool = require("pool")
local p = assert(pool.new{entry = guest.loops, group = "processes", size = 1, timeout = "5s"})
local a, b = assert(p:submit()), assert(p:submit())
assert(b:cancel() and not b:cancel())
local _, err = b:await()
assert(err:kind() == "cancelled", tostring(err))
clock.advance(5)
_, err = a:await()
assert(err:kind() == "timeout" and tostring(err):find("was not done within 5s, and its worker was killed", 1, true), tostring(err))
assert(p:info().workers == 0)
