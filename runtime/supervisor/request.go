package supervisor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"wippy/config"
	"wippy/mailbox"
)

// The topics by which processes speak with a supervisor. A request is a message
// of topic CallTopic with a reference (a number or short string, for the caller
// to know the answer by), the name of a request, and its arguments. The answer
// is a message of topic ReplyTopic with the reference, and true and results, or
// false and an error value; that, too, where the answer finds no room. It is lost
// where the caller's mailbox is full: a supervisor waits for nobody.
//
// A child that has to say so (Child.Ready) says that it has started by a
// message of topic ReadyTopic; with an error value, that it cannot.
const (
	CallTopic  = "supervisor.call"
	ReplyTopic = "supervisor.reply"
	ReadyTopic = "supervisor.ready"
)

// call is a request that is to be answered.
type call struct {
	from  mailbox.PID
	ref   mailbox.Value
	bytes int64 // that it takes
}

// maxRef bounds a reference that is a string, in bytes.
const maxRef = 64

// request answers a request, at once or, where something has to start or stop
// first, when that is over.
func (s *instance) request(e *mailbox.Event) {
	if e.From == "" || len(e.Values) < 2 {
		return // there is nobody to answer, or no way to
	}
	c := call{e.From, e.Values[0], e.Size()}
	switch k := c.ref.Kind(); {
	case k == mailbox.KindString && len(c.ref.Str()) <= maxRef:
	case k == mailbox.KindFloat, k == mailbox.KindInt, k == mailbox.KindUint:
	default:
		return
	}
	name := e.Values[1].Str()
	serve, known := requests[name]
	if !known {
		text := fmt.Sprintf("a supervisor knows no request %s", e.Values[1])
		if near := config.Nearest(mailbox.Shown(name), requestNames); near != "" {
			text += fmt.Sprintf("; did you mean %q?", near)
		}
		s.deny(c, mailbox.Errorf(mailbox.Invalid, "%s", text))
		return
	}
	args := arguments(e.Values[2:])
	switch {
	case serve.changes && s.phase == closing:
		s.deny(c, stopping())
	case serve.waits && s.waiting >= maxWaiting:
		s.deny(c, mailbox.Errorf(mailbox.Unavailable, "%d callers wait for an answer of the supervisor already", s.waiting))
	default:
		serve.f(s, c, args)
	}
}

// served is a request that a supervisor knows.
type served struct {
	f       func(*instance, call, arguments)
	changes bool // something; it comes too late once the supervisor stops
	waits   bool // its caller may have to
}

var requests = map[string]served{
	"start_child":     {f: (*instance).startChild, changes: true, waits: true},
	"terminate_child": {f: (*instance).terminateChild, changes: true, waits: true},
	"delete_child":    {f: (*instance).deleteChild, changes: true},
	"restart_child":   {f: (*instance).restartChild, changes: true, waits: true},
	"which_children":  {f: (*instance).whichChildren},
	"count_children":  {f: (*instance).countChildren},
	"get_child":       {f: (*instance).getChild},
	"started":         {f: (*instance).whenStarted, changes: true, waits: true},
}

var requestNames = slices.Sorted(maps.Keys(requests))

// arguments are those of a request.
type arguments []mailbox.Value

func (a arguments) at(i int) mailbox.Value {
	if i < len(a) {
		return a[i]
	}
	return mailbox.Nil
}

func (s *instance) answer(c call, values ...mailbox.Value) {
	s.reply(c, append([]mailbox.Value{c.ref, mailbox.Bool(true)}, values...))
}

func (s *instance) deny(c call, err error) {
	s.reply(c, []mailbox.Value{c.ref, mailbox.Bool(false), mailbox.ErrorValue(mailbox.AsError(err))})
}

func (s *instance) reply(c call, values []mailbox.Value) {
	err := s.ctx.Post(c.from, ReplyTopic, values)
	if err != nil && mailbox.AsError(err).Kind != mailbox.NoProc { // it takes more room than there is; an error may find some
		_ = s.ctx.Post(c.from, ReplyTopic, []mailbox.Value{c.ref, mailbox.Bool(false), mailbox.ErrorValue(mailbox.AsError(err))})
	}
}

// wait keeps a caller until something is over.
func (s *instance) wait(list *[]call, c call) {
	s.waiting++
	*list = append(*list, c)
}

// settle empties a list of callers.
func (s *instance) settle(list *[]call, reply func(call)) {
	all := *list
	*list = nil
	s.waiting -= len(all)
	for _, c := range all {
		reply(c)
	}
}

func (s *instance) answerAll(list *[]call, values ...mailbox.Value) {
	s.settle(list, func(c call) { s.answer(c, values...) })
}

func (s *instance) denyAll(list *[]call, err error) {
	s.settle(list, func(c call) { s.deny(c, err) })
}

// startChild adds a child and starts it: one more of the template, with the
// arguments in a list behind the template's; or else one of a specification.
// groupOfAdded is the group of children that requests add and that name none:
// the specification's, or else the supervisor's own. That of the application's
// services is the runtime's, whose processes nothing bounds: there it is "".
func (s *instance) groupOfAdded() string {
	if s.spec.Group == "" && !s.spec.Graph {
		return s.ctx.Group()
	}
	return s.spec.Group
}

func (s *instance) startChild(from call, args arguments) {
	var spec Child
	var err error
	if s.spec.Strategy == SimpleOneForOne {
		spec = s.spec.Children[0]
		extra := args.at(0).Table()
		if extra != nil {
			if len(extra.Pairs) > 0 || len(spec.Args)+len(extra.List) > maxArgs {
				s.deny(from, mailbox.Errorf(mailbox.Invalid, "start_child: expected a list of at most %d arguments, got %s", maxArgs-len(spec.Args), args.at(0)))
				return
			}
			spec.Args = slices.Concat(spec.Args, extra.List)
		} else if !args.at(0).IsNil() {
			s.deny(from, mailbox.Errorf(mailbox.Invalid, "start_child: the children of %s are started with a list of arguments, got %s", SimpleOneForOne, args.at(0)))
			return
		}
	} else {
		if spec, err = (&decoder{catalogue: s.catalogue}).child(args.at(0), s.groupOfAdded()); err == nil {
			err = s.spec.admit(&spec)
		}
		if err != nil {
			s.deny(from, within("start_child", err))
			return
		}
		if known := s.byID[spec.ID]; known != nil {
			s.deny(from, mailbox.Errorf(mailbox.Exists, "start_child: there is a child %q already, which is %s", spec.ID, known.status()))
			return
		}
	}
	if len(s.children) >= maxChildren {
		s.deny(from, mailbox.Errorf(mailbox.Unavailable, "start_child: the supervisor has %d children, and may have no more", len(s.children)))
		return
	}
	spec.Manual = false
	if s.bytes+from.bytes > maxBytes {
		s.deny(from, mailbox.Errorf(mailbox.Unavailable, "start_child: the children that were added take %d bytes, and this one %d; there may be %d", s.bytes, from.bytes, maxBytes))
		return
	}
	c := s.add(spec)
	c.fresh, c.bytes = true, from.bytes
	s.bytes += c.bytes
	s.wait(&c.starts, from)
	if s.spec.Graph {
		s.bind(c)
		s.raise(c)
		return
	}
	s.enqueue(c)
}

// enqueue starts a waiting child that a request wants: at once or, while others
// are stopped and started in order, when its turn among them comes.
func (s *instance) enqueue(c *child) {
	place := slices.Index(s.children, c)
	if s.phase == opening || s.recovering {
		c.alone, s.high, s.dirty = false, min(s.high, place), true
		return
	}
	s.high = max(s.high, place+1)
	s.startAlone(c)
}

// find gives the child that a request names, by ID or, of one that has a
// process, by PID. It answers the request where there is none.
func (s *instance) find(from call, name string, id mailbox.Value) *child {
	if id.Kind() != mailbox.KindString {
		s.deny(from, mailbox.Errorf(mailbox.Invalid, "%s: expected a child's ID or PID, got %s", name, id))
		return nil
	}
	if c := s.byPID[mailbox.PID(id.Str())]; c != nil {
		return c
	}
	if c := s.byID[id.Str()]; c != nil {
		return c
	}
	text := fmt.Sprintf("%s: there is no child %q", name, mailbox.Shown(id.Str()))
	var known []string
	for id := range s.byID {
		known = append(known, id)
		if len(known) == 64 { // a hint, and no more
			break
		}
	}
	slices.Sort(known)
	if near := config.Nearest(mailbox.Shown(id.Str()), known); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	s.deny(from, mailbox.Errorf(mailbox.NotFound, "%s", text))
	return nil
}

func (s *instance) terminateChild(from call, args arguments) {
	c := s.find(from, "terminate_child", args.at(0))
	if c == nil {
		return
	}
	c.up = false
	if c.pid != "" {
		s.dirty = true
		c.halt = true
		s.wait(&c.stops, from)
		if !c.asked {
			s.ask(c)
		}
		return
	}
	s.deadlines.clear(c)
	c.state = idle
	s.dirty = true
	s.denyAll(&c.starts, mailbox.Errorf(mailbox.Cancelled, "the child %q was stopped", c.ID))
	if c.fresh || c.Restart == Temporary && !s.spec.Graph || s.spec.Strategy == SimpleOneForOne {
		s.remove(c)
	}
	s.answer(from, mailbox.Bool(true))
}

func (s *instance) deleteChild(from call, args arguments) {
	if s.simple(from, "delete_child") {
		return
	}
	c := s.find(from, "delete_child", args.at(0))
	switch {
	case c == nil:
	case c.pid != "" || c.up:
		s.deny(from, mailbox.Errorf(mailbox.Exists, "delete_child: the child %q is %s; terminate_child stops it", c.ID, c.status()))
	case len(c.users) > 0:
		s.deny(from, mailbox.Errorf(mailbox.Exists, "delete_child: others require the child %q", c.ID))
	default:
		s.remove(c)
		s.answer(from, mailbox.Bool(true))
	}
}

func (s *instance) restartChild(from call, args arguments) {
	if s.simple(from, "restart_child") {
		return
	}
	c := s.find(from, "restart_child", args.at(0))
	switch {
	case c == nil:
	case c.pid != "" || c.up && c.state != delayed:
		s.deny(from, mailbox.Errorf(mailbox.Exists, "restart_child: the child %q is %s", c.ID, c.status()))
	default:
		s.wait(&c.starts, from)
		if s.spec.Graph {
			s.raise(c)
			return
		}
		s.deadlines.clear(c)
		c.up, c.state, c.failed, c.attempts = true, waiting, false, 0
		s.enqueue(c)
	}
}

// simple refuses a request that children of a template have no use for.
func (s *instance) simple(from call, name string) bool {
	if s.spec.Strategy != SimpleOneForOne {
		return false
	}
	s.deny(from, mailbox.Errorf(mailbox.Invalid, "%s: a supervisor with %s has none", name, SimpleOneForOne))
	return true
}

// status names where a child stands, for people and which_children.
func (c *child) status() string {
	switch {
	case c.halt || c.asked:
		return "stopping"
	case c.state == idle && c.failed:
		return "failed"
	}
	return [...]string{idle: "stopped", waiting: "waiting", starting: "starting", running: "running", delayed: "restarting"}[c.state]
}

func (c *child) describe() mailbox.Value {
	kind := "worker"
	if c.Supervisor {
		kind = "supervisor"
	}
	pairs := []mailbox.Pair{
		field("id", mailbox.String(c.ID)),
		field("process", mailbox.String(c.Entry)),
		field("group", mailbox.String(c.Group)),
		field("type", mailbox.String(kind)),
		field("state", mailbox.String(c.status())),
		field("restart", mailbox.String(string(c.Restart))),
		field("shutdown", c.shutdown().value()),
		field("restarts", mailbox.Float(float64(c.restarts))),
		field("significant", mailbox.Bool(c.Significant)),
	}
	if c.pid != "" {
		pairs = append(pairs, field("pid", mailbox.String(string(c.pid))))
	}
	if c.Name != "" {
		pairs = append(pairs, field("register", mailbox.String(c.Name)))
	}
	if c.why != nil {
		pairs = append(pairs, field("error", mailbox.ErrorValue(c.why)))
	}
	return mailbox.TableValue(nil, pairs)
}

// value gives a shutdown as Lua reads it.
func (s Shutdown) value() mailbox.Value {
	if s == BrutalKill || s == Infinity {
		return mailbox.String(s.String())
	}
	return mailbox.Float(float64(s) / 1e9)
}

func field(name string, v mailbox.Value) mailbox.Pair {
	return mailbox.Pair{Key: mailbox.String(name), Value: v}
}

func (s *instance) whichChildren(from call, _ arguments) {
	children := slices.Clone(s.children)
	if s.spec.Strategy == SimpleOneForOne {
		slices.SortFunc(children, func(a, b *child) int { return cmp.Compare(a.serial, b.serial) })
	}
	list := make([]mailbox.Value, len(children))
	for i, c := range children {
		if i%1024 == 1023 {
			s.ctx.Yield()
		}
		list[i] = c.describe()
	}
	s.answer(from, mailbox.TableValue(list, nil))
}

func (s *instance) countChildren(from call, _ arguments) {
	var active, supervisors float64
	for _, c := range s.children {
		if c.pid != "" {
			active++
		}
		if c.Supervisor {
			supervisors++
		}
	}
	specs := float64(len(s.children))
	if s.spec.Strategy == SimpleOneForOne {
		specs = 1
	}
	s.answer(from, mailbox.TableValue(nil, []mailbox.Pair{
		field("specs", mailbox.Float(specs)),
		field("active", mailbox.Float(active)),
		field("supervisors", mailbox.Float(supervisors)),
		field("workers", mailbox.Float(float64(len(s.children))-supervisors)),
	}))
}

func (s *instance) getChild(from call, args arguments) {
	if c := s.find(from, "get_child", args.at(0)); c != nil {
		s.answer(from, c.describe())
	}
}

// whenStarted answers when all children have started.
func (s *instance) whenStarted(from call, _ arguments) {
	if s.phase == opening {
		s.wait(&s.opened, from)
		return
	}
	s.answer(from, mailbox.Bool(true))
}
