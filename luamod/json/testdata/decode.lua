-- scalars
local json = require("json")
test.eq(json.decode(' true '), true)
test.eq(json.decode('false'), false)
test.eq(json.decode('"x"'), "x")
test.eq(json.decode('12'), 12)
test.eq({json.decode('null')}, {})
---
-- numbers
local json = require("json")
test.eq(json.decode('[0, -1, 1.5, 1e2, 1E+2, 2.5e-1, -0]'), {0, -1, 1.5, 100, 100, 0.25, -(0 * 1)})
test.eq(json.decode('9007199254740993'), int64("9007199254740993"))
test.eq(json.decode('-9223372036854775808'), int64("-9223372036854775808"))
test.eq(json.decode('18446744073709551615'), uint64("18446744073709551615"))
test.eq(json.decode('18446744073709551616'), 2^64)
---
-- strings
local json = require("json")
test.eq(json.decode([["é \" \\ \/ \b\f\n\r\t A\u00e9\uD83D\ude00 x"]]), 'é " \\ / \b\f\n\r\t Aé😀 x')
-- halves of surrogate pairs are U+FFFD
test.eq(json.decode([["\ud83d \ud83dA\ude00 \ud83d\ud83d\ude00"]]), "\239\191\189 \239\191\189A\239\191\189 \239\191\189😀")
---
-- arrays and objects
local json = require("json")
test.eq(json.decode('{"a": [1, {"b": []}], "c": {}}'), {a = {1, {b = {}}}, c = {}})
test.eq(json.decode('{"a": 1, "a": 2}'), {a = 2})
test.eq(json.decode('[ ]'), {})
---
-- null has a place in an array, and none elsewhere
local json = require("json")
local t = json.decode('[1, null, 3, null]')
test.eq(#t, 4)
assert(t[2] == json.null and t[4] == json.null)
test.eq(json.decode('{"a": null, "b": 1}'), {b = 1})
---
-- a round trip keeps what is an array
local json = require("json")
for _, text in ipairs{'{"a":[],"b":{},"c":[null,[[]]]}', "[]", "[18446744073709551615,-9223372036854775808]"} do
    test.eq(json.encode(json.decode(text)), text)
end
---
-- arrays can be given another metatable
setmetatable(require("json").decode("[]"), {})
---
-- mistakes are error values with their place
local json = require("json")
local function fails(text, message)
    local v, err = json.decode(text)
    test.eq(v, nil)
    test.eq(err:kind(), "invalid")
    test.eq(tostring(err), "json.decode: " .. message)
end
fails('', "1:1: expected a value, got the end of the text")
fails('  ', "1:3: expected a value, got the end of the text")
fails('nul', "1:1: expected a value, got 'n'")
fails('nullx', "1:5: expected the end, got 'x'")
fails('[1,\n 2,\n é]', "3:2: expected a value, got 'é'")
fails('["é", x]', "1:7: expected a value, got 'x'")
fails('[1 2]', [[1:4: expected "," or "]", got '2']])
fails('[1,]', "1:4: expected a value, got ']'")
fails('{"a":1,}', "1:8: expected a key in double quotes, got '}'")
fails('{a:1}', "1:2: expected a key in double quotes, got 'a'")
fails('{"a" 1}', [[1:6: expected ":", got '1']])
fails('{"a":1', [[1:7: expected "," or "}", got the end of the text]])
fails('"a', '1:3: expected a closing ", got the end of the text')
fails('"a\n"', "1:3: a control character in a string: write \\u000a")
fails('"\\x"', [[1:3: expected one of "\/bfnrtu after a backslash, got 'x']])
fails('"\\u12"', "1:4: expected four hexadecimal digits after \\u")
fails('"\\u+123"', "1:4: expected four hexadecimal digits after \\u")
fails('"\255"', "1:2: the text is not UTF-8: byte 0xff")
fails('\255', "1:1: the text is not UTF-8: byte 0xff")
fails('01', "1:2: expected the end, got '1'")
fails('-', "1:2: expected a digit, got the end of the text")
fails('+1', "1:1: expected a value, got '+'")
fails('1.', "1:3: expected a digit, got the end of the text")
fails('.5', "1:1: expected a value, got '.'")
fails('1e', "1:3: expected a digit, got the end of the text")
fails('[1e999]', "1:2: the number 1e999 is out of range")
fails('NaN', "1:1: expected a value, got 'N'")
fails(string.rep("1", 5000), "1:1: a number of more than 4096 characters")
fails(string.rep("[", 200), "1:129: nested deeper than 128 levels")
---
-- a text is a string
require("json").decode(5) --- expect: json.decode: argument 1: expected a string, got 5
