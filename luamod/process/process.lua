---@meta process

---Processes: Lua scripts and WebAssembly guests alike.
local process = {}

---An event, as `process.receive` gives it. `type` is always there.
---@class process.Event
---@field type "MESSAGE"|"EXIT"|"LINK_DOWN"|"CANCEL"
---@field from string? the PID that it comes from
---@field topic string? MESSAGE
---@field payload any MESSAGE: the first value
---@field payloads table? MESSAGE: all values, with their number `n`
---@field ref number? EXIT: the monitor that it answers
---@field entry string? EXIT: the entry's ID
---@field reason string? EXIT, LINK_DOWN: "normal", "error", "killed", "cancelled", "limit", "noproc", "nodedown"; CANCEL: what the canceller said
---@field value any EXIT: what the process returned
---@field values table? EXIT: all that it returned, with their number `n`
---@field code number? EXIT: the exit code that a guest chose
---@field error error? EXIT, LINK_DOWN: nil when the reason is "normal"
---@field deadline time.Time? CANCEL: when the process will be killed

---Starts a process of an entry in a group.
---@param entry string an entry ID; without a colon, of the caller's namespace
---@param group string a process.host's or terminal.host's ID
---@param ... any the arguments of the method or script
---@return string? pid
---@return error? err
function process.spawn(entry, group, ...) end

---As `spawn`; the caller gets the process's EXIT.
---@param entry string
---@param group string
---@param ... any
---@return string? pid
---@return error? err
function process.spawn_monitored(entry, group, ...) end

---The caller's own PID.
---@return string pid
function process.self() end

---Posts a message.
---@param dest string
---@param topic string
---@param ... any values; functions and foreign userdata cannot be sent
---@return true? ok
---@return error? err kind "noproc" when there is no such process, "unavailable" when its mailbox is full
function process.send(dest, topic, ...) end

---Takes the oldest event that matches, and waits for one. What does not match stays, in order.
---@param timeout? time.Duration|number|string nil waits for ever
---@param match? table|fun(event: process.Event): boolean fields that must be equal, or a function
---@return process.Event? event nil on time-out
function process.receive(timeout, match) end

---Asks for the EXIT of a process. Of the dead one it comes at once, with reason "noproc".
---@param dest string
---@return number? ref
---@return error? err
function process.monitor(dest) end

---Ends a monitor, and removes its EXIT if that waits already.
---@param ref number|string a ref, or a PID for all monitors of it
---@return boolean ended whether there was one
function process.unmonitor(ref) end

---Asks a process to end; it is killed when the deadline is over.
---@param dest string
---@param reason? string
---@param deadline? time.Duration|number|string from now; 5 s unless given
---@return true? ok
---@return error? err
function process.cancel(dest, reason, deadline) end

---Kills a process.
---@param dest string
---@return true? ok
---@return error? err
function process.terminate(dest) end

---Ends the calling process normally, with values.
---@param ... any
function process.exit(...) end

---Describes a living process: pid, entry, group, state, steps, mailbox, dropped, fuel, memory, uptime.
---@param pid? string the caller unless given
---@return table? info
---@return error? err
function process.info(pid) end

---The PIDs of the living processes, oldest first.
---@param group? string
---@return string[]? pids
---@return error? err
function process.list(group) end

return process
