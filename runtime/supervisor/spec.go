package supervisor

import (
	"fmt"
	"math"
	"time"

	"wippy/mailbox"
)

// Strategy is whom the end of a child concerns.
type Strategy string

// The strategies.
const (
	OneForOne       Strategy = "one_for_one"        // the child alone is restarted
	OneForAll       Strategy = "one_for_all"        // all children are stopped and started again
	RestForOne      Strategy = "rest_for_one"       // the child, and those after it
	SimpleOneForOne Strategy = "simple_one_for_one" // any number of children of one template
)

var strategies = []string{string(OneForOne), string(OneForAll), string(RestForOne), string(SimpleOneForOne)}

// Restart is when a child that ended is restarted.
type Restart string

// The restart policies.
const (
	Permanent Restart = "permanent" // always
	Transient Restart = "transient" // unless it ended normally
	Temporary Restart = "temporary" // never
)

var restarts = []string{string(Permanent), string(Transient), string(Temporary)}

// AutoShutdown is when a supervisor ends because of its significant children.
type AutoShutdown string

// When a supervisor ends by itself.
const (
	Never          AutoShutdown = "never"
	AnySignificant AutoShutdown = "any_significant" // the first of them has ended
	AllSignificant AutoShutdown = "all_significant" // the last of them has
)

var autoShutdowns = []string{string(Never), string(AnySignificant), string(AllSignificant)}

// Shutdown is the time that a child has to end once it got its CANCEL.
type Shutdown time.Duration

// BrutalKill kills at once, without a CANCEL. Infinity never does.
const (
	BrutalKill Shutdown = 0
	Infinity   Shutdown = math.MaxInt64
)

// The words for them.
const (
	brutalKill = "brutal_kill"
	infinity   = "infinity"
)

// String gives it as it is written in YAML.
func (s Shutdown) String() string {
	switch s {
	case BrutalKill:
		return brutalKill
	case Infinity:
		return infinity
	}
	return time.Duration(s).String()
}

// Defaults of Spec and Child.
const (
	DefaultIntensity    = 1
	DefaultPeriod       = 5 * time.Second
	DefaultShutdown     = Shutdown(5 * time.Second) // of a worker; a supervisor's is Infinity
	DefaultStartTimeout = 30 * time.Second
)

// Bounds of what a supervisor keeps, since no limit of a process counts it.
const (
	maxChildren = 1 << 16  // children, living or not
	maxWaiting  = 1 << 12  // callers that wait for an answer
	maxID       = 255      // bytes of a child's ID
	maxArgs     = 64       // arguments of a child
	maxFields   = 64       // of a table in a request
	maxBytes    = 64 << 20 // of the requests that added children, together
	// maxIntensity bounds the restarts that are remembered. The YAML says it, too.
	maxIntensity = 1 << 16
)

// Spec says how a supervisor supervises.
type Spec struct {
	Strategy Strategy // "" means OneForOne
	// Intensity is how many restarts within Period are borne: at one more the
	// supervisor gives up. Zero gives up at the first; negative never does.
	Intensity    int
	Period       time.Duration
	AutoShutdown AutoShutdown // "" means Never
	// Group is that of children which requests add and which name none; "" means
	// the supervisor's own, or with Graph that such children are refused.
	Group string
	// Children are started in this order, and stopped in the reverse. With
	// SimpleOneForOne it is one, the template.
	Children []Child

	// Graph starts each child once those that it Requires have started, all
	// that may at the same time, and stops in the reverse order. A child that is
	// given up is given up alone; once none is left that runs, or will, the
	// supervisor ends: with an error if one was given up. It goes with OneForOne.
	Graph bool
	// OnStarted is called, on the supervisor's coroutine, when all children have
	// started, or with Graph when each has, or was tried: err says which have
	// not, and why. It must be quick.
	OnStarted func(err error)
}

// Child says how one child is started, stopped and restarted.
type Child struct {
	ID    string // unique among the children; the Entry where it is ""
	Entry string // an entry's ID
	Group string // a group's ID
	Args  []mailbox.Value
	// Name is registered for each process of the child before it runs.
	Name    string
	Restart Restart // "" means Permanent
	// Shutdown nil means DefaultShutdown, or Infinity for a supervisor.
	Shutdown *Shutdown
	// Significant children count for AutoShutdown. They are Transient or Temporary.
	Significant bool
	// Ready has the child say itself that it has started; otherwise it has once
	// its Init is over.
	Ready bool
	// StartTimeout is how long it may take to start before it is killed; zero
	// means DefaultStartTimeout, or for a supervisor no bound.
	StartTimeout time.Duration
	// Supervisor tells that the entry is a supervisor.
	Supervisor bool
	// Service leaves out the max_execution_ms of its group and node, as is done for
	// every supervisor.
	Service bool
	// Backoff delays restarts; nil restarts at once.
	Backoff *Backoff
	// Requires are the IDs of children that start before it; for Graph only.
	Requires []string
	// Manual leaves it to a request, or a child that requires it, to start it first.
	Manual bool
}

// Backoff delays restarts more and more, and gives up in the end.
type Backoff struct {
	Initial time.Duration // before the first restart
	Max     time.Duration // at most; zero means no bound
	Factor  float64       // by which each is longer than the one before
	Jitter  float64       // the part of the delay that chance adds or takes, 0 to 1
	// Attempts is how many restarts in a row may fail; zero means no bound.
	Attempts int
	// Stable is how long a process runs until those before it are forgotten.
	Stable time.Duration
}

// delay is the time before the n-th restart in a row, counted from 1. random is
// between 0 and 1.
func (b *Backoff) delay(n int, random float64) time.Duration {
	d := float64(b.Initial) * math.Pow(max(b.Factor, 1), float64(n-1))
	if most := float64(b.Max); most > 0 {
		d = min(d, most)
	}
	d *= 1 + b.Jitter*(2*random-1)
	return time.Duration(min(max(d, 0), math.MaxInt64/2))
}

// shutdown gives the child's time to end.
func (c *Child) shutdown() Shutdown {
	switch {
	case c.Shutdown != nil:
		return *c.Shutdown
	case c.Supervisor:
		return Infinity
	}
	return DefaultShutdown
}

// startTimeout gives the child's time to start; zero for no bound.
func (c *Child) startTimeout() time.Duration {
	if c.StartTimeout == 0 && !c.Supervisor {
		return DefaultStartTimeout
	}
	return c.StartTimeout
}

// complete fills in what a spec leaves out, and refuses what makes no sense. The
// first child has the index first in messages.
func (s *Spec) complete(first int) error {
	if s.Strategy == "" {
		s.Strategy = OneForOne
	}
	if s.AutoShutdown == "" {
		s.AutoShutdown = Never
	}
	if s.Period <= 0 {
		s.Period = DefaultPeriod
	}
	if s.Intensity > maxIntensity {
		return mailbox.Errorf(mailbox.Invalid, "intensity: there may be %d restarts within a period, these are %d", maxIntensity, s.Intensity)
	}
	if len(s.Children) > maxChildren {
		return mailbox.Errorf(mailbox.Invalid, "children: there may be %d, these are %d", maxChildren, len(s.Children))
	}
	if s.Strategy == SimpleOneForOne && len(s.Children) != 1 {
		return mailbox.Errorf(mailbox.Invalid, "children: expected one, the template of %s, found %d", SimpleOneForOne, len(s.Children))
	}
	ids := make(map[string]bool, len(s.Children))
	for i := range s.Children {
		c := &s.Children[i]
		if err := s.admit(c); err != nil {
			return within(fmt.Sprintf("children[%d]", first+i), err)
		}
		if ids[c.ID] {
			return mailbox.Errorf(mailbox.Invalid, "children[%d]: id: there is a child %q before it", first+i, c.ID)
		}
		ids[c.ID] = true
	}
	return nil
}

// admit is complete for one child.
func (s *Spec) admit(c *Child) error {
	if c.ID == "" {
		c.ID = c.Entry
	}
	if c.Restart == "" {
		c.Restart = Permanent
	}
	switch {
	case c.Entry == "":
		return mailbox.Errorf(mailbox.Invalid, "process: expected an entry's ID, found none")
	case c.Group == "":
		return mailbox.Errorf(mailbox.Invalid, "group: expected a process group's ID, found none")
	case len(c.ID) > maxID:
		return mailbox.Errorf(mailbox.Invalid, "id: there may be %d bytes, these are %d", maxID, len(c.ID))
	case mailbox.IsPID(c.ID):
		return mailbox.Errorf(mailbox.Invalid, "id: %q begins with <, as PIDs do", c.ID)
	case len(c.Args) > maxArgs:
		return mailbox.Errorf(mailbox.Invalid, "args: there may be %d, these are %d", maxArgs, len(c.Args))
	case c.Supervisor && c.Ready:
		return mailbox.Errorf(mailbox.Invalid, "ready: a supervisor has started when its children have")
	case s.Strategy == SimpleOneForOne && c.Name != "":
		return mailbox.Errorf(mailbox.Invalid, "register: children of %s cannot share one name", SimpleOneForOne)
	}
	if problem := significance(c, s.AutoShutdown); problem != "" {
		return mailbox.Errorf(mailbox.Invalid, "significant: %s", problem)
	}
	return nil
}

// significance says why a child cannot be significant; "" if it can, or is not.
func significance(c *Child, auto AutoShutdown) string {
	switch {
	case !c.Significant:
		return ""
	case auto == Never || auto == "":
		return "it means nothing without auto_shutdown: any_significant or all_significant"
	case c.Restart == Permanent || c.Restart == "":
		return "a permanent child never ends for good; its restart has to be transient or temporary"
	}
	return ""
}

// within puts a step of the path before an error's text.
func within(step string, err error) error {
	e := *mailbox.AsError(err)
	e.Message = step + ": " + e.Message
	return &e
}
