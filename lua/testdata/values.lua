local test = require("test")
local same = test.roundtrip
assert(same(nil) == nil and same(true) == true and same(1.5) == 1.5 and same("a\0b") == "a\0b" and same("") == "")
local t = same({1, 2, {3}, x = "y", [true] = 1, [1.5] = 2, [-1] = 3})
assert(t[1] == 1 and t[3][1] == 3 and t.x == "y" and t[true] == 1 and t[1.5] == 2 and t[-1] == 3 and #t == 3)
local holes = same({1, nil, 3})
assert(holes[1] == 1 and holes[2] == nil and holes[3] == 3)
assert(next(same({})) == nil and #same({n = 1}) == 0)
local gone = {1, 2, 3, a = 1}
gone[3], gone.a = nil, nil
assert(#same(gone) == 2 and next(same(gone), 2) == nil)
---
local same = require("test").roundtrip
local function refused(v, text)
	local _, err = same(v)
	assert(err and err:kind() == "invalid" and err:message() == text, tostring(err))
end
refused(print, "a function cannot be sent")
refused({a = {1, 2, print}}, 'field "a"[3]: a function cannot be sent')
refused({{b = {c = coroutine.create(print)}}}, '[1]."b"."c": a coroutine cannot be sent')
refused({[{}] = 1}, "a table as a key cannot be sent")
local t = {}
t.t = t
assert(select(2, same(t)):message():find("nested deeper than 128 tables", 1, true))
refused(_G, select(2, same({assert = assert})):message():gsub("assert", "_G"):gsub('"_G": a function', '"_G": nothing') and select(2, same(_G)):message())
---
-- 64-bit integers
local big = int64("9223372036854775807")
assert(tostring(big) == "9223372036854775807" and big .. "" == "9223372036854775807" and "" .. big == tostring(big))
assert(big == int64("0x7fffffffffffffff") and big ~= big - 1 and big - 1 < big and big >= big and not (big < big))
assert(tostring(big + 1) == "-9223372036854775808" and tostring(-(big + 1)) == "-9223372036854775808")
assert(tostring(int64(2 ^ 53) + 1) == "9007199254740993" and tostring(1 + int64(2 ^ 53)) == "9007199254740993")
assert(tostring(int64(7) / 2) == "3" and tostring(int64(-7) / 2) == "-4" and tostring(int64(-7) % 3) == "2" and tostring(int64(7) % -3) == "-2")
local least = int64("-9223372036854775808")
assert(least / 3 * 3 + least % 3 == least and tostring(least / -1) == tostring(least))
assert(tostring(int64(3) ^ 4) == "81" and tostring(int64(-2) ^ 63) == "-9223372036854775808" and tostring(int64(5) * -3) == "-15")
local u = uint64("18446744073709551615")
assert(tostring(u) == "18446744073709551615" and tostring(u + 1) == "0" and tostring(u / 2) == "9223372036854775807")
assert(u > big and big < u and int64(-1) < uint64(0) and int64(5) == uint64(5))
assert(tostring(uint64(5) + int64(3)) == "8" and big:tonumber() == 2 ^ 63)
assert(type(big) == "userdata" and getmetatable(big) == "int64")
local test = require("test")
assert(type(test.int(5)) == "number" and type(test.int(2 ^ 53)) == "number" and type(test.int("9007199254740993")) == "userdata")
assert(test.roundtrip(big) == big and test.roundtrip(u) == u and test.roundtrip(int64(5)) == 5)
assert(int64("010") == int64(10) and int64(" 7 ") == int64(7))
for _, bad in ipairs {"", "x", "1.5", "9223372036854775808", 0.5, 2 ^ 63, 0 / 0, u} do
	assert(not pcall(int64, bad), tostring(bad))
end
assert(not pcall(uint64, -1) and not pcall(uint64, "-1") and not pcall(uint64, {}) and not pcall(int64))
assert(not pcall(function() return big + 0.5 end) and not pcall(function() return big / 0 end) and not pcall(function() return big + {} end))
---
return int64(1) < 2 --- expect: attempt to compare
---
int64({}) --- expect: int64: argument 1: expected an integer within ±2^63, got a table
---
-- durations
local d = require("test").duration
assert(tostring(d(90)) == "1m30s" and d("1h30m"):minutes() == 90 and d(0.5):milliseconds() == 500 and d(d(1)) == d("1s"))
assert(d(1) + d(2) == d(3) and d(3) - d(1) == d(2) and d(2) * 3 == d(6) and 3 * d(2) == d(6) and d(6) / 4 == d(1.5) and d(6) / d(2) == 3)
assert(-d(1) < d(0) and d(1) <= d(1) and d(7) % d(5) == d(2) and (-d(1)):abs() == d(1))
assert(d("1.6s"):round(1) == d(2) and d("1.6s"):truncate("1s") == d(1) and d(math.huge) > d("24h"))
assert(d(1):nanoseconds() == 1e9 and d(1):microseconds() == 1e6 and d(7200):hours() == 2)
assert("in " .. d(5) == "in 5s" and getmetatable(d(1)) == "duration" and require("test").roundtrip(d(5)) == d(5))
for _, bad in ipairs {"5", "x", {}, true, 0 / 0} do
	assert(not pcall(d, bad), tostring(bad))
end
assert(not pcall(function() return d(math.huge) + d(1) end) and not pcall(function() return d(1) + 1 end) and not pcall(function() return d(math.huge) * 2 end))
assert(not pcall(function() return d(1) / 0 end) and not pcall(function() return d(1) % d(0) end) and not pcall(function() return d(1) < 1 end))
---
require("test").duration("5") --- expect: test.duration: argument 1: expected a duration, a number of seconds or a string like "5s", got "5"
---
-- times
local test = require("test")
local t, d = test.now(), test.duration
assert(tostring(t) == "2024-02-29T13:14:15.000000678Z" and t:year() == 2024 and t:month() == 2 and t:day() == 29)
assert(t:hour() == 13 and t:minute() == 14 and t:second() == 15 and t:nanosecond() == 678 and t:weekday() == 4 and t:year_day() == 60)
assert((t + d(60)) - t == d(60) and d(60) + t == t + d(60) and t - d(1) < t and t <= t and t == test.roundtrip(t))
assert(t:format("%Y-%m-%d") == "2024-02-29" and t:format("2006/01/02") == "2024/02/29" and t:format() == tostring(t))
assert(t:unix_milli() == 1709212455000 and tostring(t:unix_nano()) == "1709212455000000678" and math.floor(t:unix()) == 1709212455)
assert(t:utc() == t and not pcall(function() return t + 1 end) and not pcall(function() return t < 1 end) and not pcall(function() return d(1) - t end))
