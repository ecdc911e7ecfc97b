-- a variable by its ID, or by its name in the own namespace
local env = require("env")
test.eq(env.get("app:mode"), "fast")
test.eq(env.get("mode"), "fast")
test.eq(env.get("other:mode"), "slow")
test.eq(env.get("empty"), "")
---
-- what is not there is an error value
local env = require("env")
local value, err = env.get("nothing")
test.eq(value, nil)
test.eq(err:kind(), "not_found")
test.eq(tostring(err), "no app:nothing")
---
-- a secret that was granted
local env = require("env")
test.eq(env.get("granted"), "t0k3n")
---
-- a secret that was not
local env = require("env")
local value, err = env.get("secret")
test.eq(value, nil)
test.eq(err:kind(), "denied")
test.eq(tostring(err), "app:secret is secret, and not granted to app:test, whose env: has to list it")
---
-- whether a secret is set is not told either
local env = require("env")
local _, err = env.get("unset_secret")
test.eq(err:kind(), "denied")
---
-- an ID is a string
require("env").get(5) --- expect: env.get: argument 1: expected the ID of an env.variable entry, got 5
---
-- an ID is not empty
require("env").get("") --- expect: env.get: argument 1: expected the ID of an env.variable entry, got ""
