-- exec gives what the process returned.
local guest = ...
local check = require("check")
check.eq(process.exec(guest.product, "app:processes", 6, 7), 42)
check.eq({process.exec(guest.several, "processes", 17, 5)}, {3, 2})
check.eq(select("#", process.exec(guest.nothing, "processes")), 0)
check.eq(process.receive(0), nil)
check.eq(process.list("processes"), {})
---
-- exec leaves what else arrives, in order.
local guest = ...
local check = require("check")
local other = assert(process.spawn_monitored(guest.nothing, "processes"))
process.send(process.self(), "one")
process.send(process.self(), "two")
check.eq(process.exec(guest.product, "processes", 2, 3), 6)
check.exit(other)
check.eq(process.receive().topic, "one")
check.eq(process.receive().topic, "two")
check.eq(process.receive(0), nil)
---
-- exec gives nil and the error of a process that failed.
local guest = ...
local check = require("check")
local value, err = process.exec(guest.fails, "processes")
check.eq(value, nil)
check.eq(err:kind(), "failed")
check.eq(#err:traceback() > 0, true)
check.eq(process.receive(0), nil)
---
-- exec gives nil and the error of a spawn that failed.
local guest = ...
local check = require("check")
local value, err = process.exec(guest.product, "procesess", 1, 2)
check.eq(value, nil)
check.eq(err:kind(), "not_found")
local value, err = process.exec(guest.product .. "x", "processes", 1, 2)
check.eq(value, nil)
check.eq(err:kind(), "not_found")
---
-- exec gives nil and the error of a process that was killed, or hit a limit.
--- needs: loops fuelled execs
local guest = ...
local check = require("check")
local value, err = process.exec(guest.fuelled, "processes")
check.eq(value, nil)
check.eq(err:kind(), "limit")
check.has(err, "max_fuel")
local pid = assert(process.spawn_monitored(guest.execs, "processes", guest.loops, "other"))
local victim = check.one("other")
process.terminate(victim)
check.eq(check.exit(pid).error:kind(), "killed")
---
-- A caller that is killed takes the process with it, which is gone first.
--- needs: loops execs
local guest = ...
local check = require("check")
local pid = assert(process.spawn_monitored(guest.execs, "processes", guest.loops, "other"))
check.one("other")
process.terminate(pid)
check.eq(check.exit(pid).reason, "killed")
check.eq(process.list("other"), {})
---
-- A caller that is killed takes along one that waits.
--- needs: waits execs
local guest = ...
local check = require("check")
local pid = assert(process.spawn_monitored(guest.execs, "processes", guest.waits, "other"))
check.waiting(check.one("other"))
check.eq(process.info(pid).state, "waiting")
process.terminate(pid)
check.eq(check.exit(pid).reason, "killed")
check.eq(process.list("other"), {})
