-- Loops whose body begins with a jump: the jump back must lead there.
local function each(n)
  local i = 0
  return function() i = i + 1 if i <= n then return i, {value = i} end end
end
local sum = 0
for i, r in each(3) do
  if i then sum = sum + r.value end
end
for _ in pairs({1, 2}) do break end
for _ in each(3) do if true then break end end
assert(sum == 6)
local seen = 0
for i in each(3) do
  goto count
  ::back:: seen = seen + 10
  goto on
  ::count:: seen = seen + 1
  if i == 2 then goto back end
  ::on::
end
assert(seen == 13, seen)
local function empty(t)
  for _ in next, t do do break end end
  for _ in next, t do return false end
  return true
end
assert(empty({}) and not empty({1}))
local outer = 0
for i, r in each(2) do
  for _ in each(i) do break end
  for _, inner in ipairs({{value = 10}, {value = 20}}) do
    if inner.value then outer = outer + inner.value end
  end
  if i then outer = outer + r.value end
  while true do break end
  repeat break until false
end
assert(outer == 63, outer)
for k in each(2) or {} do break end
for k, v in pairs({a = 1}) do
  local f = function() for _ in pairs({1}) do break end return k, v end
  assert(f() == "a")
  break
end
---
-- A loop that is given fewer than three values begins without the others.
local function count(...)
  local n = 0
  for _ in ... do n = n + 1 end
  return n
end
for k in next, {1, 2} do end
local n = 0
for k in next, {1, 2} do n = n + 1 end
for k, v in next, {1, 2} do n = n + v end
for k, v in next, ({1, 2}) do n = n + v end
assert(n == 8, n)
local function one() return {1, 2} end
local function two() return {1, 2}, 1 end
n = 0
for _, _ in next, {1, 2} do end
for _ in next, one() do n = n + 1 end
for _ in next, (two()) do n = n + 1 end
for _ in next, two() do n = n + 1 end
for _, v in next, two() do n = n + v end
assert(n == 7, n)
assert(count(next, {1, 2}) == 2 and count(pairs({1, 2})) == 2)
local got = {}
for _ in next, {1, 2} do end
for a in function(...) if not got.n then got = {n = select("#", ...), ...} return 1 end end do end
assert(got[1] == nil and got[2] == nil)
local nested = function()
  local sum = 0
  for _, t in next, {{1, 2}, {3}} do for _, v in next, t do sum = sum + v end end
  for _, t in next, {{1, 2}, {3}} do for _, v in next, t do sum = sum + v end end
  return {f = function() for _ in next, {1} do end for _ in next, {1} do sum = sum + 1 end return sum end}
end
assert(nested().f() == 13)
