-- Values cross as arguments, messages and results.
local check = require("check")
local pid = assert(process.spawn_monitored("lua.echo", "processes", process.self()))
check.message("ready")
for i, v in ipairs{
  true, false, 0, -0.5, 1e300, 2^53, "", "text", "\0\255 bytes", ("long"):rep(10000),
  {}, {1, 2, 3}, {a = 1, ["b c"] = {d = {e = {}}}}, {1, nil, 3, x = true}, {[1.5] = 1, [true] = 2, [-1] = 3},
  {{{{{{"deep"}}}}}},
} do
  process.send(pid, "v", v)
  check.eq(process.receive({topic = "v"}).payload, v, "message " .. i)
  check.eq(check.finish("lua.returns", v).value, v, "argument and result " .. i)
end
check.eq(check.finish("lua.returns", nil, 1, nil).values, {nil, 1, nil, n = 3})
local inf = check.finish("lua.returns", math.huge, -math.huge, 0/0).values
check.eq(inf[1], math.huge)
check.eq(inf[2], -math.huge)
check.eq(inf[3] ~= inf[3], true)
---
-- 64-bit integers stay exact, also in tables.
local check = require("check")
local big, unsigned = int64("9007199254740993"), uint64("18446744073709551615")
local e = check.finish("lua.returns", big, {n = {unsigned}}, int64("-9223372036854775808"))
check.eq(tostring(e.values[1]), "9007199254740993")
check.eq(tostring(e.values[1] + 1), "9007199254740994")
check.eq(tostring(e.values[2].n[1]), "18446744073709551615")
check.eq(tostring(e.values[3]), "-9223372036854775808")
check.eq(e.values[1] == big, true)
---
-- Durations and times keep what they are.
local check = require("check")
local now = time.now()
local e = check.finish("lua.returns", time.parse_duration("1h30m"), {at = now})
check.eq(e.value == time.minutes(90), true)
check.eq(e.value:hours(), 1.5)
check.eq(e.values[2].at == now, true)
check.eq(tostring(e.values[2].at - now), "0s")
---
-- Errors keep kind, message, retryable, value and traceback.
local check = require("check")
local failed = check.finish("lua.raises", "table").error
local e = check.finish("lua.returns", failed, {err = failed})
for _, err in ipairs{e.values[1], e.values[2].err} do
  check.eq(err:kind(), "failed")
  check.eq(err:message(), failed:message())
  check.eq(err:value(), {code = 7, list = {1, 2}})
  check.eq(err:retryable(), false)
  check.eq(err:traceback(), failed:traceback())
end
---
-- A table is copied, once for each receiver, and loses its metatable.
local check = require("check")
local shared = {1}
local sent = setmetatable({shared, shared}, {__index = function() return "from the metatable" end})
process.send(process.self(), "t", sent)
sent[3], shared[2] = "later", "later"
local got = process.receive().payload
check.eq(got, {{1}, {1}})
check.eq(got.anything, nil)
---
-- What cannot be sent is an error that names the path.
local check = require("check")
local userdata = time.after(1000)
for _, case in ipairs{
  {"argument 1: a function cannot be sent", print},
  {"argument 2: a coroutine cannot be sent", 1, coroutine.create(print)},
  {"argument 1: a userdata cannot be sent", userdata},
  {'argument 1: field "a"."b"[2]: a function cannot be sent', {a = {b = {1, print}}}},
  {"argument 3: [1][2]: a userdata cannot be sent", 1, 2, {{1, userdata}}},
  {"argument 1: a table as a key cannot be sent", {[{}] = 1}},
} do
  local args = {unpack(case, 2)}
  local ok, err = process.send(process.self(), "topic", unpack(args))
  check.eq(ok, nil, case[1])
  check.eq(err:kind(), "invalid")
  check.eq(tostring(err), case[1])
  local pid, err = process.spawn("lua.returns", "processes", unpack(args))
  check.eq(pid, nil, case[1])
  check.eq(err:kind(), "invalid")
  check.eq(tostring(err), case[1])
end
check.eq(process.receive(0), nil)
check.eq(process.list("processes"), {})
---
-- A table within itself is an error, not the end.
local check = require("check")
local t = {}
t.t = t
local ok, err = process.send(process.self(), "topic", t)
check.eq(ok, nil)
check.has(err, "nested deeper than 128 tables; is a table part of itself?")
assert(#tostring(err) < 250, tostring(err))
---
-- A result that cannot be sent is the process's failure.
local check = require("check")
local e = check.finish("lua.unsendable")
check.eq(e.reason, "error")
check.eq(e.error:kind(), "invalid")
check.has(e.error, 'app:lua.unsendable: result 2: field "deep"[3]: a function cannot be sent')
