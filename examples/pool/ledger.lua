-- Keeps what the workers counted. Whoever has its PID, or name, may ask.
local server = require("server")

return server.run({
  init = function()
    return {jobs = 0, primes = 0, failed = {}}
  end,

  cast = {
    counted = function(state, primes)
      state.jobs = state.jobs + 1
      state.primes = state.primes + primes
    end,
    failed = function(state, why)
      state.failed[#state.failed + 1] = why
    end,
  },

  call = {
    totals = function(state)
      return state.jobs, state.primes, state.failed
    end,
  },
}, ...)
