local total, alive = ...
local ledger = assert(process.spawn_monitored("ledger", "others"))
local kinds = {"lua_peer", "wasm_peer"}
local living, seen, spawned, ended = {}, {}, 0, 0

local function spawn()
  living[#living + 1] = assert(process.spawn_monitored(kinds[spawned % #kinds + 1], "peers", ledger))
  spawned = spawned + 1
end

local function kill()
  local i = math.random(#living)
  assert(process.terminate(living[i]))
  living[i] = living[#living]
  living[#living] = nil
end

for _ = 1, alive do spawn() end
for _ = 1, alive / 10 do kill() end -- so many are dying at any time
while ended < total do
  local e = process.receive({type = "EXIT"})
  assert(e.from ~= ledger, e.error)
  assert(e.reason == "killed", e.error)
  assert(not seen[e.from], "two EXITs of one monitor")
  seen[e.from] = true
  ended = ended + 1
  if spawned < total then spawn() end
  if #living > 0 then kill() end
end
assert(process.receive(0, {type = "EXIT"}) == nil)

-- CANCEL comes after all that the dead sent.
assert(process.cancel(ledger, "the books are closed", "1m"))
local books = process.receive({type = "EXIT", from = ledger})
assert(books.reason == "normal", books.error)
return unpack(books.values, 1, books.values.n)
