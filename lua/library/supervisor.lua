---Supervisors, as in Erlang/OTP: processes that start others in order, restart
---those that fail, and stop them in the reverse order.
---
---    local supervisor = require("supervisor")
---    local pool = assert(supervisor.start({
---      strategy = "simple_one_for_one", intensity = 3, period = "10s", group = "processes",
---      children = {{process = "worker", restart = "transient"}},
---    }))
---    local worker = assert(supervisor.start_child(pool, {1, 2, 3}))
---
---`start` makes one of a specification, or of an entry of kind process.supervisor.
---Every other function asks one that runs, by its PID or registered name: those
---that `start` made, those of YAML, and "wippy:services", which runs the
---services of the application. They wait for the answer, and give nil and an
---error when the supervisor ends meanwhile. Other events stay in the mailbox.

---@class supervisor.Spec
---@field strategy? "one_for_one"|"one_for_all"|"rest_for_one"|"simple_one_for_one" one_for_one unless given
---@field intensity? integer how many restarts within the period are borne; 1 unless given
---@field period? time.Duration|number|string 5 s unless given
---@field auto_shutdown? "never"|"any_significant"|"all_significant" never unless given
---@field group? string the group of children that name none; the caller's unless given
---@field children? supervisor.Child[] in the order of their start; one, the template, with simple_one_for_one

---@class supervisor.Child
---@field id? string unique among the children; the full ID of `process` unless given
---@field process? string an entry ID; a process.service brings all that it says of itself
---@field supervisor? supervisor.Spec in place of `process`: the child is a supervisor
---@field group? string that of the specification, or of a service, unless given. A supervisor without one gives its own, and "wippy:services" none
---@field args? any[]
---@field register? string a name for the process
---@field restart? "permanent"|"transient"|"temporary" permanent unless given
---@field shutdown? time.Duration|number|string the time that it has to end, "brutal_kill" or "infinity"; 5 s unless given, "infinity" for a supervisor
---@field significant? boolean
---@field ready? boolean it says by supervisor.ready() that it has started
---@field start_timeout? time.Duration|number|string 30 s unless given, unbounded for a supervisor
---@field backoff? supervisor.Backoff delays restarts

---@class supervisor.Backoff
---@field initial_delay? time.Duration|number|string 1 s unless given
---@field max_delay? time.Duration|number|string 30 s unless given
---@field backoff_factor? number 2 unless given
---@field jitter? number the part of a delay that chance adds or takes; 0.1 unless given
---@field max_attempts? integer restarts in a row that may fail; 10 unless given, 0 for no bound
---@field stable_threshold? time.Duration|number|string how long it runs until failures are forgotten; 10 s unless given

---What `which_children` and `get_child` give.
---@class supervisor.Info
---@field id string
---@field pid string? nil where there is no process
---@field process string the entry ID
---@field group string
---@field type "worker"|"supervisor"
---@field state "waiting"|"starting"|"running"|"stopping"|"restarting"|"stopped"|"failed"
---@field restart "permanent"|"transient"|"temporary"
---@field shutdown number|string seconds, "brutal_kill" or "infinity"
---@field restarts integer
---@field significant boolean
---@field register string?
---@field error error? what it failed with last, if it does not run

---@class supervisor
---@field services string the name of the supervisor of the application's services
local supervisor = {services = "wippy:services"}

local function expect(fn, n, expected, v, ...)
  for _, kind in ipairs({...}) do
    if type(v) == kind then return v end
  end
  local got = type(v) == "string" and ("%q"):format(v) or tostring(v)
  error(("supervisor.%s: argument %d: expected %s, got %s"):format(fn, n, expected, got), 3)
end

-- qualify completes an ID by the caller's namespace, as process.spawn does.
local function qualify(id)
  if type(id) ~= "string" or id:find(":", 1, true) then return id end
  local entry = process.info().entry
  local namespace = not entry:find("[/\\]") and entry:match("^(.-):")
  return namespace and namespace .. ":" .. id or id
end

local qualifySpec

local function copy(t)
  local out = {}
  for k, v in pairs(t) do out[k] = v end
  return out
end

-- qualifyChild and qualifySpec give copies with full IDs. group is that of
-- children in a specification that names none. What is no table is left for the
-- supervisor to refuse, in the same words for every caller.
local function qualifyChild(child, group)
  if type(child) ~= "table" then return child end
  child = copy(child)
  child.process, child.group = qualify(child.process), qualify(child.group)
  if child.supervisor ~= nil then
    child.supervisor = qualifySpec(child.supervisor, child.group or group)
  end
  return child
end

function qualifySpec(spec, group)
  if type(spec) ~= "table" then return spec end
  spec = copy(spec)
  spec.group = qualify(spec.group) or group
  if type(spec.children) == "table" then
    spec.children = copy(spec.children)
    for i, child in ipairs(spec.children) do spec.children[i] = qualifyChild(child, spec.group) end
  end
  return spec
end

-- call makes a request, and waits for the answer, or the supervisor's end, in an
-- inbox: what else comes to the caller is left alone, and finds it as it was.
local function call(dest, request, ...)
  local self = process.self()
  if dest == self or process.registry.lookup(dest) == self then
    error(("supervisor.%s: a process that asks itself would wait for ever"):format(request), 3)
  end
  local inbox, err = process.inbox()
  if not inbox then return nil, err end
  local ok, e
  ok, err = inbox:monitor(dest)
  if ok then ok, err = inbox:send(dest, "supervisor.call", 1, request, ...) end
  if ok then e = inbox:receive() end
  inbox:close()
  if not e then return nil, err end
  if e.type == "EXIT" then
    if e.error then return nil, e.error end
    return process.send(e.from, "supervisor.call") -- it ended normally: the error is that it is gone
  end
  if e.payloads[2] then return unpack(e.payloads, 3, e.payloads.n) end
  return nil, e.payloads[3]
end

---Starts a supervisor that is linked with the caller, and waits until its
---children have started. If they cannot, they are stopped again, and err says why.
---@param spec supervisor.Spec|string a specification, or the ID of a process.supervisor
---@param group? string the supervisor's own group; the caller's unless given
---@return string? pid
---@return error? err
function supervisor.start(spec, group)
  expect("start", 1, "a specification (table) or an entry's ID", spec, "table", "string")
  expect("start", 2, "a process group's ID", group, "string", "nil")
  local own = process.info().group
  local pid, err
  if type(spec) == "string" then
    pid, err = process.spawn_linked(spec, group or own, true)
  else
    pid, err = process.spawn_linked("wippy:supervisor", group or own, qualifySpec(spec, own), true)
  end
  if err then return nil, err end
  local started
  started, err = call(pid, "started")
  if err then return nil, err end
  return pid
end

---Starts one more child, and waits until it has started.
---@param dest string the supervisor
---@param child? supervisor.Child|string|any[] a specification or an entry's ID; with simple_one_for_one a list of arguments behind the template's
---@return string? pid
---@return string|error id its ID, or why it could not start; it is no child then
function supervisor.start_child(dest, child)
  expect("start_child", 1, "a supervisor's PID or name", dest, "string")
  expect("start_child", 2, "a child's specification (table), an entry's ID or a list of arguments", child, "table", "string", "nil")
  if type(child) == "string" then child = {process = child} end
  if child and #child == 0 then child = qualifyChild(child, process.info().group) end
  return call(dest, "start_child", child)
end

---Stops a child, as its `shutdown` says, and waits until nothing is left of its
---process. It stays a child, without a process, unless it is temporary or one
---of simple_one_for_one.
---@param dest string the supervisor
---@param id string the child's ID, or its PID
---@return true? ok
---@return error? err
function supervisor.terminate_child(dest, id)
  expect("terminate_child", 1, "a supervisor's PID or name", dest, "string")
  expect("terminate_child", 2, "a child's ID or PID", id, "string")
  return call(dest, "terminate_child", id)
end

---Starts a child again that was stopped, has ended or was given up, and waits
---until it has started.
---@param dest string the supervisor
---@param id string the child's ID
---@return string? pid
---@return string|error id
function supervisor.restart_child(dest, id)
  expect("restart_child", 1, "a supervisor's PID or name", dest, "string")
  expect("restart_child", 2, "a child's ID", id, "string")
  return call(dest, "restart_child", id)
end

---Forgets a child that does not run.
---@param dest string the supervisor
---@param id string the child's ID
---@return true? ok
---@return error? err
function supervisor.delete_child(dest, id)
  expect("delete_child", 1, "a supervisor's PID or name", dest, "string")
  expect("delete_child", 2, "a child's ID", id, "string")
  return call(dest, "delete_child", id)
end

---The children, in the order in which they are started.
---@param dest string the supervisor
---@return supervisor.Info[]? children
---@return error? err
function supervisor.which_children(dest)
  expect("which_children", 1, "a supervisor's PID or name", dest, "string")
  return call(dest, "which_children")
end

---One child.
---@param dest string the supervisor
---@param id string the child's ID, or its PID
---@return supervisor.Info? child
---@return error? err
function supervisor.get_child(dest, id)
  expect("get_child", 1, "a supervisor's PID or name", dest, "string")
  expect("get_child", 2, "a child's ID or PID", id, "string")
  return call(dest, "get_child", id)
end

---How many children there are: specifications, living processes, and of all
---children supervisors and others.
---@param dest string the supervisor
---@return {specs: integer, active: integer, supervisors: integer, workers: integer}? counts
---@return error? err
function supervisor.count_children(dest)
  expect("count_children", 1, "a supervisor's PID or name", dest, "string")
  return call(dest, "count_children")
end

---Tells the caller's supervisor that the caller, a child with `ready`, has
---started; or with an error value or a text, that it cannot: it is killed then.
---@param err? error|string
---@return true? ok
---@return error? err
function supervisor.ready(err)
  expect("ready", 1, "an error value or a text", err, "nil", "userdata", "string")
  local parent = process.info().parent
  if not parent then return true end
  return process.send(parent, "supervisor.ready", err)
end

return supervisor
