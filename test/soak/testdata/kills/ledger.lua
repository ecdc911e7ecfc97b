local received, n, acknowledged, lost = {}, 0, 0, 0
while true do
  local e = process.receive()
  if e.type == "CANCEL" then return n, acknowledged, lost end
  if e.topic == "received" then
    received[e.payload] = true
    n = n + 1
  else
    acknowledged = acknowledged + 1
    if not received[e.payload] then lost = lost + 1 end
  end
end
