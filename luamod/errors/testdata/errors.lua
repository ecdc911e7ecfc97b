local errors = require("errors")
local err = errors.new("not_found", "no user 7")
test.eq(err:kind(), "not_found")
test.eq(err:message(), "no user 7")
test.eq(tostring(err), "no user 7")
test.eq(err:retryable(), false)
test.eq(err:value(), nil)
assert(errors.is(err) and errors.is(err, "not_found") and not errors.is(err, "denied"))
assert(not errors.is("no user 7") and not errors.is(nil))

-- Options.
assert(errors.new("unavailable", "busy"):retryable())
assert(not errors.new("unavailable", "busy", {retryable = false}):retryable())
err = errors.new("conflict", "twice", {retryable = true, value = {id = 7}})
assert(err:retryable())
test.eq(err:value(), {id = 7})

-- It is an error like any other.
local ok, got = pcall(error, err)
assert(not ok and got == err)
---
errors.new("", "x") --- expect: errors.new: argument 1: expected a kind, which is a word like "not_found", got ""
---
errors.new("a") --- expect: errors.new: argument 2: expected a message \(string\), got nothing
---
errors.new("a", "b", {kind = 1}) --- expect: errors.new: argument 3: there is no option "kind"; there are retryable, value
---
errors.new("a", "b", {retryable = 1}) --- expect: retryable: expected a boolean, got 1
---
errors.new("a", "b", {value = print}) --- expect: value: a function cannot be sent
---
error(errors.new("a", "the text")) --- expect: the text
---
local ok, err = xpcall(function() error("first") end, errors.keep) --- expect: first
error(err, 0)
