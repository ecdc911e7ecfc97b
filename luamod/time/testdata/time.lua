-- constructors
local time = require("time")
test.eq(tostring(time.seconds(90)), "1m30s")
test.eq(time.nanoseconds(1), time.NANOSECOND)
test.eq(time.microseconds(1), time.MICROSECOND)
test.eq(time.milliseconds(1), time.MILLISECOND)
test.eq(time.seconds(1), time.SECOND)
test.eq(time.minutes(1), time.MINUTE)
test.eq(time.hours(1), time.HOUR)
test.eq(tostring(time.seconds(0.5)), "500ms")
test.eq(tostring(time.minutes(-1.5)), "-1m30s")
test.eq(time.seconds(1234567890) / time.SECOND, 1234567890)
---
-- 64-bit integers are taken exactly
local n = int64("9007199254740993")
test.eq(time.nanoseconds(n):nanoseconds(), n)
test.eq(time.nanoseconds(-n):nanoseconds(), -n)
---
-- what is too long is 292 years
local longest = time.nanoseconds(int64("9223372036854775807"))
test.eq(time.hours(math.huge), longest)
test.eq(time.seconds(1e300), longest)
test.eq(time.hours(int64("9223372036854775807")), longest)
test.eq(time.hours(uint64("18446744073709551615")), longest)
test.eq(time.hours(-math.huge) < time.hours(-292 * 365 * 24), true)
test.eq(time.hours(int64("-9223372036854775807")) < time.hours(-292 * 365 * 24), true)
---
-- a constructor takes numbers only
time.seconds("5") --- expect: time.seconds: argument 1: expected a number, got "5"
---
-- and no NaN
time.seconds(0/0) --- expect: time.seconds: argument 1: expected a number, got .*nan|NaN
---
-- and something at all
time.hours() --- expect: time.hours: argument 1: expected a number, got nothing
---
-- durations are read
test.eq(time.parse_duration("1h30m"), time.minutes(90))
local d, err = time.parse_duration("soon")
test.eq(d, nil)
test.eq(err:kind(), "invalid")
assert(tostring(err):find('"1h30m" or "250ms", got "soon"', 1, true), tostring(err))
---
-- what is no string cannot be
time.parse_duration(5) --- expect: time.parse_duration: argument 1: expected a string like "1h30m", got 5
---
-- the clock is the node's, and sleeping takes its time
local before = time.now()
test.eq(before:utc():format(), "2026-07-01T12:30:00Z")
time.sleep("1m")
time.sleep(0.5)
time.sleep(time.milliseconds(500))
time.sleep(-3)
test.eq(time.now() - before, time.seconds(61))
test.eq(time.monotonic(), time.seconds(71))
---
-- sleeping takes a duration
time.sleep("long") --- expect: time.sleep: argument 1: expected a duration.*, got "long"
---
-- unix
test.eq(time.unix(0):utc():format(), "1970-01-01T00:00:00Z")
test.eq(time.unix(1.5):utc():format(), "1970-01-01T00:00:01.5Z")
test.eq(time.unix(-0.5):utc():format(), "1969-12-31T23:59:59.5Z")
test.eq(time.unix(time.now():unix()), time.now())
---
-- unix takes years that can be written
time.unix(1e18) --- expect: time.unix: argument 1: expected a number of seconds in the years 1 to 9999, got 1000000000000000000
---
-- times are read as RFC 3339 writes them
test.eq(time.parse("2026-07-01T12:30:00Z"), time.now())
test.eq(time.parse("2026-07-01T14:30:00+02:00") == time.now(), true)
test.eq(time.parse("2026-07-01T12:30:00.25Z") - time.now(), time.milliseconds(250))
---
-- or in a layout of either language
test.eq(time.parse("%d.%m.%Y %H:%M", "01.07.2026 12:30"), time.now())
test.eq(time.parse("%a, %e %b %Y %T %z", "Wed,  1 Jul 2026 14:30:00 +0200") == time.now(), true)
test.eq(time.parse("2006-01-02 15:04", "2026-07-01 12:30"), time.now())
---
-- what does not match is an error value
local t, err = time.parse("yesterday")
test.eq(t, nil)
test.eq(err:kind(), "invalid")
assert(tostring(err):find('"yesterday" does not match the layout "2006-01-02T15', 1, true), tostring(err))
local _, err = time.parse("%Q", "1")
assert(tostring(err):find('%Q of the layout "%Q" cannot be parsed', 1, true), tostring(err))
local _, err = time.parse("%Y%", "1")
assert(tostring(err):find('% of the layout', 1, true), tostring(err))
---
-- parse takes strings
time.parse("%Y", 2026) --- expect: time.parse: argument 2: expected a string, got 2026
---
-- parse takes a layout first
time.parse(2026, "2026") --- expect: time.parse: argument 1: expected a layout like .*, got 2026
---
-- texts that are too long
local long = ("%c"):rep(2049)
local t, err = time.parse(long, "x")
test.eq(t, nil)
test.eq(tostring(err), "time.parse: a text of 4098 bytes is no time; it may have 4096")
test.eq(select("#", time.parse("%Y", ("1"):rep(5000))), 2)
time.now():format(long) --- expect: time:format: the layout has more than 4096 bytes
---
-- Whatever is taken for a duration.
test.eq(time.duration("1m30s"), time.seconds(90))
test.eq(time.duration(0.5), time.milliseconds(500))
test.eq(time.duration(time.HOUR), time.HOUR)
assert(time.duration(math.huge) > time.hours(1e6))
time.duration("soon") --- expect: time.duration: argument 1: expected a duration, a number of seconds or a string like "5s", got "soon"
