-- scalars
local json = require("json")
test.eq(json.encode(nil), "null")
test.eq(json.encode(json.null), "null")
test.eq(json.encode(true), "true")
test.eq(json.encode("x"), '"x"')
test.eq(tostring(json.null), "null")
---
-- numbers are whole where they can be, and short
local json = require("json")
test.eq(json.encode({0, -1, 1.5, 1e6, 2^53, 1e21, 1e300, 0.1, 1e-9, -2.5e-7}),
    "[0,-1,1.5,1000000,9007199254740992,1e+21,1e+300,0.1,1e-09,-2.5e-07]")
test.eq(json.encode(json.decode("-0")), "-0")
---
-- 64-bit integers are exact
local json = require("json")
test.eq(json.encode({int64("-9223372036854775808"), uint64("18446744073709551615"), int64("9007199254740993")}),
    "[-9223372036854775808,18446744073709551615,9007199254740993]")
---
-- strings
local json = require("json")
test.eq(json.encode('é "q" \\ / \n\r\t\1\127 <&> \226\128\168'), '"é \\"q\\" \\\\ / \\n\\r\\t\\u0001\127 <&> \226\128\168"')
---
-- arrays and objects
local json = require("json")
test.eq(json.encode({1, {2, "x"}, {}}), '[1,[2,"x"],{}]')
test.eq(json.encode({b = 1, a = {y = 1, x = 2}, ["10"] = 3}), '{"10":3,"a":{"x":2,"y":1},"b":1}')
test.eq(json.encode({}), "{}")
test.eq(json.encode(json.array()), "[]")
test.eq(json.encode(json.array({})), "[]")
test.eq(json.encode(json.array({1})), "[1]")
test.eq(json.encode({list = json.array(json.array())}), '{"list":[]}')
---
-- holes are null
local json = require("json")
test.eq(json.encode({1, nil, 3}), "[1,null,3]")
test.eq(json.encode({1, json.null, 3}), "[1,null,3]")
test.eq(json.encode({a = json.null}), '{"a":null}')
---
-- a removed element leaves a shorter array
local json = require("json")
local t = json.array({1, 2})
t[2] = nil
test.eq(json.encode(t), "[1]")
t[1] = nil
test.eq(json.encode(t), "[]")
---
-- durations, times and errors
local json, time = require("json"), require("time")
test.eq(json.encode({time.seconds(1.5), time.unix(0):utc()}), '["1.5s","1970-01-01T00:00:00Z"]')
local _, err = json.decode("x")
test.eq(json.encode(err), [[{"kind":"invalid","message":"json.decode: 1:1: expected a value, got 'x'"}]])
---
-- indentation
local json = require("json")
test.eq(json.encode({a = {1, 2}, b = {}, c = json.array()}, {indent = 2}),
    '{\n  "a": [\n    1,\n    2\n  ],\n  "b": {},\n  "c": []\n}')
test.eq(json.encode({1}, {indent = "\t"}), "[\n\t1\n]")
test.eq(json.encode({1}, {indent = 0}), "[1]")
test.eq(json.encode({1}, {}), "[1]")
---
-- what has no form is an error value with its path
local json = require("json")
local function fails(value, text)
    local s, err = json.encode(value)
    test.eq(s, nil)
    test.eq(err:kind(), "invalid")
    test.eq(tostring(err), "json.encode: " .. text)
end
fails(print, "a function has no JSON form")
fails({a = {{b = print}}}, 'field "a"[1]."b": a function has no JSON form')
fails({{coroutine.create(print)}}, "[1][1]: a thread has no JSON form")
fails({a = 0/0}, 'field "a": NaN has no JSON form')
fails({1, -math.huge}, "[2]: -Inf has no JSON form")
fails({"\255"}, "[1]: a string is not UTF-8: byte 1 is 0xff")
fails({["é\255"] = 1}, "a key: a string is not UTF-8: byte 3 is 0xff")
fails({1, 2, x = 3}, "the key 1: all keys must be strings, or 1 to n")
fails({[true] = 1}, "the key true: all keys must be strings, or 1 to n")
fails({[1.5] = 1}, "the key 1.5: all keys must be strings, or 1 to n")
local list = json.array({1})
list.x = 2
fails({list}, "[1]: an array has keys besides 1 to 1")
fails({[1000] = 1}, "a list of 1000 elements has only 1 values; make its keys strings, or fill it with json.null")
---
-- a table within itself is an error value
local json = require("json")
local t = {a = {}}
t.a[1] = t
local s, err = json.encode(t)
test.eq(s, nil)
test.eq(tostring(err), 'json.encode: field "a"[1]: the table contains itself')
-- one that is there twice is not
local twice = {1}
test.eq(json.encode({twice, twice}), "[[1],[1]]")
---
-- nesting is bounded
local json = require("json")
local t = {}
for i = 1, 127 do t = {t} end
assert(json.encode(t))
local s, err = json.encode({t})
assert(not s and tostring(err):find("nested deeper than 128 levels", 1, true), tostring(err))
---
-- options are checked
require("json").encode(1, {indnt = 2}) --- expect: json.encode: unknown option indnt; known here: indent
---
-- an indentation is blank
require("json").encode(1, {indent = "x"}) --- expect: json.encode: option indent: expected 0 to 16 spaces, or blanks in a string, got x
---
-- or a small number
require("json").encode(1, {indent = 1e9}) --- expect: json.encode: option indent: expected 0 to 16
---
-- options are a table
require("json").encode(1, true) --- expect: json.encode: argument 2: expected a table of options, got true
---
-- nothing is no value
require("json").encode() --- expect: json.encode: argument 1: expected a value, got nothing
---
-- array takes a table
require("json").array(5) --- expect: json.array: argument 1: expected a table without a metatable, got 5
---
-- array takes no object
require("json").array(setmetatable({}, {})) --- expect: json.array: argument 1: expected a table without a metatable, got a table
