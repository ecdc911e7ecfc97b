---@meta env

---Configuration from env.variable entries.
---@class env
local env = {}

---The value of an env.variable entry. An error of kind "not_found" says that
---there is no such entry, or no value for it; of kind "denied", that it is
---secret and not in the list `env` of this process.lua.
---@param id string "namespace:name", or "name" in the namespace of this entry
---@return string?
---@return error? err
function env.get(id) end

return env
