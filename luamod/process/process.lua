---@meta process

---Processes: Lua scripts and WebAssembly guests alike.
local process = {}

---@alias process.Reason "normal"|"error"|"killed"|"cancelled"|"limit"|"noproc"|"nodedown"

---An event, as `process.receive` gives it. `type` is always there.
---@class process.Event
---@field type "MESSAGE"|"EXIT"|"LINK_DOWN"|"CANCEL"|"GROUP"
---@field from string? the PID that it comes from; none of a GROUP
---@field topic string? MESSAGE
---@field payload any MESSAGE: the first value
---@field payloads table? MESSAGE: all values, with their number `n`
---@field ref number? EXIT, GROUP: the monitor that it answers
---@field entry string? EXIT: the entry's ID
---@field reason string? EXIT, LINK_DOWN: "normal", "error", "killed", "cancelled", "limit", "noproc", "nodedown"; CANCEL: what the canceller said
---@field value any EXIT: what the process returned
---@field values table? EXIT: all that it returned, with their number `n`
---@field code number? EXIT: the exit code that a guest chose
---@field error error? EXIT, LINK_DOWN: nil when the reason is "normal"
---@field report process.Report? EXIT: nil when the reason is "normal" or "noproc"
---@field deadline time.Time? CANCEL: when the process will be killed
---@field name string? GROUP: the group's
---@field joined string[]? GROUP: who has joined since the caller was told last, the oldest process first
---@field left string[]? GROUP: who has left, or ended

---What a process was and had used when it ended other than normally.
---@class process.Report
---@field entry string the entry's ID
---@field pid string
---@field group string the group's ID
---@field reason string
---@field error string the error's text
---@field trace string[] the backtrace, innermost first; empty when it did not fail by itself
---@field memory number the most that it held, in bytes
---@field fuel number units used
---@field steps number times that a worker ran it
---@field uptime time.Duration from its spawn

---What `process.info` gives.
---@class process.Info
---@field pid string
---@field entry string the entry's ID
---@field group string the group's ID
---@field parent string? the PID of the process that spawned it, which may be dead; nil if none did
---@field state "starting"|"runnable"|"running"|"waiting"|"ending"
---@field steps number times that a worker ran it
---@field mailbox number events that wait
---@field dropped number messages that found no room
---@field fuel number units used
---@field memory number bytes that it holds
---@field peak number the most that it ever held
---@field limits {max_execution_ms: number?, max_fuel: number?, max_memory: number?, max_output: number?, max_handles: number?, max_children: number?} that hold for it
---@field uptime time.Duration from its spawn
---@field children number living processes that it spawned
---@field names string[] registered for it
---@field groups string[] that it is a member of
---@field links string[] PIDs
---@field trap_links boolean
---@field monitors table<number, string> the PIDs whose EXIT it gets, by ref
---@field monitored_by string[] PIDs

---Starts a process of an entry in a group. Beyond the caller's `max_children`
---err is of kind "limit".
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

---As `spawn`; caller and process are linked from the first moment on.
---@param entry string
---@param group string
---@param ... any
---@return string? pid
---@return error? err
function process.spawn_linked(entry, group, ...) end

---As `spawn_linked`, and the caller gets the process's EXIT.
---@param entry string
---@param group string
---@param ... any
---@return string? pid
---@return error? err
function process.spawn_linked_monitored(entry, group, ...) end

---As `spawn_monitored`; and the process is the caller's own: it ends when the
---caller ends, in whatever way, with reason "killed" after a normal end. Its own
---end does nothing to the caller, whose EXIT comes after its. Whether it traps
---links is all the same: only the caller can let it go, by `unlink`, or by `link`,
---which makes the two a linked pair instead.
---@param entry string
---@param group string
---@param ... any
---@return string? pid
---@return error? err
function process.spawn_owned(entry, group, ...) end

---Calls an entry as a function: spawns a process, waits for its end and gives
---what it returned. Other events stay in the mailbox. If the caller is killed
---meanwhile, so is the process.
---@param entry string
---@param group string
---@param ... any
---@return any ... what it returned, or nil and err
function process.exec(entry, group, ...) end

---Has the caller go on as another entry, of any kind, with the state as its
---arguments: it keeps its PID, mailbox, names, groups, links, monitors,
---`trap_links`, children, messages that it ordered for later, a cancel's deadline,
---and what it has used of its limits, which are those of the new entry from then on.
---What the present code holds is freed, its tickers too.
---
---It returns only where nothing has changed: no such entry, one that does not
---compile, arguments that do not fit, a limit that the caller is beyond already.
---What fails later ends the process with reason "error".
---@param entry string an entry ID; without a colon, of the caller's namespace
---@param ... any
---@return nil
---@return error err
function process.upgrade(entry, ...) end

---The caller's own PID.
---@return string pid
function process.self() end

---Posts a message.
---@param dest string a PID or a registered name, as wherever a `dest` is taken
---@param topic string
---@param ... any values; functions and foreign userdata cannot be sent
---@return true? ok
---@return error? err kind "noproc" when there is no such process, "unavailable" when its mailbox is full
function process.send(dest, topic, ...) end

---Posts a message after a time. A name stands for whoever has it then; a
---message that finds nobody, or no room, is lost. The timer ends with the
---caller and counts against its `max_handles`.
---@param delay time.Duration|number|string
---@param dest string
---@param topic string
---@param ... any
---@return time.Timer? timer its `:cancel()` is true if the message was withdrawn in time
---@return error? err
function process.send_after(delay, dest, topic, ...) end

---Takes the oldest event that matches, and waits for one. What does not match stays, in order.
---@param timeout? time.Duration|number|string nil waits for ever
---@param match? table|fun(event: process.Event): boolean fields that must be equal, or a function
---@return process.Event? event nil on time-out
function process.receive(timeout, match) end

---Opens an inbox: a part of the mailbox that is kept apart, with an address of
---its own. What comes to it is not seen by `process.receive`, and what comes
---after it is closed is lost: so whoever waits for an answer, or for the end of a
---process, takes nobody's events and leaves none behind. In Erlang's terms it is an
---alias with a mailbox of its own.
---
---    local inbox = assert(process.inbox())
---    inbox:send(pid, "question", 1)             -- answers to its `from` come here
---    local event = inbox:receive("5s")
---    inbox:close()
---
---It holds as many messages as the mailbox; all inboxes of a process together as
---many bytes. A process may have 64 open; an `upgrade` closes them.
---@return process.Inbox? inbox
---@return error? err kind "limit"
function process.inbox() end

---@class process.Inbox
local inbox = {}

---Where messages to the inbox are sent, as by `process.send` and `send_after`.
---@return string
function inbox:address() end

---As `process.receive`, of what comes to the inbox; nil at once when it is closed.
---@param timeout? time.Duration|number|string
---@param match? table|fun(event: process.Event): boolean
---@return process.Event?
function inbox:receive(timeout, match) end

---As `process.send`; the event's `from` is the inbox's address.
---@param dest string
---@param topic string
---@param ... any
---@return true? ok
---@return error? err
function inbox:send(dest, topic, ...) end

---As `process.spawn_owned`; the EXIT comes to the inbox.
---@param entry string
---@param group string
---@param ... any
---@return string? pid
---@return error? err
function inbox:spawn(entry, group, ...) end

---As `process.monitor`; the EXIT comes to the inbox. It ends with the inbox.
---@param dest string
---@return number? ref
---@return error? err
function inbox:monitor(dest) end

---Closes the inbox, ends its monitors, and drops what it holds.
---@return true
function inbox:close() end

---Asks for the EXIT of a process. Of a dead one it comes at once, with reason
---"noproc"; of a name that nobody has, from that name.
---@param dest string
---@return number? ref
---@return error? err
function process.monitor(dest) end

---Ends a monitor, and removes its EXIT if that waits already.
---@param ref number|string a ref, or a PID or name for all monitors of it
---@return boolean ended whether there was one
function process.unmonitor(ref) end

---Links the caller with a process: when one of them ends other than normally,
---the other ends too, with the same reason, unless it traps (see `set_options`).
---There is one link for a pair. Of a dead one LINK_DOWN comes at once, with
---reason "noproc".
---@param dest string
---@return true? ok
---@return error? err
function process.link(dest) end

---Ends a link, and removes its LINK_DOWN if that waits already. That of a
---supervisor and its child cannot be ended.
---@param dest string
---@return boolean ended whether there was one
function process.unlink(dest) end

---Sets options of the caller; what is left out stays as it is.
---`trap_links`: the ends of linked processes, normal ones too, arrive as LINK_DOWN.
---@param options {trap_links: boolean?}
---@return true
function process.set_options(options) end

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

---Describes a living process.
---@param dest? string the caller unless given
---@return process.Info? info
---@return error? err
function process.info(dest) end

---The PIDs of the living processes, oldest first.
---@param group? string
---@return string[]? pids
---@return error? err
function process.list(group) end

---Sets of processes by name. A group is there while it has members; a process
---leaves it at its end, before anybody has its EXIT. It may be in 64, and monitor 64.
process.group = {}

---Makes a process a member. It is one once, however often it joins.
---@param name string as a name of `registry.register`
---@param pid? string the caller unless given
---@return true? ok
---@return error? err kind "limit" for one more than it may be in
function process.group.join(name, pid) end

---Ends a membership.
---@param name string
---@param pid? string the caller unless given
---@return boolean left whether it was a member
function process.group.leave(name, pid) end

---Who is a member.
---@param name string
---@return string[] pids the oldest process first
function process.group.members(name) end

---Posts a message to every member, the caller too if it is one. It never waits
---for room: a full mailbox misses it, unless its group drops the oldest.
---@param name string
---@param topic string
---@param ... any
---@return number? taken how many mailboxes took it
---@return error? err
function process.group.broadcast(name, topic, ...) end

---Gives the members, and then a GROUP event for what changes. One waits at a
---time: who changes meanwhile is told of by that one, and not at all if he left
---as he had joined.
---@param name string
---@return number? ref nil when there are too many monitors
---@return string[]|error pids the members, or the error
function process.group.monitor(name) end

---Ends a monitor, and removes its GROUP if that waits already.
---@param ref number
---@return boolean ended whether there was one
function process.group.demonitor(ref) end

---Names of processes. A name is free again when its process has ended.
process.registry = {}

---Gives a process a name. It may have several; a name is of one process, has
---255 bytes at most and does not begin with "<".
---@param name string
---@param pid? string the caller unless given
---@return true? ok
---@return error? err kind "exists" when the name is taken
function process.registry.register(name, pid) end

---Who has a name.
---@param name string
---@return string? pid nil when nobody has
function process.registry.lookup(name) end

---Frees a name, whoever has it.
---@param name string
---@return true? ok
---@return error? err kind "noproc" when nobody has it
function process.registry.unregister(name) end

return process
