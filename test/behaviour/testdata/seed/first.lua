local process = require("process")
local time = require("time")

local pid, err = process.spawn_monitored(
    "myns:compute_worker",   -- entry ID
    "myns:processes",        -- process group
    6, 7                     -- arguments of the wasm function
)
if err then
    error("spawn failed: " .. tostring(err))
end

local event = process.receive(time.seconds(10))
if event and event.type == "EXIT" then
    local result = event.value
end
