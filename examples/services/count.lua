-- Tells the counter its arguments, and prints the sum.
for _, n in ipairs(arg) do
  assert(process.send("counter", "add", tonumber(n)))
end
assert(process.send("counter", "total"))
return process.receive("5s", {topic = "total"}).payload
