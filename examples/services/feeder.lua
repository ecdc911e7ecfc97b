-- Feeds the workers in turns. It begins anew whenever one of them was restarted.
local workers = {"worker.first", "worker.second"}
for n = 1, math.huge do
  process.send(workers[n % 2 + 1], "number", n)
  if process.receive("100ms", {type = "CANCEL"}) then return end
end
