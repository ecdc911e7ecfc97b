-- Takes numbers, and tells the counter their squares. It fails at a 13, is
-- restarted, and those after it in its tree with it.
while true do
  local e = process.receive()
  if e.type == "CANCEL" then return end
  if e.topic == "number" then
    assert(e.payload ~= 13, "thirteen")
    process.send("counter", "add", e.payload ^ 2)
  end
end
