-- A refused upgrade is nil and an error, and changes nothing.
local check = require("check")
local clock = require("clock")
local function refused(kind, text, ...)
  local ok, err = process.upgrade(...)
  check.eq(ok, nil)
  check.eq(err:kind(), kind)
  check.has(err, text)
end
refused("not_found", 'there is no entry "app:lua.nothign"; did you mean "app:lua.nothing"?', "lua.nothign")
refused("invalid", "cannot be spawned", "processes")
refused("invalid", "argument 1 (a): expected s32", "core.product", "x", 2)
refused("invalid", "argument", "lua.nothing", print)
refused("not_found", "requires the variable", "wasi.needy")
for _ = 1, 3 do assert(process.spawn("lua.waits", "processes")) end
refused("limit", "max_children: the process has 3 children alive, and as app:lua.parent it may have 2", "lua.parent")
for _ = 1, 3 do time.after(60) end
time.ticker(60)
refused("limit", "max_handles: the process has 3 timers, and as app:lua.holds_timers it may have 2", "lua.holds_timers")
clock.advance(1)
refused("limit", "max_execution_ms: the process has 1000 ms of age, and as app:lua.late it may have 1000", "lua.late")
for _ = 1, 20 do print("0123456789") end
refused("limit", "max_output: the process has 220 bytes written, and as app:lua.chatty it may have 100", "lua.chatty")
for i = 1, 20000 do end
refused("limit", "max_fuel: the process has ", "lua.fuelled")
check.eq(process.info().limits, {})
check.eq(process.info().children, 3)
---
-- An argument of the wrong type is raised.
process.upgrade({}) --- expect error: process.upgrade: argument 1: expected an entry ID, got a table
---
-- Nothing in the script holds an upgrade up.
local check = require("check")
for _, code in ipairs{
  [[pcall(process.upgrade, "lua.returns", 7)]],
  [[xpcall(function() process.upgrade("lua.returns", 7) end, function() return 1 end)]],
  [[coroutine.wrap(function() process.upgrade("lua.returns", 7) end)()]],
  [[coroutine.resume(coroutine.create(function() process.upgrade("lua.returns", 7) end))]],
  [[for _ in function() process.upgrade("lua.returns", 7) end do end]],
  [[local x = setmetatable({}, {__index = function() process.upgrade("lua.returns", 7) end}).x]],
  [[table.sort({1, 2, 3}, function() process.upgrade("lua.returns", 7) end)]],
  [[process.send(process.self(), "x") process.receive(function() process.upgrade("lua.returns", 7) end)]],
} do
  local e = check.finish("lua.runs", code .. " error('it went on')", process.self())
  check.message("begun")
  check.eq(e.reason, "normal", tostring(e.error))
  check.eq(e.value, 7)
end
---
-- The mailbox is the same, also of an event that a match looks at.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.runs", "processes", [[
  process.receive(function(e) if e.topic == "two" then process.upgrade("lua.runs", "local t = {} for i = 1, 3 do t[i] = process.receive().topic end return unpack(t)", process.self()) end end)
]], process.self()))
check.message("begun")
for _, topic in ipairs{"one", "two", "three"} do process.send(pid, topic) end
local e = check.exit(pid)
check.eq(e.values, {"one", "two", "three", n = 3}, tostring(e.error))
---
-- What is ordered for later comes; tickers end with the code that had them.
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored("lua.runs", "processes", [[
  time.after(10, "after")
  time.ticker(2, "tick")
  process.send_after(10, "main", "for main")
  process.upgrade("lua.runs", "process.send('main', 'new') local e = process.receive() return e.topic, process.receive(0) == nil", "main")
]], process.registry.register("main") and process.self()))
check.message("begun")
check.message("begun")
check.message("new")
clock.advance(10)
check.message("for main")
check.eq(check.exit(pid).values, {"after", true, n = 2})
---
-- What was used counts on.
local check = require("check")
local clock = require("clock")
local before = [[for i = 1, 5000 do end]]
local e = check.finish("lua.runs", before .. [[ process.upgrade("lua.fuelled")]], process.self())
check.eq(e.reason, "limit")
check.eq(e.report.fuel, 12346) -- to the instruction
local e = check.finish("lua.runs", [[print(("x"):rep(84)) process.upgrade("lua.chatty")]], process.self())
check.eq(e.reason, "limit")
check.has(e.error, "max_output: the process wrote 107 of 100 bytes")
local pid = assert(process.spawn_monitored("lua.runs", "processes", [[process.receive() process.upgrade("lua.late")]], process.self()))
check.waiting(pid)
clock.advance(0.9)
process.send(pid, "go")
while process.info(pid).entry == "app:lua.runs" do time.sleep(0) end
check.waiting(pid)
clock.advance(0.1)
check.has(check.exit(pid).error, "max_execution_ms: the process was still there after 1000 ms")
---
-- A limit on time goes with its entry; the group's holds for both.
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored("lua.runs_briefly", "processes", [[process.upgrade("lua.runs_bounded", "return process.receive().payload")]]))
while process.info(pid).entry ~= "app:lua.runs_bounded" do time.sleep(0) end
clock.advance(5)
process.send(pid, "go", "on")
check.eq(check.exit(pid).value, "on")
local pid = assert(process.spawn_monitored("lua.upgrades", "hurried", "lua.runs", [[return process.receive().payload]], process.self()))
check.message("begun")
check.waiting(pid)
clock.advance(1)
check.has(check.exit(pid).error, "max_execution_ms")
---
-- max_memory is the new entry's, of what the mailbox may hold, too.
local check = require("check")
local e = check.finish("lua.upgrades", "lua.runs_bounded", [[local t = {} while true do t[#t + 1] = ("x"):rep(1e5) .. #t end]])
check.eq(e.reason, "limit")
check.has(e.error, "max_memory")
local pid = assert(process.spawn_monitored("lua.upgrades", "processes", "lua.runs_bounded", [[process.receive({topic = "end"})]]))
while process.info(pid).entry ~= "app:lua.runs_bounded" do time.sleep(0) end
check.eq(process.info(pid).limits, {max_memory = 2000000})
local ok, err = process.send(pid, "x", ("x"):rep(2100000))
check.eq(ok, nil)
check.has(err, "too large for the mailbox")
process.send(pid, "end")
check.eq(check.exit(pid).reason, "normal")
---
-- The peak of memory is that of all it ran as.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.runs", "processes", [[local t = {} for i = 1, 1e5 do t[i] = i .. "" end process.upgrade("lua.waits")]], process.self()))
while process.info(pid).entry ~= "app:lua.waits" do time.sleep(0) end
check.waiting(pid)
local info = process.info(pid)
check.eq(info.peak > 1000000, true)
check.eq(info.memory < 100000, true)
process.terminate(pid)
check.eq(check.exit(pid).report.memory > 1000000, true)
---
-- A cancel holds on, and what is linked, and trap_links.
local check = require("check")
local clock = require("clock")
local pid = assert(process.spawn_monitored("lua.runs", "processes", [[
  process.set_options{trap_links = true}
  local child = assert(process.spawn_linked("lua.waits", "other"))
  process.receive({type = "CANCEL"})
  process.terminate(child)
  process.upgrade("lua.runs", "process.send('main', process.receive().type) process.receive()", "main")
]], process.registry.register("main") and process.self()))
check.message("begun")
process.cancel(pid, "enough", 3)
check.message("begun")
check.eq(process.receive().topic, "LINK_DOWN")
check.waiting(pid)
clock.advance(3)
check.eq(check.exit(pid).reason, "cancelled")
---
-- Children remain, and count.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.runs", "processes", [[
  assert(process.spawn("lua.waits", "other"))
  process.upgrade("lua.runs", "return #process.list('other'), process.info().children", "main")
]], process.registry.register("main") and process.self()))
check.eq(check.exit(pid).values, {1, 1, n = 2})
---
-- One that only ever upgrades itself lets others run, and can be killed.
--- executors: 1
local check = require("check")
local pid = assert(process.spawn_monitored("lua.upgrades_itself", "processes"))
for _ = 1, 100 do check.eq(check.finish("lua.nothing").reason, "normal") end
check.eq(process.info(pid).entry, "app:lua.upgrades_itself")
process.terminate(pid)
check.eq(check.exit(pid).reason, "killed")
