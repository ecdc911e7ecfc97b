-- Runs the file processor once, and says what became of it.
local process = require("process")
local time = require("time")

local pid = assert(process.spawn_monitored("file_processor", "processes"))
local event = process.receive(time.seconds(30), {type = "EXIT", from = pid})
if not event then
    error("the processor takes too long")
end
if event.error then
    error("the processor failed: " .. tostring(event.error))
end
print(event.value .. " lines read")
