-- functions of a map
local geo = require("geo")
test.eq(geo.add(1, 2), 3)
test.eq(geo.Earth, 6371)
test.eq(geo.deep.er.answer(), 42)
test.eq({geo.pair()}, {"a", 1})
test.eq({geo.nothing()}, {})
---
-- a single function
test.eq(require("greet")("Ana"), "Hello, Ana!")
---
-- any other value
test.eq(require("version"), "1.2")
---
-- methods and fields of a pointer, in either spelling
local users = require("users")
test.eq(users.find_by_name("ana"):full_name(), "Ana A.")
test.eq(users.FindByName("ana").Name, "ana")
test.eq(users.findByName("ana").name, "ana")
test.eq(users.limit, 10)
test.eq(users.Limit, 10)
test.eq(users.hidden, nil)
test.eq(users.called, "by tag")
---
-- an error is nil and an error value
local users = require("users")
local u, err = users.find_by_name("bob")
test.eq(u, nil)
test.eq(err:kind(), "not_found")
test.eq(tostring(err), "no bob: file does not exist")
---
-- errors without a kind of their own are failures
local fail = require("fail")
local function kind(...) local r, err = fail.with(...); test.eq(r, nil); return err:kind() end
test.eq(kind("plain"), "failed")
test.eq(kind("permission"), "denied")
test.eq(kind("deadline"), "timeout")
test.eq(kind("own"), "unavailable")
test.eq({fail.with("none")}, {"fine"})
---
-- only an error
local fail = require("fail")
test.eq({fail.only(false)}, {})
local r, err = fail.only(true)
test.eq(r, nil)
test.eq(tostring(err), "failed")
---
-- a panic is a Lua error of kind internal
local fail = require("fail")
local ok, err = pcall(fail.panic)
test.eq(ok, false)
test.eq(err:kind(), "internal")
test.eq(tostring(err), "fail.panic: panic: boom")
local ok, err = pcall(fail.panic_quick)
test.eq(tostring(err), "fail.panic_quick: panic: runtime error: index out of range [5] with length 0")
---
-- a panic that nobody catches ends the process
require("fail").panic() --- expect: ^fail.panic: panic: boom$
---
-- 64-bit integers are exact
local echo = require("echo")
local big = int64("9007199254740993")
test.eq(echo.int64(big), big)
test.eq(echo.int64("-9223372036854775808"), int64("-9223372036854775808"))
test.eq(echo.uint64(uint64("18446744073709551615")), uint64("18446744073709551615"))
test.eq(echo.int64(5), 5)
test.eq(echo.any(big), big)
test.eq(echo.float(big), 2^53)
---
-- numbers are in range, and whole
local echo = require("echo")
local function fails(text, f, ...)
    local ok, err = pcall(f, ...)
    test.eq(ok, false)
    assert(tostring(err):find(text, 1, true), tostring(err))
end
fails("echo.int8: argument 1: 128 is out of the range of int8", echo.int8, 128)
fails("echo.int8: argument 1: expected an integer, got 1.5", echo.int8, 1.5)
fails("echo.uint8: argument 1: -1 is out of the range of uint8", echo.uint8, -1)
fails("echo.uint64: argument 1: -1 is out of the range of uint64", echo.uint64, -1)
fails("echo.int64: argument 1: 18446744073709551615 is out of the range of int64", echo.int64, uint64("18446744073709551615"))
fails('echo.int64: argument 1: expected an integer, got "x"', echo.int64, "x")
fails('echo.int8: argument 1: expected an integer, got "1"', echo.int8, "1")
fails('echo.float: argument 1: expected a number, got "1"', echo.float, "1")
fails("echo.int64: argument 1: expected an integer, got nil", echo.int64)
fails("echo.int64: argument 1: expected an integer, got NaN", echo.int64, 0/0)
---
-- strings, bytes, booleans
local echo = require("echo")
test.eq(echo.bytes("a\0\255"), "a\0\255")
test.eq(echo.string("a\0\255"), "a\0\255")
test.eq(echo.bool(false), false)
test.eq(echo.color("red"), "red")
---
-- strings are no numbers
require("echo").string(5) --- expect: echo.string: argument 1: expected a string, got 5
---
-- durations in every form
local echo, time = require("echo"), require("time")
test.eq(echo.duration(time.seconds(5)), time.seconds(5))
test.eq(echo.duration(0.5), time.milliseconds(500))
test.eq(echo.duration("1m30s"), time.seconds(90))
test.eq(echo.durations({1, "2s"}), {time.seconds(1), time.seconds(2)})
test.eq(echo.time(time.now()), time.now())
---
-- a duration is needed
require("echo").duration("x") --- expect: echo.duration: argument 1: expected a duration, got "x"
---
-- lists, maps and records are copied
local echo = require("echo")
test.eq(echo.strings({"a", "b"}), {"a", "b"})
test.eq(echo.strings({}), {})
test.eq(echo.strings(nil), {})
test.eq(echo.array({1, 2}), {1, 2})
test.eq(echo.map({a = 1, b = 2}), {a = 1, b = 2})
local p = echo.point({x = 1, Y = 2, label_text = "p", tagged = true})
test.eq(p, {x = 1, y = 2, label_text = "p", tagged = true})
test.eq({p.X, p.LabelText, p.labelText, p.nothing}, {1, "p", "p", nil})
test.eq(echo.points({{x = 1}}), {{x = 1, y = 0, label_text = "", tagged = false}})
test.eq(echo.point_pointer(nil), nil)
test.eq(echo.point_pointer({x = 3}).x, 3)
---
-- a wrong element has a path
local echo = require("echo")
local function fails(text, f, ...)
    local ok, err = pcall(f, ...)
    test.eq(ok, false)
    assert(tostring(err):find(text, 1, true), tostring(err))
end
fails('echo.strings: argument 1: [2]: expected a string, got 5', echo.strings, {"a", 5})
fails('echo.strings: argument 1: expected an array, got "a"', echo.strings, "a")
fails('echo.array: argument 1: expected 2 elements, got 1', echo.array, {1})
fails('echo.map: argument 1: field "b": expected an integer, got "x"', echo.map, {b = "x"})
fails('echo.map: argument 1: key 1: expected a string, got 1', echo.map, {5})
fails('echo.points: argument 1: [1]."y": expected an integer, got true', echo.points, {{y = true}})
fails('echo.point: argument 1: unknown field "z": a luamod_test.Point has label_text, tagged, x, y', echo.point, {z = 1})
fails('echo.point: argument 1: expected a luamod_test.Point, got nil', echo.point)
local t = {}
t.t = t
fails('is a table part of itself?', echo.any, t)
fails('a function', echo.any, print)
---
-- what an any holds
local echo = require("echo")
test.eq(echo.type(nil), "<nil>")
test.eq(echo.type(1), "float64")
test.eq(echo.type({}), "map[string]interface {}")
test.eq(echo.type({1, 2}), "[]interface {}")
test.eq(echo.type({a = 1}), "map[string]interface {}")
test.eq(echo.type(int64("9007199254740993")), "int64")
test.eq(echo.type(require("time").seconds(1)), "time.Duration")
test.eq(echo.any({a = {1, nil, {b = "x"}}}), {a = {1, nil, {b = "x"}}})
---
-- variadic functions
local echo = require("echo")
test.eq(echo.join("-"), "")
test.eq(echo.join("-", "a", "b"), "a-b")
---
-- a variadic argument of the wrong type
require("echo").join("-", "a", {}) --- expect: echo.join: argument 3: expected a string, got a table
---
-- further arguments are ignored
test.eq(require("echo").bool(true, 1, 2), true)
---
-- optional arguments are pointers
local echo = require("echo")
test.eq(echo.optional(), "none")
test.eq(echo.optional(nil), "none")
test.eq(echo.optional("x"), "x")
---
-- errors as arguments
local echo = require("echo")
local _, err = pcall(require("fail").panic)
test.eq(echo.error(err), err)
test.eq(tostring(echo.error("x")), "x")
test.eq(echo.error(nil), nil)
---
-- objects keep their identity and their methods
local users = require("users")
local a, b = users.find_by_name("ana"), users.find_by_name("ana")
assert(a == b)
test.eq(tostring(a), "user ana")
test.eq(a:rename("Anna"), "ana")
test.eq(b.name, "Anna")
b:Rename("ana")
test.eq(users.name_of(a), "ana")
test.eq(users.same(a).name, "ana")
test.eq(users.namer(a), "ana")
test.eq(getmetatable(a), "gopher-luar")
test.eq(a.nothing, nil)
---
-- an object by value has the methods of its pointer
test.eq(require("users").copy():full_name(), "Ana A.")
test.eq(require("users").copy():End(), 1)
---
-- an object's fields are not assigned
require("users").copy().name = "x" --- expect: luamod_test.User: field "name": an object's fields cannot be assigned
---
-- a method wants a colon
require("users").copy().full_name() --- expect: User:full_name: call it with a colon on a luamod_test.User, got nil
---
-- and its own object
local users = require("users")
users.copy().full_name(users.other()) --- expect: User:full_name: call it with a colon on a luamod_test.User, got a luamod_test.Other
---
-- arguments of methods are checked
require("users").copy():rename(5) --- expect: User:rename: argument 1: expected a string, got 5
---
-- an object of the wrong type
require("users").name_of(require("users").other()) --- expect: users.name_of: argument 1: expected a \*luamod_test.User, got a luamod_test.Other
---
-- a table is no object
require("users").name_of({}) --- expect: users.name_of: argument 1: expected a luamod_test.User, got a table
---
-- nor does it implement an interface
require("users").namer({}) --- expect: users.namer: argument 1: expected a luamod_test.Namer, got a table
---
-- a method that panics
local users = require("users")
local ok, err = pcall(function() return users.copy():panic() end)
test.eq(tostring(err), "User:panic: panic: no")
---
-- a nil pointer is nil
test.eq(require("users").nobody(), nil)
---
-- functions among results
local make = require("echo").counter()
test.eq(make(), 1)
test.eq(make(), 2)
---
-- results that have no form
require("echo").channel() --- expect: echo.channel: result 1: field "c": a chan int has no Lua form
---
-- results without an end
require("echo").endless() --- expect: echo.endless: result 1: .*nested deeper than 128
---
-- functions of gopher-lua
test.eq(require("echo").raw("x", 1), "x1")
---
-- in a coroutine
local co = coroutine.wrap(function() coroutine.yield(require("geo").add(1, 1)) end)
test.eq(co(), 2)
