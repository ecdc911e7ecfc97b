local ledger = ...
local me, sent, peers = process.self(), 0, nil

local function serve(e)
  if e.topic == "work" then
    process.send(ledger, "received", e.payload)
    process.send(e.from, "done", e.payload)
  elseif e.topic == "done" then
    process.send(ledger, "acknowledged", e.payload)
  end
end

while true do
  if sent % 16 == 0 then peers = process.list("peers") end
  sent = sent + 1
  process.send(peers[math.random(#peers)], "work", me .. sent)
  local e = process.receive("1ms") -- whom it wrote to may be dead
  while e do
    serve(e)
    e = process.receive(0)
  end
end
