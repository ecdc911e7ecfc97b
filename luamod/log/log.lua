---@meta log

---Log lines, with this process's entry, pid and group. Fields stand in a group of
---their own, `fields`, and may hold anything; a function or the like shows as the
---name of its type.
---@class log
local log = {}

---@param message any
---@param fields? table<string, any>
function log.debug(message, fields) end

---@param message any
---@param fields? table<string, any>
function log.info(message, fields) end

---@param message any
---@param fields? table<string, any>
function log.warn(message, fields) end

---@param message any
---@param fields? table<string, any>
function log.error(message, fields) end

---A logger whose every line has these fields: log.with{id = 7}:info("done"). A
---line's own field goes before one of the same name here.
---@param fields table<string, any>
---@return log.Logger
function log.with(fields) end

---@class log.Logger
local logger = {}

---@param message any
---@param fields? table<string, any>
function logger:debug(message, fields) end

---@param message any
---@param fields? table<string, any>
function logger:info(message, fields) end

---@param message any
---@param fields? table<string, any>
function logger:warn(message, fields) end

---@param message any
---@param fields? table<string, any>
function logger:error(message, fields) end

---@param fields table<string, any>
---@return log.Logger
function logger:with(fields) end

return log
