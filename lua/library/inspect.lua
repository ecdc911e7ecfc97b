---Shows any value as text, for logs, messages and people: tables with all that
---is in them and in a fixed order, strings quoted, everything else as tostring
---has it.
---
---    local inspect = require("inspect")
---    inspect({1, 2, name = "x"})             --> {1, 2, name = "x"}
---    inspect({a = {b = {}}}, {depth = 1})    --> {a = {…}}
---    inspect({name = "x"}, {indent = 2})     --> {
---                                            -->   name = "x"
---                                            --> }
---
---A table that is met again, within itself or beside, is shown once: `<1>{…}`
---marks it there, and `<table 1>` stands for it from then on. Functions and
---coroutines are `<function>` and `<thread>`. Metatables are not looked at.

---@class inspect.options
---@field indent? integer|string shows tables on several lines, each level this many blanks, or this text, further in; one line unless given
---@field depth? integer how many tables are shown one in the other, deeper ones as {…}; 60 unless given

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local
  nil not or repeat return then true until while]]):gmatch("%a+") do
  keywords[word] = true
end

local escapes = {['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c)
    return escapes[c] or ("\\%03d"):format(c:byte())
  end) .. '"'
end

local function isName(key)
  return type(key) == "string" and key:find("^[%a_][%w_]*$") ~= nil and not keywords[key]
end

-- Numbers come first, then strings, then the rest by type and text.
local ranks = {number = 1, string = 2}

local function before(a, b)
  local rankA, rankB = ranks[type(a)] or 3, ranks[type(b)] or 3
  if rankA ~= rankB then return rankA < rankB end
  if rankA < 3 then return a < b end
  if type(a) ~= type(b) then return type(a) < type(b) end
  return tostring(a) < tostring(b)
end

-- fields gives the keys behind the first n elements, in order.
local function fields(t, n)
  local keys = {}
  for key in next, t do
    if not (type(key) == "number" and key >= 1 and key <= n and key % 1 == 0) then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, before)
  return keys
end

-- expect refuses what has none of the types, at the line of inspect's caller.
local function expect(v, what, expected, ...)
  for _, kind in ipairs({...}) do
    if type(v) == kind then return end
  end
  error(("inspect: %s: expected %s, got %s"):format(what, expected, type(v) == "string" and quoted(v) or tostring(v)), 3)
end

---@param value any
---@param options? inspect.options
---@return string
local function inspect(value, options)
  if options == nil then options = {} end
  expect(options, "argument 2", "options (table)", "table")
  local indent, depth = options.indent, options.depth or 60
  expect(depth, "depth", "a number", "number")
  if indent ~= nil then
    expect(indent, "indent", "a number of blanks or a text", "number", "string")
    if type(indent) == "number" then indent = (" "):rep(indent) end
  end

  local out = {}   -- pieces of text
  local begun = {} -- where the pieces of a table begin, by table
  local ids = {}   -- of tables that are met again
  local count = 0  -- of these
  local show

  local function put(text) out[#out + 1] = text end

  -- item begins what stands at a place of a table.
  local function item(first, level)
    if not first then put(indent and "," or ", ") end
    if indent then put("\n" .. indent:rep(level)) end
  end

  local function again(t)
    if not ids[t] then
      count = count + 1
      ids[t] = count
      out[begun[t]] = "<" .. count .. ">{"
    end
    put("<table " .. ids[t] .. ">")
  end

  local function showTable(t, level)
    if begun[t] then return again(t) end
    if next(t) == nil then return put("{}") end
    if level >= depth then return put("{…}") end
    put("{")
    begun[t] = #out
    local n = 0
    while rawget(t, n + 1) ~= nil do
      n = n + 1
      item(n == 1, level + 1)
      show(rawget(t, n), level + 1)
    end
    for i, key in ipairs(fields(t, n)) do
      item(n + i == 1, level + 1)
      if isName(key) then
        put(key)
      else
        put("[")
        show(key, level + 1)
        put("]")
      end
      put(" = ")
      show(rawget(t, key), level + 1)
    end
    if indent then put("\n" .. indent:rep(level)) end
    put("}")
  end

  function show(v, level)
    local kind = type(v)
    if kind == "table" then
      showTable(v, level)
    elseif kind == "string" then
      put(quoted(v))
    elseif kind == "function" or kind == "thread" then
      put("<" .. kind .. ">")
    else
      put(tostring(v))
    end
  end

  show(value, 0)
  return table.concat(out)
end

return inspect
