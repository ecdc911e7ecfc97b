package mailbox

import "time"

// Type says what an Event is. Its String is the `type` field that Lua sees.
type Type uint8

// The event types of SPEC section 3.
const (
	Message Type = iota
	ExitEvent
	LinkDown
	CancelEvent
	GroupEvent
)

// String gives the event type's name in SPEC section 3.
func (t Type) String() string {
	return [...]string{"MESSAGE", "EXIT", "LINK_DOWN", "CANCEL", "GROUP"}[t]
}

// Reason is why a process ended (SPEC section 3, "Processes").
type Reason string

// The exit reasons.
const (
	ReasonNormal    Reason = "normal"
	ReasonError     Reason = "error"
	ReasonKilled    Reason = "killed"
	ReasonCancelled Reason = "cancelled"
	ReasonLimit     Reason = "limit"
	ReasonNoProc    Reason = "noproc"
	ReasonNodeDown  Reason = "nodedown"
)

// Ref names one monitor, of a process or of a group; it is unique on its node, and below 2^53, so that a Lua
// number holds it. Zero is no monitor.
type Ref uint64

// Event is what a mailbox holds. It is immutable once posted: one event may
// stand in many mailboxes (an Exit is shared by all monitors).
type Event struct {
	Type Type
	due  bool // a Message of PostDue; here it fits into the padding
	From PID
	// Topic is a Message's. An ExitEvent or LinkDown that was asked for by a
	// name has that name here, a GroupEvent its group's.
	Topic  string
	Values []Value // the payload of a Message
	Ref    Ref     // ExitEvent and GroupEvent: the monitor that it answers
	Exit   *Exit   // ExitEvent and LinkDown
	Cancel *Cancel // CancelEvent only
	// Group is a GroupEvent's, once it is received: while it waits, what there
	// is to tell may change.
	Group *GroupChange
}

// counts tells whether the event counts against a mailbox's capacity.
func (e *Event) counts() bool { return e.Type == Message && !e.due }

// Exit is how a process ended.
type Exit struct {
	Entry  string
	Reason Reason
	Values []Value // what the process returned
	// Code is the exit code that the guest chose; HasCode tells whether it did.
	Code    int
	HasCode bool
	Err     *Error // nil when Reason is normal
	// Origin is the process whose end was passed on along links until it ended
	// this one; "" where the process ended for a reason of its own.
	Origin PID
	Report *Report // nil when Reason is normal, noproc or nodedown
}

// Report is what a process was and had used when it ended other than normally
// (SPEC section 3). What it failed with stands in its Exit.
type Report struct {
	PID    PID
	Group  string        // the group's ID
	Memory uint64        // the most that it held, in bytes; zero where its kind does not measure
	Fuel   uint64        // units used
	Steps  uint64        // times that a worker ran it
	Uptime time.Duration // from its spawn, on the node's clock
}

// Cancel asks a process to end by itself before Deadline, on the node's clock;
// it is killed then.
type Cancel struct {
	Reason   string
	Deadline time.Time
}

// GroupChange is what became of a group of processes since its watcher was told
// last: each process stands in it once, and in one of the lists, the oldest first.
type GroupChange struct {
	Joined, Left []PID
}
