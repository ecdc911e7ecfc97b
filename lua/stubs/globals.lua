---@meta _G

-- What every script has without require, beside the modules that are globals
-- too. It is all that there is: see "runtime.builtin" in .luarc.json.

---What went wrong, as functions return it behind nil. tostring and .. give its message.
---@class error
local err = {}

---@alias error.Kind "invalid"|"not_found"|"exists"|"noproc"|"unavailable"|"denied"|"timeout"|"killed"|"cancelled"|"limit"|"failed"|"internal"

---What a caller branches on.
---@return error.Kind|string
function err:kind() end

---@return string
function err:message() end

---Whether it may go well later.
---@return boolean
function err:retryable() end

---What a process failed with: the error of a WIT result, or the value given to
---Lua's error. Nil of other errors.
---@return any
function err:value() end

---Where a process failed; "" where that says nothing.
---@return string
function err:traceback() end

---An exact 64-bit integer, which numbers beyond 2^53 are. It computes with its
---kind and with numbers, and compares with its kind.
---@class int64
---@operator add(int64|number): int64
---@operator sub(int64|number): int64
---@operator mul(int64|number): int64
---@operator div(int64|number): int64
---@operator mod(int64|number): int64
---@operator unm: int64

---Makes an exact signed integer.
---@param x number|string|int64
---@return int64
function int64(x) end

---Makes an exact unsigned integer.
---@param x number|string|int64
---@return int64
function uint64(x) end

---The script's arguments; its name at 0.
---@type table<integer, any>
arg = {}

---@type string
_VERSION = ""

---@type table<string, any>
_G = {}

---Raises an error unless v is true in a condition: the message as it is, which
---may be any value, as in `assert(process.spawn(…))`.
---@generic T
---@param v? T
---@param message? any
---@param ... any
---@return T
---@return any ...
function assert(v, message, ...) end

---Does nothing: the collector is the whole node's.
---@return 0
function collectgarbage() end

---Raises an error, which may be any value. A text gets the position of the
---level's function before it; level 0 for none.
---@param message any
---@param level? integer
function error(message, level) end

---@param f? integer|function
---@return table
function getfenv(f) end

---@param object any
---@return any
function getmetatable(object) end

---@generic T: table, V
---@param t T
---@return fun(t: V[], i?: integer): integer, V
---@return T
---@return integer
function ipairs(t) end

---Compiles a source, a text or a function that gives its pieces.
---@param chunk string|function
---@param name? string
---@return function?
---@return string? message
function load(chunk, name) end

---@param text string
---@param name? string
---@return function?
---@return string? message
function loadstring(text, name) end

---@generic K, V
---@param t table<K, V>
---@param key? K
---@return K?
---@return V?
function next(t, key) end

---@generic T: table, K, V
---@param t T
---@return fun(t: table<K, V>, key?: K): K, V
---@return T
---@return nil
function pairs(t) end

---Calls f; an error is its second result. The process's own end passes through.
---@param f function
---@param ... any
---@return boolean ok
---@return any ...
function pcall(f, ...) end

---Writes to the terminal, in other groups than the terminal's to the log.
---@param ... any
function print(...) end

---@param a any
---@param b any
---@return boolean
function rawequal(a, b) end

---@param t table
---@param key any
---@return any
function rawget(t, key) end

---@param t table
---@param key any
---@param value any
---@return table
function rawset(t, key, value) end

---Gives a module: of Go, if it is granted; what the entry imports by that name; a
---file beside the script; of the embedded library.
---@param name string
---@return any
function require(name) end

---@param n integer|"#"
---@param ... any
---@return any ...
function select(n, ...) end

---@param f integer|function
---@param env table
---@return function
function setfenv(f, env) end

---@param t table
---@param mt table?
---@return table
function setmetatable(t, mt) end

---@param v any
---@param base? integer
---@return number?
function tonumber(v, base) end

---@param v any
---@return string
function tostring(v) end

---@param v any
---@return "nil"|"number"|"string"|"boolean"|"table"|"function"|"thread"|"userdata"
function type(v) end

---@generic T
---@param list T[]
---@param i? integer
---@param j? integer
---@return T ...
function unpack(list, i, j) end

---As pcall; handler gets the error where it was raised, and gives the second result.
---@param f function
---@param handler function
---@param ... any for f
---@return boolean ok
---@return any ...
function xpcall(f, handler, ...) end

---@class coroutinelib
coroutine = {}

---@param f function
---@return thread
function coroutine.create(f) end

---@param co thread
---@param ... any
---@return boolean ok
---@return any ...
function coroutine.resume(co, ...) end

---@return thread? co nil in the main thread
function coroutine.running() end

---@param co thread
---@return "running"|"suspended"|"normal"|"dead"
function coroutine.status(co) end

---@param f function
---@return fun(...: any): ...
function coroutine.wrap(f) end

---@param ... any
---@return any ...
function coroutine.yield(...) end

---The terminal's streams. Reading suspends the process; in other groups it is at
---the end at once, and what is written becomes log lines.
---@class iolib
io = {}

---@param ... "*l"|"*a"|"*n"|integer
---@return fun(): string|number|nil
function io.lines(...) end

---@param ... "*l"|"*a"|"*n"|integer
---@return string|number|nil ...
function io.read(...) end

---@param ... string|number
function io.write(...) end

---Time, of the node's clock.
---@class oslib
os = {}

---Seconds since the process began.
---@return number
function os.clock() end

---@param format? string
---@param time? number
---@return string|table
function os.date(format, time) end

---@param to number
---@param from number
---@return number seconds
function os.difftime(to, from) end

---@param date? table
---@return number seconds since 1970 in UTC
function os.time(date) end

---@class tablelib
table = {}

---@param list table
---@param separator? string
---@param i? integer
---@param j? integer
---@return string
function table.concat(list, separator, i, j) end

---@deprecated
---@param list table
---@return integer
function table.getn(list) end

---@overload fun(list: table, value: any)
---@param list table
---@param at integer
---@param value any
function table.insert(list, at, value) end

---@param t table
---@return number
function table.maxn(t) end

---@generic T
---@param list T[]
---@param at? integer
---@return T?
function table.remove(list, at) end

---@generic T
---@param list T[]
---@param less? fun(a: T, b: T): boolean
function table.sort(list, less) end

---@class stringlib
string = {}

---@param s string|number
---@param i? integer
---@param j? integer
---@return integer ...
function string.byte(s, i, j) end

---@param ... integer
---@return string
function string.char(...) end

---@param s string|number
---@param pattern string|number
---@param from? integer
---@param plain? boolean
---@return integer? first
---@return integer? last
---@return string|integer ... captures
function string.find(s, pattern, from, plain) end

---@param format string|number
---@param ... any
---@return string
function string.format(format, ...) end

---@deprecated
---@param s string|number
---@param pattern string|number
---@return fun(): string|integer ...
function string.gfind(s, pattern) end

---@param s string|number
---@param pattern string|number
---@return fun(): string|integer ...
function string.gmatch(s, pattern) end

---@param s string|number
---@param pattern string|number
---@param by string|number|table|function
---@param most? integer
---@return string
---@return integer count
function string.gsub(s, pattern, by, most) end

---@param s string|number
---@return integer bytes
function string.len(s) end

---@param s string|number
---@return string
function string.lower(s) end

---@param s string|number
---@param pattern string|number
---@param from? integer
---@return string|integer|nil ...
function string.match(s, pattern, from) end

---@param s string|number
---@param n integer
---@return string
function string.rep(s, n) end

---@param s string|number
---@return string
function string.reverse(s) end

---@param s string|number
---@param i integer
---@param j? integer
---@return string
function string.sub(s, i, j) end

---@param s string|number
---@return string
function string.upper(s) end

---@class mathlib
---@field pi number
---@field huge number
math = {pi = 3.14, huge = 1e300}

---@param x number
---@return number
function math.abs(x) end

---@param x number
---@return number
function math.acos(x) end

---@param x number
---@return number
function math.asin(x) end

---@param x number
---@return number
function math.atan(x) end

---@param y number
---@param x number
---@return number
function math.atan2(y, x) end

---@param x number
---@return integer
function math.ceil(x) end

---@param x number
---@return number
function math.cos(x) end

---@param x number
---@return number
function math.cosh(x) end

---@param x number
---@return number
function math.deg(x) end

---@param x number
---@return number
function math.exp(x) end

---@param x number
---@return integer
function math.floor(x) end

---@param x number
---@param y number
---@return number
function math.fmod(x, y) end

---@param x number
---@return number fraction
---@return integer exponent
function math.frexp(x) end

---@param x number
---@param exponent integer
---@return number
function math.ldexp(x, exponent) end

---@param x number
---@return number
function math.log(x) end

---@param x number
---@return number
function math.log10(x) end

---@param x number
---@param ... number
---@return number
function math.max(x, ...) end

---@param x number
---@param ... number
---@return number
function math.min(x, ...) end

---@deprecated
---@param x number
---@param y number
---@return number
function math.mod(x, y) end

---@param x number
---@return integer whole
---@return number fraction
function math.modf(x) end

---@param x number
---@param y number
---@return number
function math.pow(x, y) end

---@param x number
---@return number
function math.rad(x) end

---A random number from 0 up to 1, or a whole one in a range.
---@overload fun(): number
---@param m integer
---@param n? integer
---@return integer
function math.random(m, n) end

---Begins a sequence of this process's own.
---@param seed integer
function math.randomseed(seed) end

---@param x number
---@return number
function math.sin(x) end

---@param x number
---@return number
function math.sinh(x) end

---@param x number
---@return number
function math.sqrt(x) end

---@param x number
---@return number
function math.tan(x) end

---@param x number
---@return number
function math.tanh(x) end
