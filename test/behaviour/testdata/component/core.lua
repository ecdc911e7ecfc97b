-- A core module of the canonical ABI takes and gives every type.
local check = require("check")
local place = {x = 1, y = -2}
local person = {full_name = "Ada", age = 36, email = "a@b.c", tags = {"x", "y"}, place = place}
for name, values in pairs{
  ["string"] = {"", "text", ("é"):rep(50000)}, ["bytes"] = {"", "\0\255"},
  ["person"] = {person, {full_name = "B", age = 0, tags = {}, place = place}}, ["list-person"] = {{}, {person, person}},
  ["shape"] = {{tag = "rect", value = {1, 2.5}}, {tag = "named", value = "x"}, {tag = "nothing"}},
  ["color"] = {"green"}, ["perms"] = {{}, {read = true, execute = true}},
  ["tuple"] = {{1, -1, 0.5, true}}, ["option-string"] = {"x"},
} do
  for i, v in ipairs(values) do
    local e = check.finish("core.echo-" .. name, v)
    check.eq(e.error and tostring(e.error), nil, name)
    check.eq(e.values, {v, n = 1}, name .. " " .. i)
  end
end
check.eq(check.finish("core.echo-option-string").values, {n = 1})
check.eq(check.finish("core.echo-strings", "a", "b").value, {"a", "b"})
check.eq(check.finish("core.greet", "you").value, "hello, you!")
check.eq(check.finish("core.sum", {1, 2, 3}).value, 6)
check.eq(check.finish("core.middle", {place, place, place}).value, place)
---
-- Its errors are those of a component.
local check = require("check")
local e = check.finish("core.div", 1, 0)
check.eq(e.reason, "error")
check.eq(e.error:value(), "division by zero")
check.eq(check.finish("core.div", 7, 2).value, 3)
check.eq(tostring(check.finish("core.check", false).error), "check returned an error")
local pid, err = process.spawn("core.echo-person", "processes", {full_name = "A", age = "x", tags = {}, place = {x = 1, y = 2}})
check.eq(pid, nil)
check.eq(tostring(err), 'argument 1: field "age": expected u8, got "x"')
local pid, err = process.spawn("core.echo-strings", "processes", "a")
check.eq(tostring(err), "echo-strings takes 2 arguments (a: string, b: string), got 1")
