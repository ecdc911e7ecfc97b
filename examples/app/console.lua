-- Talks with the services: does what its arguments say; without any it reads
-- lines, does what they say and prints what came of it.
local pool = require("pool")
local server = require("server")
local supervisor = require("supervisor")
local task = require("task")

local usage = [[
totals                 what the surveys have found
count LOW HIGH         primes in a range; 5 1 traps, 0 2000000000 hits a limit
sweep N                primes below N, by a pool of this command's own
halves N               the same by two tasks, each counts a half
survey NAME FROM       adds a survey
children               of the supervisor of surveys
pause DURATION TOKEN   between two slices, for all surveys
kill NAME              a process by name or PID, such as pool, settings
quit]]

-- What a command returns is printed, or its error.
local commands = {}

function commands.help() return usage end

function commands.totals()
  local totals, err = server.call("ledger", "totals")
  if not totals then return nil, err end
  local lines = {}
  for name, s in pairs(totals) do
    lines[#lines + 1] = ("%s: %d primes from %d to %d"):format(name, s.primes, s.start, s.next)
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

function commands.count(low, high)
  return server.call({"pool", timeout = "20s"}, tonumber(low), tonumber(high))
end

-- A pool asks for the next item when it has room for it: no list is made of them.
function commands.sweep(n)
  n = assert(tonumber(n), "sweep needs a number")
  local width, low, primes = 5000, -5000, 0
  local workers, err = pool.new{entry = "worker", group = "workers", size = 4, timeout = "1m"}
  if not workers then return nil, err end
  local function slices()
    low = low + width
    if low < n then return {low, math.min(low + width, n)} end
  end
  for _, result in workers:each(slices, function(s) return s[1], s[2] end) do
    if not result.ok then
      workers:close()
      return nil, result.error
    end
    primes = primes + result.value
  end
  workers:close()
  return primes
end

function commands.halves(n)
  n = math.floor(assert(tonumber(n), "halves needs a number"))
  local middle = math.floor(n / 2)
  local tasks = {}
  for i, range in ipairs{{0, middle}, {middle, n}} do
    local t, err = task.async("worker", "workers", range[1], range[2])
    if not t then return nil, err end
    tasks[i] = t
  end
  local sum = 0
  for _, outcome in ipairs(task.await_all(tasks, "20s")) do
    if not outcome.ok then return nil, outcome.error end
    sum = sum + outcome.value
  end
  return sum
end

-- A survey that was added is a child like the one of the YAML, until the
-- supervisor itself is restarted.
function commands.survey(name, from)
  return supervisor.start_child("surveys", {
    id = name, process = "survey", args = {name, tonumber(from) or 0}, restart = "transient",
  })
end

function commands.children()
  local children, err = supervisor.which_children("surveys")
  if not children then return nil, err end
  local lines = {}
  for i, c in ipairs(children) do
    lines[i] = ("%s: %s, restarts: %d"):format(c.id, c.state, c.restarts)
  end
  return table.concat(lines, "\n")
end

function commands.pause(duration, token)
  assert(duration and token, "pause needs a duration and the token")
  local told, err = server.call("settings", "set_pause", duration, token)
  return told and ("%d surveys were told"):format(told), err
end

function commands.kill(name)
  local ok, err = process.terminate(assert(name, "kill needs a name"))
  return ok and name .. " is killed", err
end

-- run does what the words say: the text to print, or nil and an error. A mistake
-- in a command, or in what was typed, is an error like others.
local function run(name, ...)
  if not commands[name] then return nil, ("there is no command %q; help lists them"):format(name) end
  local ok, result, err = pcall(commands[name], ...)
  if not ok then return nil, result end
  return result, err
end

if #arg > 0 then
  return assert(run(...)) -- is printed
end

print("help lists what may be said; ^D ends")

-- A process reads the line, so that this one hears as well when it is to stop.
while true do
  assert(process.spawn_owned("line", "terminal"))
  local event = process.receive(nil, function(e) return e.type == "EXIT" or e.type == "CANCEL" end)
  if event.type == "CANCEL" or event.value == nil then return end -- ^C, or ^D

  local words = {}
  for word in event.value:gmatch("%S+") do words[#words + 1] = word end
  if words[1] == "quit" then return end
  if words[1] then
    local result, err = run(unpack(words))
    print(result or "failed: " .. tostring(err))
  end
end
