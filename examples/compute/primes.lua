-- Counts the primes below a bound: one WebAssembly worker for each slice of the
-- range, all of them running at once in the group myns:processes.

local process = require("process")
local time = require("time")

local bound = tonumber((...) or 100000)
local slices = 16
local width = math.ceil(bound / slices)

-- Spawn the workers. A full group is an error that one may retry.
local range = {} -- by PID: what the worker counts
for i = 1, slices do
    local from, to = (i - 1) * width, math.min(i * width, bound)
    local pid, err = process.spawn_monitored("myns:compute_worker", "myns:processes", from, to)
    if err then
        error("spawn failed: " .. tostring(err))
    end
    range[pid] = { from = from, to = to }
end

-- Gather their results, in whatever order they come.
local total = 0
for _ = 1, slices do
    local event = process.receive(time.seconds(60), { type = "EXIT" })
    if not event then
        error("the workers took more than a minute")
    end
    local r = range[event.from]
    if event.reason ~= "normal" then
        error(string.format("worker for %d..%d: %s: %s", r.from, r.to, event.reason, tostring(event.error)))
    end
    print(string.format("%7d primes in [%d, %d)", event.value, r.from, r.to))
    total = total + event.value
end
print(string.format("%7d primes below %d", total, bound))

-- A worker that fails takes nobody with it: its EXIT says what happened.
local _, err = process.spawn_monitored("myns:broken_worker", "myns:processes", 1, 0)
if err then
    error("spawn failed: " .. tostring(err))
end
local event = process.receive(time.seconds(10), { type = "EXIT" })
print("a worker that divides by zero: " .. event.reason .. ": " .. tostring(event.error))
