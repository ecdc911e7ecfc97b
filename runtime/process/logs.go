package process

// ProcessEnded is the message of the one line that a node logs when a process
// ends other than normally: at level info when others ended it, else error. Its
// attributes are entry, pid and group, which every line of a process has; reason,
// error (which begins with the limit's name, or is the trap's), memory (the peak,
// in bytes), fuel, steps, uptime_ms; origin, the first of linked processes that
// ended; and trace.
const ProcessEnded = "process ended"
