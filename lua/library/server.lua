---A process that keeps a state and answers calls, in the manner of gen_server.
---
---The server is an entry whose script ends in server.run:
---
---    local server = require("server")
---    return server.run({
---      init = function(first) return {n = first or 0} end,   -- the state
---      call = {
---        next = function(state, from) state.n = state.n + 1 return state.n end,
---      },
---      cast = {
---        reset = function(state) state.n = 0 end,
---      },
---    }, ...)
---
---and others use it:
---
---    local pid = assert(server.start_link("app:counter", "app:services", 41))
---    local n, err = server.call(pid, "next")          --> 42
---    server.cast(pid, "reset")
---    server.stop(pid)
---
---A dest is a PID or a registered name; of a call also a table
---`{dest, timeout = "30s"}`. Without that a call waits for 5 seconds.
---
---# What a call comes to
---
---What the handler returned, `nil, err` included. `nil, err` with an error of
---kind "timeout" when the answer takes too long: it is then lost, and disturbs no
---later call. With the server's own error, at once, when it ends before it
---answers; with kind "noproc" when there is none. Nothing of a call ever stands
---in the caller's mailbox, and it takes none of the messages there, wherever it
---is made: in pcall, in a coroutine, in another server's handler.
---
---# Handlers
---
---`init(...)` gets what follows the handlers in server.run and returns the state,
---a table (a new one unless it returns anything), or nil, err: the server fails.
---The other handlers get the state and change it in place; the next message is
---taken when they return. `call(state, from, ...)` returns the answer, or
---server.noreply: then server.reply(from, ...) answers later, from any process.
---`cast(state, ...)` answers nobody. Either may be a table of functions by the
---first value, which they do not get. `info(state, event)` gets every other
---event: messages, EXIT, LINK_DOWN; without it they are dropped.
---`terminate(state, reason, err)` is called last, unless the server is killed or
---ends with a link: with reason "normal" after server.quit, "cancelled" after a CANCEL (err is then what the
---canceller said), "error" and the error when a handler failed. What it returns
---is what the process returns.
---
---An error in a handler ends the server with that error, and whoever waits for
---an answer gets it.
---
---# For other languages
---
---A call is a message of topic "$call" whose payloads are the request; the answer
---goes to its `from`: topic "$reply" with the values, or "$error" with an error or
---text. A cast has topic "$cast". WebAssembly modules that are granted
---wippy:process can be either side.

local process = require("process")
local time = require("time")
local errors = require("errors")
local check = require("internal.check")
local deadline = require("internal.deadline")

local server = {}

-- noreply is told from all else by identity.
local noreply = setmetatable({}, {__tostring = function() return "server.noreply" end})

---What a call's handler returns that answers later.
server.noreply = noreply

local second5 = time.seconds(5)

---@alias server.Dest string|{[1]: string, timeout: time.Duration|number|string?}

-- destOf takes a dest apart.
local function destOf(fn, dest)
  if type(dest) == "table" then
    check.keys(2, fn, "option", dest, {[1] = true, timeout = true})
    check.is(2, fn, "argument 1: [1]", dest[1], "string", "a PID or a registered name")
    return dest[1], check.duration(2, fn, "timeout", dest.timeout, second5)
  end
  check.is(2, fn, "argument 1", dest, "string", "a PID or a registered name, or {dest, timeout = …}")
  return dest, second5
end

-- pidOf gives the PID of a dest.
local function pidOf(dest)
  if dest:sub(1, 1) == "<" then return dest end
  local pid = process.registry.lookup(dest)
  if pid then return pid end
  return nil, errors.new("noproc", ("no process has the name %q"):format(dest))
end

local function named(dest, pid)
  return dest == pid and pid or ("%s (%s)"):format(dest, pid)
end

-- failure gives an error value for what another process says went wrong.
local function failure(what)
  if errors.is(what) then return what end
  return errors.new("failed", tostring(what), {value = what})
end

-- answer waits for one in an inbox: true and the payloads, or nil, err, and true
-- when the other has ended.
local function answer(inbox, left, d, fn, who)
  while true do
    local event = inbox:receive(left())
    if not event then
      return nil, errors.new("timeout", ("%s: %s did not answer within %s"):format(fn, who, tostring(d)))
    elseif event.type == "EXIT" then
      return nil, event.error or errors.new("noproc", ("%s: %s ended before it answered"):format(fn, who)), true
    elseif event.topic == "$reply" then
      return true, event.payloads
    elseif event.topic == "$error" then
      return nil, failure(event.payload)
    end
  end
end

---Asks a server and waits for the answer.
---@param dest server.Dest
---@param request any by custom the name of what is wanted
---@param ... any further values
---@return any ... the answer; nil and err when there is none
function server.call(dest, request, ...)
  local d
  dest, d = destOf("server.call", dest)
  local pid, err = pidOf(dest)
  if not pid then return nil, err end
  if pid == process.self() then
    error("server.call: a process that calls itself would wait for ever", 2)
  end
  local inbox
  inbox, err = process.inbox()
  if not inbox then return nil, err end
  local ok, payloads
  ok, err = inbox:monitor(pid)
  if ok then ok, err = inbox:send(pid, "$call", request, ...) end
  if ok then
    ok, payloads = answer(inbox, deadline(d), d, "server.call", named(dest, pid))
    err = payloads
  end
  inbox:close()
  if not ok then return nil, err end
  return unpack(payloads, 1, payloads.n)
end

---Tells a server something, and waits for nothing.
---@param dest string
---@param request any
---@param ... any
---@return true? ok
---@return error? err as `process.send` has it
function server.cast(dest, request, ...)
  check.is(1, "server.cast", "argument 1", dest, "string", "a PID or a registered name")
  return process.send(dest, "$cast", request, ...)
end

---Answers a call whose handler returned server.noreply.
---@param from string what the handler got
---@param ... any the answer
---@return true? ok
---@return error? err kind "noproc" when the caller waits no longer
function server.reply(from, ...)
  check.is(1, "server.reply", "argument 1", from, "string", "what the call's handler got as from")
  return process.send(from, "$reply", ...)
end

---Who made a call.
---@param from string what the handler got
---@return string pid
function server.caller(from)
  check.is(1, "server.caller", "argument 1", from, "string", "what the call's handler got as from")
  return (from:gsub("/%d+>$", ">"))
end

---Ends a server: it gets a CANCEL, on which its terminate is called, and is
---killed when that takes longer than the time-out.
---@param dest server.Dest the time-out is 5 s unless given
---@param reason? string
---@return true? ok when it has ended, and everything of it is free
---@return error? err of kind "noproc" when there is none, or what it ended with
function server.stop(dest, reason)
  local d
  dest, d = destOf("server.stop", dest)
  if reason ~= nil then check.is(1, "server.stop", "argument 2", reason, "string", "a reason (string)") end
  local pid, err = pidOf(dest)
  if not pid then return nil, err end
  if pid == process.self() then error("server.stop: a server ends itself by server.quit", 2) end
  local inbox
  inbox, err = process.inbox()
  if not inbox then return nil, err end
  local ok
  ok, err = inbox:monitor(pid)
  if ok then ok, err = process.cancel(pid, reason, d) end
  if ok then
    err = inbox:receive({type = "EXIT"}).error
    ok = not err or nil
  end
  inbox:close()
  return ok, err
end

---@class server.Start
---@field entry string
---@field group string
---@field args? table the arguments, with their number `n` where some are nil
---@field name? string a name to register
---@field link? boolean whether the caller and the server are linked
---@field timeout? time.Duration|number|string for its init; 5 s unless given

local startKeys = {entry = true, group = true, args = true, name = true, link = true, timeout = true}

-- start waits until init is done. Until then the server is the caller's own: it
-- ends with it, and a failure in init is an error here and nowhere else.
local function start(fn, o)
  local d = check.duration(2, fn, "timeout", o.timeout, second5)
  if o.name then
    local holder = process.registry.lookup(o.name)
    if holder then
      return nil, errors.new("exists", ("%s: %s has the name %q already"):format(fn, holder, o.name), {value = holder})
    end
  end
  local inbox, err = process.inbox()
  if not inbox then return nil, err end
  local args = o.args or {}
  local pid
  pid, err = inbox:spawn(o.entry, o.group, unpack(args, 1, args.n or #args))
  if not pid then
    inbox:close()
    return nil, err
  end
  local ok, gone = true, false
  if o.name then ok, err = process.registry.register(o.name, pid) end
  if ok then ok, err = inbox:send(pid, "$start", o.link and process.self() or nil) end
  if ok then
    ok, err, gone = answer(inbox, deadline(d), d, fn, named(o.entry, pid))
    if not ok and err:kind() == "timeout" then
      err = errors.new("timeout", err:message() .. "; does its script end in server.run?")
    end
  end
  if ok and o.link then
    ok, err = process.link(pid)
    if ok and process.receive(0, {type = "LINK_DOWN", from = pid, reason = "noproc"}) then
      ok, err = nil, errors.new("noproc", ("%s: %s ended at once"):format(fn, named(o.entry, pid)))
    end
  elseif ok then
    process.unlink(pid)
  end
  if not ok then
    process.terminate(pid)
    if not gone then inbox:receive({type = "EXIT"}) end
  end
  inbox:close()
  if not ok then return nil, err end
  return pid
end

local function starter(fn, link)
  return function(entry, group, ...)
    if type(entry) ~= "table" then
      check.is(1, fn, "argument 1", entry, "string", "an entry ID, or a table of options")
      check.is(1, fn, "argument 2", group, "string", "a process group's ID")
      local pid, err = start(fn, {entry = entry, group = group, args = {n = select("#", ...), ...}, link = link})
      return pid, err
    end
    check.keys(1, fn, "option", entry, startKeys)
    check.is(1, fn, "entry", entry.entry, "string", "an entry ID")
    check.is(1, fn, "group", entry.group, "string", "a process group's ID")
    if entry.args ~= nil then check.is(1, fn, "args", entry.args, "table", "a list of arguments") end
    if entry.name ~= nil then check.is(1, fn, "name", entry.name, "string", "a name") end
    local o = {link = link}
    for key, value in pairs(entry) do o[key] = value end
    local pid, err = start(fn, o)
    return pid, err
  end
end

---Starts a server and waits until its init has returned. An error in init, and a
---time-out, are `nil, err`; the process is gone then.
---@overload fun(options: server.Start): string?, error?
---@param entry string
---@param group string
---@param ... any for init
---@return string? pid
---@return error? err
server.start = starter("server.start", false)

---As start; the caller and the server are linked once it runs.
---@overload fun(options: server.Start): string?, error?
---@param entry string
---@param group string
---@param ... any for init
---@return string? pid
---@return error? err
server.start_link = starter("server.start_link", true)

-- running is the server that this process is: its handlers, its state, the
-- parent that it is linked with, and how it is to end.
local running

---Ends the server that calls it, once the handler has returned and its answer is
---sent: normally, or with an error for a reason.
---@param reason? any what the process fails with; nil for a normal end
function server.quit(reason)
  if not running then error("server.quit: this process runs no server", 2) end
  running.ending = running.ending or {reason = reason == nil and "normal" or "error", err = reason}
end

-- unknown says that a table of handlers has none of a name.
local function unknown(handlers, name)
  if not handlers then return errors.new("not_found", "the server takes no calls") end
  local names = {}
  for key in pairs(handlers) do names[#names + 1] = tostring(key) end
  table.sort(names)
  return errors.new("not_found", ("the server has no call %s; there are %s"):format(
    type(name) == "string" and ("%q"):format(#name <= 64 and name or name:sub(1, 64) .. "…") or tostring(name), table.concat(names, ", ")))
end

-- handler gives the function for a request, and the request without its name.
local function handler(of, payloads)
  if type(of) ~= "table" then return of, 1 end
  local name = payloads[1]
  return name ~= nil and of[name] or nil, 2
end

-- respond sends what a handler returned. A caller that is gone is none of the
-- server's business; what cannot be sent, or finds no room, is the caller's error.
local function respond(from, ...)
  if (...) == noreply then return end
  local ok, err = process.send(from, "$reply", ...)
  if not ok and err:kind() ~= "noproc" then
    process.send(from, "$error", errors.new(err:kind(), "the server's answer cannot be sent: " .. err:message()))
  end
end

local function called(s, from, payloads)
  local f, first = handler(s.handlers.call, payloads)
  if not f then
    process.send(from, "$error", unknown(s.handlers.call, payloads[1]))
    return
  end
  respond(from, f(s.state, from, unpack(payloads, first, payloads.n)))
end

-- step does what one event asks for.
local function step(s, event)
  local topic = event.topic
  if event.type == "CANCEL" then
    s.ending = {reason = "cancelled", err = event.reason}
  elseif topic == "$call" then
    called(s, event.from, event.payloads)
  elseif topic == "$cast" then
    local f, first = handler(s.handlers.cast, event.payloads)
    if f then f(s.state, unpack(event.payloads, first, event.payloads.n)) end
  elseif topic == "$start" then
    s.parent = event.payload
    process.send(event.from, "$reply")
  elseif event.type == "LINK_DOWN" and event.from == s.parent then
    s.ending = {reason = event.reason == "normal" and "normal" or "error", err = event.error}
  elseif s.handlers.info then
    s.handlers.info(s.state, event)
  end
end

-- loop takes events until the server is to end.
local function loop(s)
  while not s.ending do step(s, process.receive()) end
end

-- finish ends the server: it gives what terminate returns, or fails.
local function finish(s)
  local terminate, ending = s.handlers.terminate, s.ending
  if ending.reason == "error" then
    if terminate then terminate(s.state, "error", ending.err) end
    error(ending.err, 0)
  end
  if terminate then return terminate(s.state, ending.reason, ending.err) end
end

---@class server.Handlers
---@field init? fun(...): table?, any
---@field call? table<any, fun(state: table, from: string, ...): ...>|fun(state: table, from: string, ...): ...
---@field cast? table<any, fun(state: table, ...)>|fun(state: table, ...)
---@field info? fun(state: table, event: process.Event)
---@field terminate? fun(state: table, reason: "normal"|"cancelled"|"error", err: any): ...

local handlerTypes = {
  init = {["function"] = true},
  call = {["function"] = true, table = true},
  cast = {["function"] = true, table = true},
  info = {["function"] = true},
  terminate = {["function"] = true},
}

local function checkHandlers(handlers)
  check.is(2, "server.run", "argument 1", handlers, "table", "a table of handlers")
  check.keys(2, "server.run", "handler", handlers, handlerTypes)
  for name, f in pairs(handlers) do
    if not handlerTypes[name][type(f)] then
      check.fail(2, "server.run", name, handlerTypes[name].table and "a function or a table of functions" or "a function", f)
    end
    if type(f) == "table" then
      for key, g in pairs(f) do
        if type(g) ~= "function" then check.fail(2, "server.run", name .. "." .. tostring(key), "a function", g) end
      end
    end
  end
end

---Makes the calling process a server: it returns when the server ends, with what
---terminate returned. A script ends in `return server.run(handlers, ...)`.
---@param handlers server.Handlers
---@param ... any for init
---@return any ...
function server.run(handlers, ...)
  checkHandlers(handlers)
  if running then error("server.run: this process runs a server already", 2) end
  local s = {handlers = handlers}
  running = s
  local state, err = {}, nil
  if handlers.init then
    state, err = handlers.init(...)
    if state == nil and err ~= nil then error(err, 0) end
    if state == nil then state = {} end
    if type(state) ~= "table" then
      error("server.run: init: expected the state (a table), or nil and an error, got " .. tostring(state), 2)
    end
  end
  s.state = state
  if handlers.terminate then
    local ok, what = xpcall(function() loop(s) end, errors.keep)
    if not ok then s.ending = {reason = "error", err = what} end
  else
    loop(s)
  end
  return finish(s)
end

return server
