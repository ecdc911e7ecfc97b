local process = require("process")

-- answer says to the pool what came of a job: what pcall gave.
local function answer(to, ok, ...)
  local first, second = ...
  local sent, err
  if not ok then
    sent, err = process.send(to, "error", first)
  elseif first == nil and second ~= nil then
    sent, err = process.send(to, "error", second)
  else
    sent, err = process.send(to, "job", ...)
  end
  if not sent and err:kind() == "invalid" then process.send(to, "error", err) end
end

---The loop of a kept worker: see pool.work.
return function(f)
  while true do
    local event = process.receive()
    if event.type == "CANCEL" then return end
    if event.topic == "job" then
      answer(event.from, pcall(f, unpack(event.payloads, 1, event.payloads.n)))
    end
  end
end
