// Package process holds the contracts between kinds of process, the scheduler
// that runs them and the node that they live on. [Program] is an entry made
// ready to run, [Process] one instance of it, [Context] what an instance may
// ask of its node. A new kind of process implements the first two; the
// scheduler implements the third. Nothing here knows a language or an engine.
package process

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"wippy/mailbox"
)

// Program is what an entry's code was compiled to. One Program serves all
// processes of its entry; its methods may be called from any goroutine.
type Program interface {
	// New checks the arguments of a spawn, and that the code can run within the
	// limits, and makes a process that holds them and has not begun. It neither
	// blocks nor instantiates anything: it runs on the spawner's worker. Its
	// error is what spawn returns; kind Invalid with the path to the argument
	// that does not fit, LimitHit with the limit's name.
	New(args []mailbox.Value, limits Limits) (Process, error)
	// Straight tells that the code never suspends and ends within a slice, so
	// that it may run on the worker itself, without a coroutine. A straight
	// process must not call Await, Receive, Sleep, Yield, Suspend, Spawn or a
	// Send that may block.
	Straight() bool
}

// Worded is implemented by a Program whose arguments have types, so that it
// knows what a command line's words mean. Without it they are strings.
type Worded interface {
	// ParseWords gives the arguments that the words stand for. The error is as New's.
	ParseWords(words []string) ([]mailbox.Value, error)
}

// Deaf is implemented by a Program whose processes may have no use for a
// mailbox. A cancel kills such a one at once, since nobody would read it.
type Deaf interface {
	Deaf() bool
}

// Process is one running instance (SPEC section 3, "Processes"). The scheduler
// calls Init, then Step until it says Done or unwinds, then Close; never two at once,
// each from the process's own coroutine, whatever goroutine that is on. After an
// upgrade the Process that follows has the same Context. A panic in
// any of them ends this process, and no other.
type Process interface {
	// Init instantiates. An error ends the process with reason `error`.
	Init(ctx Context) error
	// Step runs the process. Calls of ctx suspend inside it, so that most kinds
	// need one Step for their whole life; a process written as a state machine
	// returns Idle to be called again at the next event, or Again to be called
	// after others had their turn.
	Step(ctx Context) (Result, Status)
	// Close frees everything that the process holds. It is called exactly once
	// for every process that New made, also when Init was never called, and
	// must not suspend. EXIT is sent after it.
	Close()
}

// Status is what a Step came to.
type Status uint8

// What Step returns.
const (
	Done  Status = iota // ended; the Result counts
	Idle                // nothing to do until there is an event
	Again               // gave up its turn
)

// Result is how a process ended by itself. Err nil is reason `normal`.
type Result struct {
	Values  []mailbox.Value
	Code    int // the exit code that the guest chose, where HasCode
	HasCode bool
	Err     *mailbox.Error
}

// Fail makes the Result of an error; the error's kind LimitHit gives reason
// `limit`, every other reason `error`.
func Fail(err error) Result { return Result{Err: mailbox.AsError(err)} }

// Context is what a process may ask of its node. It belongs to one process
// and is called from that process's coroutine only, except where a method says
// otherwise. A method that suspends returns the worker to others and, when the
// process is killed meanwhile, does not return: it unwinds the coroutine by a
// panic that no one may swallow (see Unwinding).
type Context interface {
	Identity
	Suspender
	Peers
}

// Identity says who a process is. Any goroutine may ask. Entry, Namespace and
// Limits are others after an upgrade.
type Identity interface {
	Self() mailbox.PID
	Entry() string // the entry's ID
	Group() string // the group's ID
	// Namespace is the entry's, in which references without a colon are looked
	// up; "" for a script of the command line.
	Namespace() string
	// Limits are those of the entry that it runs as, with the group's and the
	// node's below.
	Limits() Limits
	// FuelUsed is what the process has used so far, before it was upgraded too.
	FuelUsed() uint64
	// Terminal gives the process's standard streams; nil where its group is no terminal.
	Terminal() *Terminal
	Clock() Clock
	// Entropy is the node's source of randomness; safe for concurrent use.
	Entropy() io.Reader
	// Logger has the process's entry, pid and group as attributes.
	Logger() *slog.Logger
}

// Suspender is how a process waits and shares the worker.
type Suspender interface {
	// Receive takes the oldest event that match accepts, waiting at most
	// timeout for one: negative waits for ever, zero does not wait. It returns
	// nil on time-out. match may be nil; it must be quick (see mailbox.Take).
	Receive(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event
	// ReceiveFunc is Receive for a match that may be slow, suspend, fail by a
	// panic, or use ctx itself; each event is given to it once.
	ReceiveFunc(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event
	// Sleep suspends for d.
	Sleep(d time.Duration)
	// Await runs f on the I/O pool and suspends until it returns, with its
	// error. f's context is cancelled when the process is killed. An f that
	// goes on regardless is abandoned after a grace (SPEC section 5). f must
	// not use the Context. A full pool makes f wait for its turn.
	Await(f func(context.Context) error) error
	// Suspend is the primitive under the others, for hosts that are woken and
	// need no goroutine: start is called at once and given a wake that any
	// goroutine may call once; Suspend returns after that. When the process is killed first,
	// cancel is called, on the process's coroutine; what start set up must be
	// gone when it returns. Of a process that is killed already neither is
	// called: what others must not wait for is set up by start, or undone by defer.
	Suspend(start func(wake func()), cancel func())
	// Checkpoint charges fuel since the last call, and unwinds a process that
	// was killed or is beyond its fuel. Long-running code calls it at least
	// every 100 µs or so. It never suspends.
	Checkpoint(fuel uint64)
	// Printed counts n bytes of output and gives all that the process printed so
	// far, before it was upgraded too. It ends nobody: see Output.
	Printed(n int) (total int64)
	// Exceed ends the calling process with reason `limit`, from within whatever
	// it is doing; err, of kind LimitHit, names the limit by its YAML name and
	// says by how much. It does not return.
	Exceed(err *mailbox.Error)
	// Urgent is set when Checkpoint should come, and Yield follow, without delay: the process is
	// to end, or has run for long by the clock. It is cleared at each resume.
	// Code that cannot tell how long its steps take asks it before each; any
	// goroutine may.
	Urgent() *atomic.Bool
	// Yield ends the slice: others run, then the process goes on. As Checkpoint(0) it unwinds.
	Yield()
}

// Peers is what a process does with others (SPEC section 3, module process).
// Wherever a process is addressed, dest is its PID or a name that is
// registered for it. Errors are *mailbox.Error; that of a dest that is nobody
// is of kind NoProc.
type Peers interface {
	// Spawn starts a process. It returns once entry, group, room, arguments are
	// checked and the process is in the run queue. It fails with kind LimitHit
	// for one more than max_children, or than a process may hold of monitors and links.
	Spawn(req Spawn) (mailbox.PID, error)
	// Exec spawns a process, suspends until everything of it is freed, and says
	// how it ended. No event of it comes to the mailbox. When the caller is
	// killed meanwhile the process is killed first. The error is Spawn's.
	Exec(req Spawn) (*mailbox.Exit, error)
	// Upgrade has the process go on as another entry: with its PID, mailbox,
	// names, groups, links, monitors, children and what it has used. Where it
	// succeeds it does not return: it unwinds the coroutine as a kill does; the
	// present Process is closed, and a new one, which got args, is initialized in
	// its place. It suspends while the entry is compiled. An error means that
	// nothing has changed: it is Spawn's where entry or arguments are wrong, of
	// kind LimitHit where the process has used, or holds, more than the entry may.
	Upgrade(entry string, args []mailbox.Value) error
	// Send posts a message; under the overflow policy `block` it suspends.
	Send(dest mailbox.PID, topic string, values []mailbox.Value) error
	// Post is Send for who must not wait for others: a full mailbox is an error
	// under every overflow policy but drop_oldest.
	Post(dest mailbox.PID, topic string, values []mailbox.Value) error
	// Parent is the process that spawned this one; "" for one from outside. It
	// may be dead.
	Parent() mailbox.PID
	// SendAfter posts a message to this very process's mailbox after d, and
	// then every period if that is positive. stop is idempotent, and true when
	// no message of the timer comes after it that would have come without it.
	// The error is of kind LimitHit when the process holds too many timers, or
	// messages of timers that it never received; Invalid for a period below a millisecond.
	SendAfter(d, period time.Duration, topic string, values []mailbox.Value) (stop func() bool, err error)
	// PostAfter posts one message to dest after d. A name stands for whoever has
	// it then; a message that finds nobody, or no room, is lost, and counted as
	// dropped where there was no room. The timer dies with the calling process,
	// and counts as a handle of it, as SendAfter's does. The ref names it among
	// the process's timers.
	PostAfter(d time.Duration, dest mailbox.PID, topic string, values []mailbox.Value) (mailbox.Ref, error)
	// StopTimer withdraws a timer of PostAfter's. False if its message was due, or it
	// was stopped, already.
	StopTimer(ref mailbox.Ref) bool
	// OpenInbox opens an inbox. The error is of kind LimitHit for one more than a
	// process may have open.
	OpenInbox() (Inbox, error)
	// Monitor asks for an EXIT of dest; of a dead one it comes at once with reason
	// noproc. The event is from the process's PID, or from dest where that is a
	// name of nobody. The error is of kind LimitHit for one more than a process may hold.
	Monitor(dest mailbox.PID) (mailbox.Ref, error)
	// Demonitor ends a monitor and removes its EXIT if that is queued. False if there was none.
	Demonitor(ref mailbox.Ref) bool
	// DemonitorAll ends every monitor of dest, as Demonitor does; of a name
	// those of its present holder, and the EXITs of monitors that were asked by it.
	DemonitorAll(dest mailbox.PID) bool
	// Link binds the calling process and dest: when one of them ends other than
	// normally, the other ends too, unless it traps. There is one link for a pair,
	// and none of a process with itself; asking again changes nothing. Of a dead
	// one LINK_DOWN comes at once with reason noproc, whether links are trapped or
	// not. The error is as Monitor's.
	Link(dest mailbox.PID) error
	// Unlink ends the link with dest: neither an end nor a LINK_DOWN comes of it
	// any more, and one that is queued is removed. Of a process that is bound to
	// the caller it ends the bond. False if there was neither.
	Unlink(dest mailbox.PID) bool
	// TrapLinks sets whether the ends of linked processes, normal ones too,
	// arrive as LINK_DOWN instead of ending this one. It holds for ends from then on.
	TrapLinks(on bool)
	// Register gives dest a name, until it is unregistered or dest has ended.
	// The error is of kind Invalid for a text that cannot be a name, Exists for
	// one that is taken, LimitHit for one more than a process may have.
	Register(name string, dest mailbox.PID) error
	// Lookup gives the process that has a name.
	Lookup(name string) (mailbox.PID, bool)
	// Unregister frees a name, whoever has it. The error is of kind NoProc if nobody has.
	Unregister(name string) error
	// JoinGroup makes dest a member of a group, which begins with its first
	// member; of one that it is in already, nothing changes. The error is of kind
	// Invalid for a text that cannot be a name, NoProc, or LimitHit for one more
	// than a process may be in.
	JoinGroup(group string, dest mailbox.PID) error
	// LeaveGroup ends that; so does the process's end. False if dest was no member.
	LeaveGroup(group string, dest mailbox.PID) bool
	// GroupMembers gives the members of a group, the oldest first. None of them
	// has ended before the call with an EXIT that anybody received. It suspends
	// where there are thousands.
	GroupMembers(group string) []mailbox.PID
	// Broadcast posts one message to every member of a group, the caller too if
	// it is one, and tells how many took it: a mailbox without room for it does
	// not, whatever its policy, unless that drops the oldest. It never waits for
	// room; of thousands of members it lets others run in between. The error is
	// of kind Invalid for a text that cannot be a name.
	Broadcast(group, topic string, values []mailbox.Value) (int, error)
	// MonitorGroup gives the members of a group, which may have none, as
	// GroupMembers does, and a GroupEvent for what changes from then on. There is
	// one at a time: what changes while it waits to be received is told by it.
	// The error is of kind Invalid for a text that cannot be a name, LimitHit
	// for one more than a process may monitor, Unavailable where too many others do.
	MonitorGroup(group string) (mailbox.Ref, []mailbox.PID, error)
	// DemonitorGroup ends that and removes its event. False if there was none.
	DemonitorGroup(ref mailbox.Ref) bool
	// Cancel asks dest to end before grace is over; it is killed then, at once
	// if grace is not positive. Of several cancels the earliest deadline counts.
	Cancel(dest mailbox.PID, reason string, grace time.Duration) error
	// Terminate kills dest.
	Terminate(dest mailbox.PID) error
	// Info describes a living process. It suspends where thousands are linked
	// with it or monitored.
	Info(dest mailbox.PID) (Info, bool)
	// List gives the living processes of a group, or of all for "", the oldest
	// first. It suspends where there are thousands.
	List(group string) ([]mailbox.PID, error)
}

// Spawn is a request for a process.
type Spawn struct {
	Entry   string // an entry's ID
	Group   string // a group's ID
	Args    []mailbox.Value
	Monitor bool // the spawner gets the EXIT; atomic with the spawn
	Link    bool // spawner and process are linked; atomic with the spawn
	// Bound makes the process end with its spawner: when that ends, normally too,
	// the process is killed, whether it traps links or not, and the spawner's EXIT
	// comes after the process's. It is no link: the process's own end does nothing
	// to the spawner. Only the spawner can end the bond, by Unlink, or by Link,
	// which puts a link in its place.
	Bound bool
	// Name is registered for the process before it runs; "" for none. The spawn
	// fails where the name cannot be had, as Register does.
	Name string
	// Announce has the process post a message of topic Started to the spawner
	// once its Init is over. It needs no room in the mailbox.
	Announce bool
	// Service leaves out the max_execution_ms that the process would inherit from
	// its group and node; one of its own holds.
	Service bool
	Restart bool // a supervisor starts a process again that ended: it is counted as such, and nothing else
}

// Inbox is a part of a process's mailbox that is kept apart (Erlang: an alias), with an address of
// its own: what comes to it is seen by nobody who receives elsewhere, and what
// comes after Close is lost. So whoever waits for an answer, or for the end of a
// process, disturbs nobody and leaves nothing behind. It belongs to its
// process's coroutine. An inbox holds as many messages as the mailbox, and all
// inboxes of a process together as many bytes; a message that finds no room is
// refused, whatever the group's overflow policy.
type Inbox interface {
	// Address is where messages are sent to: Send and PostAfter of any process take it.
	Address() mailbox.PID
	// Receive and ReceiveFunc are as Suspender's; once it is closed they give nil at once.
	Receive(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event
	ReceiveFunc(match func(*mailbox.Event) bool, timeout time.Duration) *mailbox.Event
	// Send is Peers.Send with the address for the sender, so that answers come here.
	Send(dest mailbox.PID, topic string, values []mailbox.Value) error
	// Spawn is Peers.Spawn; of Monitor the EXIT comes here.
	Spawn(req Spawn) (mailbox.PID, error)
	// Monitor is Peers.Monitor, whose EXIT comes here. It ends with the inbox.
	Monitor(dest mailbox.PID) (mailbox.Ref, error)
	// Close ends the inbox, its monitors, and what it holds. Closing again does nothing.
	Close()
}

// Started is the topic of the message that Spawn.Announce asks for.
const Started = "process.started"

// DefaultGrace is the time between a CANCEL and the kill where a user says nothing.
const DefaultGrace = 5 * time.Second

// Info describes a living process (SPEC section 3, process.info). Lists of
// processes are sorted, the oldest first, and have each once.
type Info struct {
	PID     mailbox.PID
	Entry   string
	Group   string
	Parent  mailbox.PID // that spawned it; "" if it came from outside
	State   string      // "starting", "runnable", "running", "waiting", "ending"
	Steps   uint64      // times that a worker ran it
	Mailbox int         // events that wait
	Dropped uint64      // messages lost to the mailbox's overflow policy
	Fuel    uint64      // used so far
	Memory  uint64      // bytes that its Process reports, see Measured
	Peak    uint64      // the most that Memory ever was, before it was upgraded too
	Uptime  time.Duration

	Limits      Limits   // that hold; zero fields are no limits
	Children    int      // alive that it spawned
	Names       []string // in the order in which they were registered
	Groups      []string // that it is a member of, sorted
	Links       []mailbox.PID
	TrapLinks   bool
	Monitors    map[mailbox.Ref]mailbox.PID // whose EXIT it gets
	MonitoredBy []mailbox.PID
}

// Summary describes a living process in a list of all: an Info with the numbers
// of its links and monitors, which take long to list where there are thousands.
type Summary struct {
	PID      mailbox.PID
	Entry    string
	Group    string
	State    string // as Info's
	Steps    uint64
	Mailbox  int
	Dropped  uint64
	Fuel     uint64
	Memory   uint64
	Peak     uint64
	Uptime   time.Duration
	Children int
	Names    []string
	Links    int
	Monitors int // whose EXIT it gets
}

// Measured is implemented by a Process that knows how much memory it holds.
// Any goroutine may call its methods, from New to after Close.
type Measured interface {
	// Memory is what it holds now, in bytes.
	Memory() uint64
	// Peak is the most that Memory ever was.
	Peak() uint64
}

// unwinding is the panic value that ends a process from within. It is not an
// error of the guest's: whoever recovers panics passes it on.
type unwinding struct{}

func (unwinding) String() string { return "process unwinding" }

// Unwind ends the calling process from within; only a scheduler calls it.
func Unwind() { panic(unwinding{}) }

// Unwinding tells whether a recovered panic value ends its process: such a one
// must be panicked again. Swallowing it does not save the process, since every
// later call of its Context unwinds anew.
func Unwinding(recovered any) bool {
	_, ok := recovered.(unwinding)
	return ok
}
