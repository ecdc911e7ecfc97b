-- Counts the primes below a bound. The range is cut into slices, each a job for a
-- pool of WebAssembly workers; a server keeps what they found.
local pool = require("pool")
local server = require("server")
local task = require("task")

local bound = tonumber((...) or 100000)
local width = 5000

-- The ledger ends with this script, and this script with the ledger.
local ledger = assert(server.start_link("primes:ledger", "primes:services"))

-- At most four workers at once. One that dies, or takes longer than a minute,
-- fails its own job only.
local workers = assert(pool.new{
  entry = "primes:worker", group = "primes:workers", size = 4, timeout = "1m",
})

-- slices gives one slice after the other. The pool asks for the next when it has
-- room for it, so that a bound of a billion takes no more memory than this one.
local from = 0
local function slices()
  if from >= bound then return nil end
  local slice = {from = from, to = math.min(from + width, bound)}
  from = slice.to
  return slice
end

for i, result in workers:each(slices, function(slice) return slice.from, slice.to end) do
  if result.ok then
    server.cast(ledger, "counted", result.value)
  else
    server.cast(ledger, "failed", ("slice %d: %s"):format(i, tostring(result.error)))
  end
end

local jobs, primes, failed = assert(server.call(ledger, "totals"))
print(("%d primes below %d, in %d jobs"):format(primes, bound, jobs))
for _, why in ipairs(failed) do print(why) end

-- Single calls: two at once, awaited together.
local low = assert(task.async("primes:worker", "primes:workers", 0, 100))
local high = assert(task.async("primes:worker", "primes:workers", 100, 200))
local outcomes = task.await_all({low, high}, "10s")
print(("%d below 100, %d from there to 200"):format(outcomes[1].value, outcomes[2].value))

workers:close()
assert(server.stop(ledger))
