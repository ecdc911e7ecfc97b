-- levels
local log = require("log")
log.debug("a")
log.info("b")
log.warn("c d")
log.error("e")
--- log: level=DEBUG msg=a
--- log: level=INFO msg=b
--- log: level=WARN msg="c d"
--- log: level=ERROR msg=e
---
-- fields, in order
require("log").info("m", {b = true, a = 1, c = "x", d = 1.5, e = 1000000})
--- log: level=INFO msg=m fields.a=1 fields.b=true fields.c=x fields.d=1.5 fields.e=1000000
---
-- values of every kind
require("log").info("m", {
    a = int64("9007199254740993"), b = uint64("18446744073709551615"),
    g = {x = 1, y = {z = 2}}, l = {1, "two", {three = 3}}, f = print, [5] = 0/0 ~= 0/0, n = 0/0, h = math.huge,
})
--- log: level=INFO msg=m fields.5=true fields.a=9007199254740993 fields.b=18446744073709551615 fields.f=function fields.g.x=1 fields.g.y.z=2 fields.h=+Inf fields.l="[1 two map[three:3]]" fields.n=NaN
---
-- errors, as message and as field
local log = require("log")
local _, err = pcall(error, setmetatable({}, {__tostring = function() return "custom" end}))
log.error(err, {cause = "x"})
log.info(nil)
log.info(5)
--- log: level=ERROR msg=custom fields.cause=x
--- log: level=INFO msg=nil
--- log: level=INFO msg=5
---
-- a table within itself
local t = {}
t.t = t
require("log").info("m", t)
--- log: level=INFO msg=m fields.t.t.t.t.t.t.t.t.t=…
---
-- with adds fields
local log = require("log")
local l = log.with{id = 7}
l:info("a")
l:with{part = "x"}:warn("b", {n = 1})
--- log: level=INFO msg=a fields.id=7
--- log: level=WARN msg=b fields.id=7 fields.n=1 fields.part=x
---
-- a line's field goes before its logger's
local log = require("log")
log.with{id = 7, part = "x"}:with{part = "y"}:info("a", {id = 8})
--- log: level=INFO msg=a fields.id=8 fields.part=y
---
-- fields are never taken for what the line says itself
require("log").info("m", {level = "none", msg = "n", pid = 1, time = 2})
--- log: level=INFO msg=m fields.level=none fields.msg=n fields.pid=1 fields.time=2
---
-- each name is there once
require("log").info("m", {"a", ["1"] = "a", [""] = {x = 1}, x = 2})
--- log: level=INFO msg=m fields.(empty).x=1 fields.1=a fields.x=2
---
-- a message is needed
require("log").info() --- expect: log.info: argument 1: expected a message, got nothing
---
-- fields are a table
require("log").info("x", 5) --- expect: log.info: argument 2: expected a table of fields, got 5
---
-- with needs fields
require("log").with() --- expect: log.with: argument 1: expected a table of fields, got nothing
---
-- methods count arguments from the message
require("log").with{}:info("x", 5) --- expect: logger:info: argument 2: expected a table of fields, got 5
---
-- methods want a colon
require("log").with{}.info("x") --- expect: logger:info: argument 1: expected a logger: call it with a colon, got "x"
