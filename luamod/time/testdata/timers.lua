-- after delivers once
local t = time.after("20ms")
test.eq({test.receive(0.01)}, {})
test.eq({test.receive(0.02)}, {"timer"})
test.eq({test.receive(1)}, {})
test.eq(tostring(t), "timer")
---
-- after takes a topic and a payload
time.after(0.01, "alarm", {n = 1}, "x")
test.eq({test.receive(1)}, {"alarm", {n = 1}, "x"})
---
-- a delay below zero is none
time.after(-1)
test.eq({test.receive(0.01)}, {"timer"})
---
-- a timer that is cancelled delivers nothing
local t = time.after("20ms")
t:cancel()
t:cancel()
test.eq({test.receive(1)}, {})
---
-- a ticker goes on until it is cancelled
local t = time.ticker(time.milliseconds(10), nil, "beat")
for i = 1, 3 do
    test.eq({test.receive(0.015)}, {"tick", "beat"})
end
t:cancel()
test.eq({test.receive(1)}, {})
---
-- a ticker needs time
time.ticker(0) --- expect: time.ticker: argument 1: expected a duration above zero, got 0s
---
-- a topic is a string
time.after(1, 5) --- expect: time.after: argument 2: expected a topic, which is a string, got 5
---
-- a payload that cannot be sent is an error value
local t, err = time.after(1, "x", 1, print)
test.eq(t, nil)
test.eq(err:kind(), "invalid")
assert(tostring(err):find("argument 2: .*function"), tostring(err))
---
-- cancel is a method
time.after(1).cancel() --- expect: timer:cancel: argument 1: expected a timer, got nothing
