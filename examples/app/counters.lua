-- The pool as a service: server.call("pool", low, high) has a worker count the
-- primes of a range. A worker that traps or hits a limit fails its own call only.
-- (The file is not pool.lua: a file beside a script goes before the library's modules.)
return require("pool").serve{entry = "worker", group = "workers", size = 2, queue = 20}
