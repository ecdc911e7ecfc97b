-- Keeps what the surveys found, by their names. A survey that is restarted asks
-- here how far it had come. What is to survive the ledger's own end has to be kept
-- outside the application.
local errors = require("errors")
local log = require("log")
local server = require("server")

return server.run({
  init = function() return {surveys = {}} end,

  call = {
    -- open gives how far a survey has come; a new one begins at its start.
    open = function(state, _, name, start)
      local s = state.surveys[name] or {start = start, next = start, primes = 0}
      state.surveys[name] = s
      return s.next
    end,
    -- found is a call, and no cast: the survey goes on when it is written.
    found = function(state, _, name, next, primes)
      local s = state.surveys[name]
      if not s then return nil, errors.new("not_found", "there is no survey " .. name) end
      s.next, s.primes = next, s.primes + primes
      return true
    end,
    totals = function(state) return state.surveys end,
  },

  -- Whoever requires the ledger has ended before.
  terminate = function(state, reason)
    log.info("the ledger is closed", {reason = reason, surveys = state.surveys})
  end,
}, ...)
