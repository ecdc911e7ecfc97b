---@meta errors

---Error values, as functions return them behind nil. A module, and a global.
---@class errorslib
errors = {}

---Makes an error value: `return nil, errors.new("not_found", "no user 7")`.
---@param kind error.Kind|string a word that callers branch on
---@param message string
---@param options? {retryable: boolean?, value: any} retryable: whether it may go well later, true of kind "unavailable" unless given; value: what `err:value()` gives
---@return error
---@nodiscard
function errors.new(kind, message, options) end

---Tells whether a value is an error value, and of that kind.
---@param value any
---@param kind? error.Kind|string
---@return boolean
---@nodiscard
function errors.is(value, kind) end

---A handler for xpcall: gives the error as it is. If it is raised again,
---`error(err, 0)`, and ends the process, the report has the backtrace of where it
---was raised first.
---@generic T
---@param err T
---@return T
function errors.keep(err) end

return errors
