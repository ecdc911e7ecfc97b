---How the library's modules look at what they are given.
local time = require("time")

local check = {}

local function shown(v)
  if type(v) == "string" then return '"' .. v .. '"' end
  if type(v) == "table" then return next(v) == nil and "an empty table" or "a table" end
  if type(v) == "function" then return "a function" end
  return tostring(v)
end

---Raises the error for a misused argument, at the line of whoever called the
---library's function; level says how far above the caller of fail that is.
function check.fail(level, fn, what, expected, got)
  error(("%s: %s: expected %s, got %s"):format(fn, what, expected, shown(got)), level + 2)
end

---Raises an error unless v is of the type.
function check.is(level, fn, what, v, kind, expected)
  if type(v) ~= kind then check.fail(level + 1, fn, what, expected, v) end
end

---Raises an error for a key of a table that is not among the known ones.
function check.keys(level, fn, what, t, known)
  for key in pairs(t) do
    if not known[key] then
      local names = {}
      for name in pairs(known) do names[#names + 1] = tostring(name) end
      table.sort(names)
      error(("%s: there is no %s %s; there are %s"):format(fn, what, shown(key), table.concat(names, ", ")), level + 2)
    end
  end
end

---Gives a duration for whatever is taken for one, default for nil.
function check.duration(level, fn, what, v, default)
  if v == nil then return default end
  local ok, d = pcall(time.duration, v)
  if not ok then check.fail(level + 1, fn, what, 'a duration, a number of seconds or a string like "5s"', v) end
  return d
end

return check
