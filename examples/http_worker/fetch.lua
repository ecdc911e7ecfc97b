-- Fetches paths of an API, each with a worker of its own, all of them at once.
-- A worker that fails takes nobody with it: its EXIT says what happened, and one
-- that the server was too busy for is tried again.

local process = require("process")
local time = require("time")

local paths = {...}
if #paths == 0 then
    paths = {"/fruits/apple", "/fruits/pear", "/fruits/plum", "/fruits/durian"}
end
local most_tries = 3

local running, count = {}, 0 -- by PID: what the worker fetches
local function start(job)
    job.tries = job.tries + 1
    local pid, err = process.spawn_monitored("myns:http_worker", "myns:processes", job.path)
    if err then
        error("spawn failed: " .. tostring(err))
    end
    running[pid] = job
    count = count + 1
end

-- describe tells in words what a worker failed with, and whether another try
-- may help. What the worker itself says is the value of the error.
local function describe(event)
    local failure = event.error:value()
    if event.reason ~= "error" or type(failure) ~= "table" then
        return event.reason .. ": " .. tostring(event.error), false
    elseif failure.tag == "status" then
        return "the server answers " .. failure.value, failure.value >= 500
    elseif failure.tag == "http" then
        return failure.value.tag, true
    end
    return failure.tag .. ": " .. failure.value, false
end

local jobs = {}
for i, path in ipairs(paths) do
    jobs[i] = {path = path, tries = 0}
    start(jobs[i])
end

-- Gather what they fetch, in whatever order it comes.
while count > 0 do
    local event = process.receive(time.seconds(60), {type = "EXIT"})
    if not event then
        error("the workers took more than a minute")
    end
    local job = running[event.from]
    running[event.from] = nil
    count = count - 1
    if event.reason == "normal" then
        job.body = event.value.body
    else
        local message, again = describe(event)
        if again and job.tries < most_tries then
            start(job)
        else
            job.failed = message
        end
    end
end

local failed = 0
for _, job in ipairs(jobs) do
    local tries = job.tries > 1 and " (" .. job.tries .. " tries)" or ""
    if job.failed then
        failed = failed + 1
    end
    print(job.path .. ": " .. (job.failed and "failed: " .. job.failed or job.body) .. tries)
end
print(string.format("%d of %d fetched", #jobs - failed, #jobs))
