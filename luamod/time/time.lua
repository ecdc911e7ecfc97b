---@meta time

---Durations, points in time, and waiting. Wherever a duration is taken, a
---number of seconds or a string like "1m30s" is one too.
---@class timelib
---@field NANOSECOND time.Duration
---@field MICROSECOND time.Duration
---@field MILLISECOND time.Duration
---@field SECOND time.Duration
---@field MINUTE time.Duration
---@field HOUR time.Duration
time = {}

---@param n number
---@return time.Duration
function time.nanoseconds(n) end

---@param n number
---@return time.Duration
function time.microseconds(n) end

---@param n number
---@return time.Duration
function time.milliseconds(n) end

---@param n number
---@return time.Duration
function time.seconds(n) end

---@param n number
---@return time.Duration
function time.minutes(n) end

---@param n number
---@return time.Duration
function time.hours(n) end

---Reads a duration such as "1h30m" or "250ms".
---@param s string
---@return time.Duration?
---@return error? err
function time.parse_duration(s) end

---Gives as a duration whatever is taken for one: a function that takes one
---itself begins with it.
---@param d time.Duration|number|string
---@return time.Duration
function time.duration(d) end

---The time on the node's clock.
---@return time.Time
function time.now() end

---The time that lies this number of seconds after 1970 in UTC.
---@param seconds number
---@return time.Time
function time.unix(seconds) end

---Reads a time as RFC 3339 writes it: time.parse("2026-07-01T12:30:00Z").
---A layout before it says otherwise: with a "%", in strftime's language
---("%Y-%m-%d"), else in Go's ("2006-01-02"). Without a zone it is UTC.
---@overload fun(s: string): time.Time?, error?
---@param layout string
---@param s string
---@return time.Time?
---@return error? err
function time.parse(layout, s) end

---Suspends this process. Others run meanwhile.
---@param d time.Duration|number|string
function time.sleep(d) end

---Delivers one MESSAGE to this process after d. Without further arguments it
---has no payload. A timer that is dropped runs on.
---@param d time.Duration|number|string
---@param topic? string "timer" if it is left out
---@param ... any the payload
---@return time.Timer?
---@return error? err when the payload cannot be sent
function time.after(d, topic, ...) end

---Delivers a MESSAGE to this process every d, the first after d.
---@param d time.Duration|number|string above zero
---@param topic? string "tick" if it is left out
---@param ... any the payload
---@return time.Timer?
---@return error? err when the payload cannot be sent
function time.ticker(d, topic, ...) end

---The time that has passed since the node started. Changes of the wall clock
---do not touch it.
---@return time.Duration
function time.monotonic() end

---@class time.Timer
local timer = {}

---No further message comes. One that has come stays in the mailbox.
---@return boolean withdrawn whether a message would have come
function timer:cancel() end

---A length of time. Durations compare with each other.
---@class time.Duration
---@operator add(time.Duration): time.Duration
---@operator sub(time.Duration): time.Duration
---@operator mul(number): time.Duration
---@operator div(number): time.Duration
---@operator mod(time.Duration): time.Duration
---@operator unm: time.Duration
local duration = {}

---@return integer
function duration:nanoseconds() end

---@return number
function duration:microseconds() end

---@return number
function duration:milliseconds() end

---@return number
function duration:seconds() end

---@return number
function duration:minutes() end

---@return number
function duration:hours() end

---@param to time.Duration|number|string
---@return time.Duration
function duration:round(to) end

---@param to time.Duration|number|string
---@return time.Duration
function duration:truncate(to) end

---@return time.Duration
function duration:abs() end

---A point in time. Times compare with each other.
---@class time.Time
---@operator add(time.Duration): time.Time
---@operator sub(time.Duration): time.Time
local point = {}

---Seconds since 1970 in UTC, with their fraction.
---@return number
function point:unix() end

---@return integer
function point:unix_milli() end

---@return integer
function point:unix_nano() end

---As RFC 3339 writes it, or in a layout, as for time.parse.
---@param layout? string
---@return string
function point:format(layout) end

---@return time.Time
function point:utc() end

---@return integer
function point:year() end

---@return integer
function point:month() end

---@return integer
function point:day() end

---@return integer
function point:hour() end

---@return integer
function point:minute() end

---@return integer
function point:second() end

---@return integer
function point:nanosecond() end

---@return integer
function point:year_day() end

---@return integer sunday is 0
function point:weekday() end

return time
