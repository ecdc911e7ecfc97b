-- What the test scripts check with. Failures are raised at the caller's line.
local check = {}

local function show(v)
  if type(v) == "string" then return string.format("%q", v) end
  if type(v) ~= "table" then return tostring(v) end
  local parts, keys = {}, {}
  for k in pairs(v) do keys[#keys + 1] = k end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, k in ipairs(keys) do parts[#parts + 1] = "[" .. show(k) .. "]=" .. show(v[k]) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return type(a) == type(b) and a == b
  end
  for k, v in pairs(a) do if not same(v, b[k]) then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end

-- eq demands that two values are equal, tables by what is in them.
function check.eq(got, want, what)
  if not same(got, want) then
    error((what and what .. ": " or "") .. "got " .. show(got) .. ", want " .. show(want), 2)
  end
end

-- has demands that a text (or the text of an error) holds another.
function check.has(text, part)
  if not tostring(text):find(part, 1, true) then
    error("got " .. show(tostring(text)) .. ", want something with " .. show(part), 2)
  end
end

-- exit waits for a process's EXIT.
function check.exit(pid)
  return process.receive({type = "EXIT", from = pid})
end

-- finish spawns an entry and waits for its EXIT.
function check.finish(entry, ...)
  return check.exit(assert(process.spawn_monitored(entry, "processes", ...)))
end

-- message waits for a message of a topic.
function check.message(topic)
  return process.receive({type = "MESSAGE", topic = topic})
end

-- waiting returns once a process waits; others run meanwhile.
function check.waiting(pid)
  while assert(process.info(pid)).state ~= "waiting" do time.sleep(0) end
end

-- one waits until there is a process in a group, and gives its PID.
function check.one(group)
  local pids = process.list(group)
  while #pids == 0 do
    time.sleep(0)
    pids = process.list(group)
  end
  return pids[1]
end

return check
