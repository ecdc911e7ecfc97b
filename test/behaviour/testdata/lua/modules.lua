-- require finds a library by the name of the import.
local check = require("check")
local e = check.finish("lua.uses_library")
check.eq(e.error, nil)
check.eq(e.values, {"a-b", 1, n = 2})
-- and each process has its own.
check.eq(check.finish("lua.uses_library").values, {"a-b", 1, n = 2})
---
-- What a library imports is its own.
local check = require("check")
local e = check.finish("lua.uses_what_library_uses")
check.eq(e.reason, "error")
check.has(e.error, 'module "base" not found')
check.has(e.error, "words")
---
-- An error in a library is the process's, with its place.
local check = require("check")
local e = check.finish("lua.uses_failing_library")
check.eq(e.reason, "error")
check.has(e.error, "app:lib.fails:1: the library fails")
check.has(e.error:traceback(), "app:lua.uses_failing_library:1")
---
-- A module that is granted, and the two that always are.
local check = require("check")
local e = check.finish("lua.granted")
check.eq(e.error, nil)
check.eq(e.value, "[1,2]")
---
-- A module that is not granted names the line that would grant it.
local check = require("check")
local e = check.finish("lua.not_granted")
check.eq(e.reason, "error")
check.has(e.error, 'module "json" is not granted; add "json" to modules: of app:lua.not_granted (_index.yaml:')
---
-- env.get reads variables.
local check = require("check")
local function get(id)
  local e = check.finish("lua.env", id)
  check.eq(e.reason, "normal")
  return unpack(e.values, 1, e.values.n)
end
check.eq(get("app:colour"), "red")
check.eq(get("colour"), "red")
check.eq(get("empty"), "") -- set to nothing is set
check.eq(get("defaulted"), "fallback")
local v, err = get("unset")
check.eq(v, nil)
check.eq(err:kind(), "not_found")
check.has(err, "app:unset")
local v, err = get("token")
check.eq(v, nil)
check.eq(err:kind(), "denied")
check.has(err, "app:token is secret")
check.eq(tostring(err):find("hush", 1, true), nil)
local v, err = get("colours")
check.eq(v, nil)
check.eq(err:kind(), "not_found")
check.has(err, "app:colours")
local v, err = get("app:settings")
check.eq(v, nil)
check.has(err, "app:settings")
---
-- An entry that is no process cannot be spawned.
local check = require("check")
local pid, err = process.spawn("lib.words", "processes")
check.eq(pid, nil)
check.eq(err:kind(), "invalid")
check.has(err, 'entry "app:lib.words" is of kind library.lua, which cannot be spawned; process.lua, process.wasm and process.supervisor can')
local pid, err = process.spawn("lua.product", "lua.product")
check.eq(pid, nil)
check.eq(err:kind(), "not_found")
---
-- The embedded library is there for every script.
local check = require("check")
check.eq(require("inspect")({1, {a = "b"}}), '{1, {a = "b"}}')
