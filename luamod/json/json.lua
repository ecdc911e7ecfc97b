---@meta json

---JSON, with 64-bit integers exact both ways.
---@class json
---@field null userdata null in an array, or where a member is to be written as null
local json = {}

---Writes a value as JSON. A table of 1…n is an array, whose holes are null;
---every other table is an object, the empty one too, and its keys are sorted.
---A duration is a string like "1.5s", a time one as RFC 3339 has it, an error
---value an object of kind and message.
---@param value any
---@param options? { indent: integer|string } indent: a number of spaces, or blanks
---@return string?
---@return error? err names the path to what has no JSON form
function json.encode(value, options) end

---Reads JSON. A number beyond ±2^53 is an exact 64-bit integer if it is one.
---null is nil, except in an array, where json.null keeps its place. Arrays are
---marked as json.array does.
---@param text string
---@return any
---@return error? err begins with line:column
function json.decode(text) end

---Marks a table as an array, so that it is one even when it is empty.
---@generic T: table
---@param t? T without a metatable; a new one if it is left out
---@return T
function json.array(t) end

return json
