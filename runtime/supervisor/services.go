package supervisor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wippy/config"
	"wippy/mailbox"
)

// ServicesName is the name of the process that runs an application's services,
// and the ID that stands for its entry.
const ServicesName = "wippy:services"

// Set says which of an application's services start by themselves. Others start
// when one of them requires them, or by a request.
type Set uint8

// The sets of services.
const (
	// Application is all but those with auto_start: false.
	Application Set = iota
	// Always is those with auto_start: true.
	Always
)

// owners tells where the services stand that are children of supervisors.
type owners struct {
	app *config.App
	// parent gives the supervisor that has a service, or another supervisor, as a
	// child: the first, if there are several.
	parent map[config.ID]config.ID
	// others gives the supervisors that have it as well, once for each time.
	others map[config.ID][]config.ID
	// runner gives the service that runs a supervisor.
	runner map[config.ID]config.ID
	// holder gives the first service that registers a name.
	holder map[string]*config.Entry
}

// ownersKey is what a check asks for the owners by.
type ownersKey struct{}

func ownersOf(app *config.App) *owners {
	o := &owners{app, map[config.ID]config.ID{}, map[config.ID][]config.ID{}, map[config.ID]config.ID{}, map[string]*config.Entry{}}
	for _, e := range app.ByKind(supervisorName) {
		for _, c := range e.Spec.(*supervisorEntry).Children {
			id := config.ID(c.Process)
			switch first, taken := o.parent[id]; {
			case !taken:
				o.parent[id] = e.ID
			case first != e.ID:
				o.others[id] = append(o.others[id], e.ID)
			}
		}
	}
	for _, e := range app.ByKind(serviceName) {
		s := e.Spec.(*serviceEntry)
		if _, taken := o.runner[config.ID(s.Process)]; !taken {
			o.runner[config.ID(s.Process)] = e.ID
		}
		if o.holder[s.Register] == nil {
			o.holder[s.Register] = e
		}
	}
	return o
}

// top gives the service whose start starts a service: itself, or the one that
// runs the supervisor which it is below; "" if none does.
func (o *owners) top(id config.ID) config.ID {
	for range len(o.parent) + len(o.runner) + 1 { // a cycle is reported elsewhere
		parent, below := o.parent[id]
		if !below {
			return id
		}
		runner, run := o.runner[parent]
		switch {
		case run:
			id = runner
		case o.parent[parent] != "":
			id = parent
		default:
			return ""
		}
	}
	return ""
}

// isTop tells whether a service is a child of no supervisor.
func (o *owners) isTop(id config.ID) bool { return o.parent[id] == "" }

// requirements gives the services, of those at the top, that one at the top
// requires: those that it names, and those that the services below it name.
func (o *owners) requirements(id config.ID) []config.ID {
	var required []config.ID
	seen := map[config.ID]bool{}
	var visit func(id config.ID)
	visit = func(at config.ID) {
		e := o.app.Entry(at)
		if e == nil || seen[at] {
			return
		}
		seen[at] = true
		switch spec := e.Spec.(type) {
		case *serviceEntry:
			for _, r := range spec.Lifecycle.Requires {
				if top := o.top(config.ID(r)); top != "" && top != id && !slices.Contains(required, top) {
					required = append(required, top)
				}
			}
			visit(config.ID(spec.Process))
		case *supervisorEntry:
			for _, c := range spec.Children {
				visit(config.ID(c.Process))
			}
		}
	}
	visit(id)
	return required
}

// checkPlace reports a service that several supervisors have, or that would
// start by itself beside one that has it; that requires what nothing starts;
// and a cycle of requirements that leads over supervisors.
func checkPlace(c *config.Check, e *config.Entry) {
	o := config.Fact(c, ownersKey{}, ownersOf)
	l := e.Spec.(*serviceEntry).Lifecycle
	parent := o.parent[e.ID]
	if parent != "" && l.AutoStart != nil && *l.AutoStart {
		c.Mistake(fmt.Sprintf("the supervisor %q starts it", parent), "remove auto_start", "lifecycle", "auto_start")
	}
	for _, other := range o.others[e.ID] {
		c.Mistake(fmt.Sprintf("both %q and %q have it as a child", parent, other), "make a second process.service for one of them")
	}
	for i, r := range l.Requires {
		if c.App().Entry(config.ID(r)) != nil && o.top(config.ID(r)) == "" {
			c.Mistake(fmt.Sprintf("%q is a child of %q, which no service runs", r, o.parent[config.ID(r)]),
				"add a process.service whose process is that supervisor", "lifecycle", "requires", fmt.Sprint(i))
		}
	}
	if !o.isTop(e.ID) {
		return
	}
	if chain := o.cycle(e.ID); chain != nil {
		c.Mistake("services wait for each other: "+strings.Join(chain, " → "), "remove one of these requirements", "lifecycle", "requires")
	}
}

// cycle gives the chain of requirements that leads from a service back to it, if
// it is the first of the chain by its ID, and config does not see the cycle by
// itself, since it leads over a service within a supervisor.
func (o *owners) cycle(from config.ID) []string {
	seen := map[config.ID]bool{}
	var chain []string
	var visit func(id config.ID) bool
	visit = func(id config.ID) bool {
		chain = append(chain, string(id))
		for _, r := range o.requirements(id) {
			if r == from {
				chain = append(chain, string(r))
				return true
			}
			if !seen[r] && r > from {
				seen[r] = true
				if visit(r) {
					return true
				}
			}
		}
		chain = chain[:len(chain)-1]
		return false
	}
	if !visit(from) || o.plain(chain) {
		return nil
	}
	return chain
}

// plain tells whether each of a chain requires the next by its own words, which
// config reports.
func (o *owners) plain(chain []string) bool {
	for i, id := range chain[:len(chain)-1] {
		e := o.app.Entry(config.ID(id))
		if !slices.Contains(e.Spec.(*serviceEntry).Lifecycle.Requires, config.Ref(chain[i+1])) {
			return false
		}
	}
	return true
}

// Services gives the specification of the process that runs an application's
// services: those that no supervisor has. Its children's IDs are the services'.
//
// # Errors
//
// Kind NotFound when no service of the set would start; the text says what to do.
func Services(app *config.App, set Set) (Spec, error) {
	o := ownersOf(app)
	spec := Spec{Graph: true, Intensity: -1}
	found := false
	for _, e := range app.ByKind(serviceName) {
		if !o.isTop(e.ID) {
			continue
		}
		s := e.Spec.(*serviceEntry)
		c, err := s.child(e, app.Entry)
		if err != nil {
			return spec, err
		}
		auto := s.Lifecycle.AutoStart
		c.Manual = auto != nil && !*auto || auto == nil && set == Always
		found = found || !c.Manual
		for _, r := range o.requirements(e.ID) {
			c.Requires = append(c.Requires, string(r))
		}
		spec.Children = append(spec.Children, c)
	}
	switch {
	case len(spec.Children) == 0:
		return spec, mailbox.Errorf(mailbox.NotFound, "the application has no services; an entry of kind process.service makes one of a process")
	case !found && set == Always:
		return spec, mailbox.Errorf(mailbox.NotFound, "no service of the application has auto_start: true")
	case !found:
		return spec, mailbox.Errorf(mailbox.NotFound, "all services of the application have auto_start: false")
	}
	return spec, nil
}

// Needed gives the children of a Graph that start by themselves, and those that
// these require.
func (s *Spec) Needed() []Child {
	byID := map[string]*Child{}
	for i := range s.Children {
		byID[s.Children[i].ID] = &s.Children[i]
	}
	needed := map[string]bool{}
	var visit func(c *Child)
	visit = func(c *Child) {
		if c == nil || needed[c.ID] {
			return
		}
		needed[c.ID] = true
		for _, r := range c.Requires {
			visit(byID[r])
		}
	}
	for i := range s.Children {
		if !s.Children[i].Manual {
			visit(&s.Children[i])
		}
	}
	var all []Child
	for _, c := range s.Children {
		if needed[c.ID] {
			all = append(all, c)
		}
	}
	return all
}

// Planned is a process that an entry starts with arguments that are known.
type Planned struct {
	Child Child
	Path  []string // of the arguments in the entry
}

// Plan gives the processes that a process.service or process.supervisor entry
// starts; none for others, and for a template, which lacks arguments. With
// inherited those children are among them whose arguments a service says.
func Plan(e *config.Entry, find func(config.ID) *config.Entry, inherited bool) []Planned {
	var planned []Planned
	switch s := e.Spec.(type) {
	case *serviceEntry:
		if c, err := s.child(e, find); err == nil {
			planned = append(planned, Planned{c, []string{"args"}})
		}
	case *supervisorEntry:
		if Strategy(s.Strategy) == SimpleOneForOne {
			return nil
		}
		for i := range s.Children {
			if c, err := s.Children[i].child(s, find); err == nil && (inherited || !c.Service || s.Children[i].Args != nil) {
				planned = append(planned, Planned{c, []string{"children", strconv.Itoa(i), "args"}})
			}
		}
	}
	return planned
}

// Entries gives the IDs of the entries that run as processes when a child does:
// its own and, of a supervisor, those below it.
func Entries(app *config.App, child Child) []config.ID {
	var ids []config.ID
	seen := map[config.ID]bool{}
	var visit func(id config.ID)
	visit = func(id config.ID) {
		e := app.Entry(id)
		if e == nil || seen[id] {
			return
		}
		seen[id] = true
		switch spec := e.Spec.(type) {
		case *serviceEntry:
			visit(config.ID(spec.Process))
			return
		case *supervisorEntry:
			for _, c := range spec.Children {
				visit(config.ID(c.Process))
			}
		}
		ids = append(ids, id)
	}
	visit(config.ID(child.Entry))
	return ids
}

// StopTime is how long the children of a specification of Services may take to
// stop, one after the other where they require each other: Infinity if one of
// them may take any time. Of a supervisor that is its children's time together.
func StopTime(app *config.App, spec Spec) Shutdown {
	byID := map[string]*Child{}
	for i := range spec.Children {
		byID[spec.Children[i].ID] = &spec.Children[i]
	}
	longest := map[string]Shutdown{}
	var path func(id string) Shutdown
	path = func(id string) Shutdown {
		if d, known := longest[id]; known {
			return d
		}
		longest[id] = 0 // a cycle is refused before
		var before Shutdown
		c := byID[id]
		if c == nil {
			return 0
		}
		for _, r := range c.Requires {
			before = max(before, path(r))
		}
		longest[id] = plus(before, stopTimeOf(app, c, 0))
		return longest[id]
	}
	var all Shutdown
	for _, c := range spec.Children {
		all = max(all, path(c.ID))
	}
	return all
}

func stopTimeOf(app *config.App, c *Child, depth int) Shutdown {
	d := c.shutdown()
	if d != Infinity || !c.Supervisor || depth > maxNested {
		return d
	}
	e := app.Entry(config.ID(c.Entry))
	if e == nil {
		return d
	}
	spec, err := specOf(e, app.Entry)
	if err != nil {
		return d
	}
	var all Shutdown
	for i := range spec.Children {
		all = plus(all, stopTimeOf(app, &spec.Children[i], depth+1))
	}
	return all
}

func plus(a, b Shutdown) Shutdown {
	if a > Infinity-b {
		return Infinity
	}
	return a + b
}

// Duration gives a shutdown as a time; false for Infinity.
func (s Shutdown) Duration() (time.Duration, bool) { return time.Duration(s), s != Infinity }
