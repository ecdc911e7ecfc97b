local process = require("process")
local time = require("time")

-- least and most are how long a worker rests before it answers again a pool that
-- had no room.
local least, most = time.milliseconds(1), time.milliseconds(100)

-- deliver sends to the pool, and waits for room there: a job without an answer
-- would never be done. False at a CANCEL meanwhile.
local function deliver(to, topic, ...)
  local rest = least
  while true do
    local sent, err = process.send(to, topic, ...)
    if sent or err:kind() == "noproc" then return true end
    if not err:retryable() then return deliver(to, "error", err) end
    if process.receive(rest, {type = "CANCEL"}) then return false end
    rest = rest * 2 < most and rest * 2 or most
  end
end

-- answer says to the pool what came of a job: what pcall gave. It is deliver's.
local function answer(to, ok, ...)
  local first, second = ...
  if not ok then return deliver(to, "error", first) end
  if first == nil and second ~= nil then return deliver(to, "error", second) end
  return deliver(to, "job", ...)
end

---The loop of a kept worker: see pool.work.
return function(f)
  while true do
    local event = process.receive()
    if event.type == "CANCEL" then return end
    if event.topic == "job" then
      if not answer(event.from, pcall(f, unpack(event.payloads, 1, event.payloads.n))) then return end
    end
  end
end
