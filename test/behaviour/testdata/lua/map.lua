-- A map holds what it was given, and counts it.
local map = require("map")
local m = map.new()
assert(m:count() == 0 and m:get("a") == nil and m:get(nil) == nil)
m:set("a", 1)
m:set("a", false)
m:set(2, "two")
m:set("gone", nil)
assert(m:get("a") == false and m:get(2) == "two" and m:count() == 2)
m:set("a", nil)
m:set("a", nil)
assert(m:get("a") == nil and m:count() == 1)
---
-- A map may be changed while it is gone through.
local m = require("map").new()
for i = 1, 100 do m:set(i, i) end
local seen = 0
for key, value in m:pairs() do
  assert(key == value)
  seen = seen + 1
  m:set(key, nil)
  m:set(101 - key, nil)
  m:set("new" .. key, true)
end
assert(seen == 50 and m:count() == 50, seen)
for key in m:pairs() do assert(type(key) == "string") end
---
-- A map takes no more room than for what it holds, whatever it held.
local m = require("map").new()
for i = 1, 100 do m:set(i, i) end
for i = 101, 20000 do
  m:set(i, i)
  m:set(i - 100, nil)
end
assert(m:count() == 100)
local keys = 0
for key in m:pairs() do
  assert(key > 19900 and m:get(key) == key)
  keys = keys + 1
end
assert(keys == 100 and m.keys <= 200, m.keys)
---
-- Nil is no key.
require("map").new():set(nil, 1) --- expect error: map:set: argument 1: expected a key that is neither nil nor NaN, got nil
---
-- Nor is NaN.
require("map").new():set(0/0, 1) --- expect error: map:set: argument 1: expected a key that is neither nil nor NaN, got
