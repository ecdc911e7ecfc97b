local time = require("time")

local ZERO, AGES = time.seconds(0), time.hours(24 * 365 * 100)

---Gives a function that says how much is left of a duration that begins now; of
---none, and of ages, it says nil: for ever.
---@param d? time.Duration
---@return fun(): time.Duration?
return function(d)
  if d == nil or d > AGES then return function() return nil end end
  local at = time.monotonic() + d
  return function()
    local left = at - time.monotonic()
    return left > ZERO and left or ZERO
  end
end
