package process

// ProcessEnded is the message of the line that a node logs when a process ends
// other than normally. Its attribute pid names the process.
const ProcessEnded = "process ended"
