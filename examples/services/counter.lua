-- Counts "add" messages until it is asked to stop; "total" asks for the sum.
local total = 0
while true do
  local e = process.receive()
  if e.type == "CANCEL" then
    print("the counter stops at " .. total)
    return
  elseif e.topic == "add" then
    total = total + e.payload
  elseif e.topic == "total" then
    process.send(e.from, "total", total)
  end
end
