-- Keeps what may be changed while the application runs, and tells all who are in
-- the group "settings": of each change, and when it begins anew.
local env = require("env")
local errors = require("errors")
local log = require("log")
local server = require("server")
local supervisor = require("supervisor")
local time = require("time")

local function tell(state)
  return process.group.broadcast("settings", "settings", {pause = state.pause})
end

return server.run({
  init = function()
    local state = {pause = assert(env.get("pause"))}
    assert(time.parse_duration(state.pause))
    tell(state)
    supervisor.ready()
    return state
  end,

  call = {
    get = function(state) return {pause = state.pause} end,

    -- Whoever changes something has to know the secret. Without one nobody does.
    set_pause = function(state, from, pause, token)
      local secret = env.get("token")
      if not secret or token ~= secret then
        log.warn("a change was refused", {by = server.caller(from)})
        return nil, errors.new("denied", "that is not the value of SURVEY_TOKEN")
      end
      local d, err = time.parse_duration(pause)
      if not d then return nil, err end
      state.pause = pause
      local told = tell(state)
      log.info("settings changed", {pause = pause, told = told})
      return told
    end,
  },
}, ...)
