---A map whose keys come and go, for what lives long. An ordinary table keeps
---room for every key that it ever had, so that one by PID or by number of an
---order grows for ever; this one takes as much as it holds.
---
---    local map = require("map")
---    local waiting = map.new()
---    waiting:set(id, from)
---    waiting:get(id)
---    waiting:set(id, nil)
---    for id, from in waiting:pairs() do … end

local check = require("internal.check")

---@class map.Map
local Map = {}
Map.__index = Map

-- least is how many keys the table may have had before it is made anew.
local least = 64

---@param key any
---@return any value nil where there is none
function Map:get(key) return self.entries[key] end

---Sets what stands under a key; nil removes it.
---@param key any
---@param value any
function Map:set(key, value)
  local entries = self.entries
  if entries[key] ~= nil then
    entries[key] = value
    if value == nil then self.n = self.n - 1 end
    return
  end
  if value == nil then return end
  if key == nil or key ~= key then check.fail(1, "map:set", "argument 1", "a key that is neither nil nor NaN", key) end
  if self.keys >= least and self.keys >= 2 * self.n then
    local few = {}
    for k, v in pairs(entries) do few[k] = v end
    self.entries, self.keys = few, self.n
    entries = few
  end
  entries[key] = value
  self.n, self.keys = self.n + 1, self.keys + 1
end

---How many keys there are.
---@return integer
function Map:count() return self.n end

---Goes through the keys and values that there are now, in no order. The map may
---be changed meanwhile.
---@return fun(): any, any
function Map:pairs()
  local keys, i = {}, 0
  for key in pairs(self.entries) do keys[#keys + 1] = key end
  return function()
    while i < #keys do
      i = i + 1
      local value = self.entries[keys[i]]
      if value ~= nil then return keys[i], value end
    end
  end
end

local map = {}

---@return map.Map
---@nodiscard
function map.new() return setmetatable({entries = {}, n = 0, keys = 0}, Map) end

return map
