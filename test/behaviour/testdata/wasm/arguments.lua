-- Arguments that do not fit fail the spawn, and name their place.
local check = require("check")
for _, case in ipairs{
  {'argument 1 (a): expected s32, got "x"', "x", 1},
  {"argument 2 (b): expected s32, got 1.5", 1, 1.5},
  {"argument 2 (b): expected s32, got 2147483648", 1, 2^31},
  {"argument 1 (a): expected s32, got nil", nil, 1},
  {"argument 2 (b): expected s32, got true", 1, true},
  {"compute takes 2 arguments (a: s32, b: s32), got 1", 1},
  {"compute takes 2 arguments (a: s32, b: s32), got 3", 1, 2, 3},
  {"compute takes 2 arguments (a: s32, b: s32), got 0"},
} do
  local pid, err = process.spawn_monitored("core.product", "processes", unpack(case, 2, table.maxn(case)))
  check.eq(pid, nil, case[1])
  check.eq(err:kind(), "invalid")
  check.eq(err:retryable(), false)
  check.eq(tostring(err), case[1])
end
check.eq(process.receive(0), nil)
---
-- 64-bit integers are numbers where they fit, else exact.
local check = require("check")
local function same(n) return check.finish("core.i64", n).value end
check.eq(same(5), 5)
check.eq(same(-5), -5)
check.eq(same(2^53), 2^53)
check.eq(tostring(same(int64("9007199254740993"))), "9007199254740993")
check.eq(tostring(same("9007199254740993")), "9007199254740993") -- decimal strings are accepted
check.eq(tostring(same("-9223372036854775808")), "-9223372036854775808")
check.eq(same(uint64("18446744073709551615")), -1) -- signed on the way out
check.eq(tostring(check.finish("core.u64", "18446744073709551615").value), "18446744073709551615")
local pid, err = process.spawn("core.u64", "processes", -1)
check.eq(pid, nil)
check.eq(tostring(err), "argument 1 (n): expected u64, got -1")
---
-- Every scalar in and out.
local check = require("check")
local e = check.finish("core.all", 255, -1, 0.5, 1e300)
check.eq(e.error, nil)
check.eq(e.values, {255, -1, 0.5, 1e300, n = 4})
local pid, err = process.spawn("core.all", "processes", 256, 0, 0, 0)
check.eq(tostring(err), "argument 1 (a): expected u8, got 256")
---
-- Nothing runs of a binary that is not the one meant.
local check = require("check")
local pid, err = process.spawn_monitored("core.wrong_hash", "processes", 6, 7)
check.eq(pid, nil)
check.eq(err:kind(), "invalid")
check.has(err, "expected sha256:0000000000000000000000000000000000000000000000000000000000000000, got sha256:")
check.has(err, "_index.yaml:")
check.eq(process.receive(0), nil)
---
-- A method that is not there fails the spawn, and those that are there are listed.
local check = require("check")
local pid, err = process.spawn("core.no_method", "processes", 6, 7)
check.eq(pid, nil)
check.eq(err:kind(), "invalid")
check.has(err, 'compute.wasm exports no function "compote"; did you mean "compute"? it exports compute')
local pid, err = process.spawn("core.gone", "processes", 6, 7)
check.eq(pid, nil)
check.has(err, 'app:binaries has no file "gone.wasm"')
