-- Counts primes slice by slice, and tells the ledger. Where it stands is kept
-- there, so that this process may be killed at any time, and so may all that it uses.
local name, start = ...
local log = require("log").with{survey = name}
local server = require("server")
local width = 1000

local function slice()
  local from, err = server.call("ledger", "open", name, start)
  if not from then return nil, err end
  local primes
  primes, err = server.call("pool", from, from + width)
  if not primes then return nil, err end
  log:debug("slice counted", {from = from, primes = primes})
  return server.call("ledger", "found", name, from + width, primes)
end

-- First a member, then the question: a change between the two is in the mailbox.
assert(process.group.join("settings"))
local pause = assert(server.call("settings", "get")).pause

while true do
  local ok, err = slice()
  if not ok then log:warn("a slice failed", {error = tostring(err)}) end -- it is tried again

  -- Between two slices it listens.
  local event = process.receive(pause)
  if event and event.type == "CANCEL" then
    log:info("the survey stops")
    return
  elseif event and event.topic == "settings" then
    pause = event.payload.pause
  end
end
