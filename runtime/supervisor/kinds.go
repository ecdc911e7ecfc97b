package supervisor

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime/process"
)

// The names of the kinds.
const (
	supervisorName = "process.supervisor"
	serviceName    = "process.service"
)

// supervisorEntry is a process.supervisor entry.
type supervisorEntry struct {
	Strategy string `yaml:"strategy" config:"enum=one_for_one|one_for_all|rest_for_one|simple_one_for_one"`
	// Intensity is how many restarts within Period are borne.
	Intensity    int           `yaml:"intensity" config:"min=0,max=65536"`
	Period       time.Duration `yaml:"period" config:"min=1ms"`
	AutoShutdown string        `yaml:"auto_shutdown" config:"enum=never|any_significant|all_significant"`
	// Group is that of children which name none.
	Group    config.Ref     `yaml:"group" config:"ref=process.host|terminal.host"`
	Children []childEntry   `yaml:"children"`
	Limits   process.Limits `yaml:"limits"`
}

// childEntry is a child of a process.supervisor.
type childEntry struct {
	// ID is the full ID of Process unless given.
	ID string `yaml:"id" config:"nonempty"`
	// Process is what runs. A process.service brings all that it says of itself.
	Process config.Ref `yaml:"process" config:"required,ref=process.lua|process.wasm|process.supervisor|process.service,requires"`
	Group   config.Ref `yaml:"group" config:"ref=process.host|terminal.host"`
	Args    []any      `yaml:"args"`
	// Register is a name for the process.
	Register    string `yaml:"register" config:"nonempty"`
	Restart     string `yaml:"restart" config:"enum=permanent|transient|temporary"`
	Significant bool   `yaml:"significant"`
	// Shutdown is how long the process has to end.
	Shutdown shutdownEntry `yaml:"shutdown"`
	// Ready has the process say itself that it has started.
	Ready        bool          `yaml:"ready"`
	StartTimeout time.Duration `yaml:"start_timeout" config:"min=1ms"`
}

// serviceEntry is a process.service entry.
type serviceEntry struct {
	Process   config.Ref `yaml:"process" config:"required,ref=process.lua|process.wasm|process.supervisor,requires"`
	Group     config.Ref `yaml:"group" config:"ref=process.host|terminal.host"`
	Args      []any      `yaml:"args"`
	Register  string     `yaml:"register" config:"nonempty"`
	Lifecycle lifecycle  `yaml:"lifecycle"`
}

// lifecycle is how a service is started, stopped and restarted.
type lifecycle struct {
	// AutoStart true starts it with the application, beside a command too; false
	// only when another requires it or it is asked for. Nil leaves it out beside
	// a command.
	AutoStart *bool `yaml:"auto_start"`
	Ready     bool  `yaml:"ready"`
	// StartTimeout is how long it may take to start before it is killed.
	StartTimeout time.Duration `yaml:"start_timeout" config:"min=1ms"`
	StopTimeout  shutdownEntry `yaml:"stop_timeout"`
	// StableThreshold is how long it runs until earlier failures are forgotten.
	StableThreshold time.Duration `yaml:"stable_threshold" config:"min=0s"`
	// Requires are the services that start before it, and stop after it.
	Requires []config.Ref `yaml:"requires" config:"ref=process.service,requires"`
	Restart  restartEntry `yaml:"restart"`
}

// restartEntry is when and how a service is restarted.
type restartEntry struct {
	Policy        string        `yaml:"policy" config:"enum=permanent|transient|temporary"`
	InitialDelay  time.Duration `yaml:"initial_delay" config:"min=0s"`
	MaxDelay      time.Duration `yaml:"max_delay" config:"min=0s"`
	BackoffFactor float64       `yaml:"backoff_factor" config:"min=1,max=1000"`
	Jitter        float64       `yaml:"jitter" config:"min=0,max=1"`
	// MaxAttempts is how many restarts in a row may fail; zero means no bound.
	MaxAttempts int `yaml:"max_attempts" config:"min=0,max=1000000"`
}

// shutdownEntry is a Shutdown as YAML has it, or nothing.
type shutdownEntry struct{ set *Shutdown }

// DecodeYAML implements config.Decoder.
func (e *shutdownEntry) DecodeYAML(n *yaml.Node) error {
	s := BrutalKill
	switch n.Value {
	case brutalKill:
	case infinity:
		s = Infinity
	default:
		d, ok := yamlDuration(n)
		if !ok || d < 0 {
			return wrongShutdown(n)
		}
		s = Shutdown(d)
	}
	e.set = &s
	return nil
}

func yamlDuration(n *yaml.Node) (time.Duration, bool) {
	var seconds float64
	if (n.ShortTag() == "!!int" || n.ShortTag() == "!!float") && n.Decode(&seconds) == nil {
		return durationOf(mailbox.Float(seconds))
	}
	return durationOf(mailbox.String(n.Value))
}

func wrongShutdown(n *yaml.Node) error {
	e := &config.Error{Message: fmt.Sprintf(`expected a duration such as "5s", a number of seconds, %q or %q, found %q`, brutalKill, infinity, mailbox.Shown(n.Value))}
	if n.Kind != yaml.ScalarNode {
		e.Message = fmt.Sprintf(`expected a duration such as "5s", a number of seconds, %q or %q`, brutalKill, infinity)
	} else if near := config.Nearest(mailbox.Shown(n.Value), []string{brutalKill, infinity}); near != "" {
		e.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}

// MarshalJSON shows it as it is written.
func (e shutdownEntry) MarshalJSON() ([]byte, error) {
	if e.set == nil {
		return []byte("null"), nil
	}
	return strconv.AppendQuote(nil, e.set.String()), nil
}

// Kinds gives the kinds process.supervisor and process.service. The first runs
// as a process; the second says how an application runs one.
func Kinds() (supervisor process.Kind, service config.Kind) {
	supervisor = process.Kind{
		Kind: config.Kind{
			Name: supervisorName,
			New: func() any {
				return &supervisorEntry{Intensity: DefaultIntensity, Period: DefaultPeriod}
			},
			Check: checkSupervisor,
		},
		Compile: func(_ context.Context, e *config.Entry, app process.App) (process.Program, error) {
			spec, err := specOf(e, app.Entry)
			if err != nil {
				return nil, err
			}
			return New(spec, CatalogueOf(app.Entry))
		},
		Limits: func(e *config.Entry) process.Limits { return e.Spec.(*supervisorEntry).Limits },
	}
	service = config.Kind{
		Name: serviceName,
		New: func() any {
			b := DefaultBackoff
			return &serviceEntry{Lifecycle: lifecycle{
				StableThreshold: b.Stable,
				Restart: restartEntry{
					InitialDelay: b.Initial, MaxDelay: b.Max, BackoffFactor: b.Factor, Jitter: b.Jitter, MaxAttempts: b.Attempts,
				},
			}}
		},
		Check: checkService,
	}
	return supervisor, service
}

// entries finds an entry of the application.
type entries func(config.ID) *config.Entry

// CatalogueOf gives what an application's entries say of themselves as children.
func CatalogueOf(find func(config.ID) *config.Entry) Catalogue {
	return func(id string) *Child {
		e := find(config.ID(id))
		if e == nil {
			return nil
		}
		switch spec := e.Spec.(type) {
		case *supervisorEntry:
			return &Child{Entry: id, Supervisor: true}
		case *serviceEntry:
			c, err := spec.child(e, find)
			if err != nil {
				return nil // its values were checked when it was loaded
			}
			return &c
		}
		return nil
	}
}

// child gives a service as a child of whoever supervises it.
func (s *serviceEntry) child(e *config.Entry, find entries) (Child, error) {
	args, err := mailbox.ValuesOf(s.Args...)
	if err != nil {
		return Child{}, err
	}
	l, r := s.Lifecycle, s.Lifecycle.Restart
	return Child{
		ID: string(e.ID), Entry: string(s.Process), Group: string(s.Group), Args: args, Name: s.Register,
		Restart: Restart(r.Policy), Shutdown: l.StopTimeout.set, Ready: l.Ready, StartTimeout: l.StartTimeout,
		Supervisor: isSupervisor(find, s.Process), Service: true,
		Backoff: &Backoff{
			Initial: r.InitialDelay, Max: r.MaxDelay, Factor: r.BackoffFactor, Jitter: r.Jitter,
			Attempts: r.MaxAttempts, Stable: l.StableThreshold,
		},
	}, nil
}

func isSupervisor(find entries, id config.Ref) bool {
	e := find(config.ID(id))
	return e != nil && e.Kind == supervisorName
}

// specOf gives what a process.supervisor entry says.
func specOf(e *config.Entry, find entries) (Spec, error) {
	s := e.Spec.(*supervisorEntry)
	spec := Spec{Strategy: Strategy(s.Strategy), Intensity: s.Intensity, Period: s.Period, AutoShutdown: AutoShutdown(s.AutoShutdown), Group: string(s.Group)}
	for i := range s.Children {
		c, err := s.Children[i].child(s, find)
		if err != nil {
			return spec, within(fmt.Sprintf("children[%d]", i), err)
		}
		spec.Children = append(spec.Children, c)
	}
	return spec, nil
}

// child gives a child as a supervisor has it: what its service says, and then
// what it says itself.
func (c *childEntry) child(of *supervisorEntry, find entries) (Child, error) {
	out := Child{Entry: string(c.Process), Supervisor: isSupervisor(find, c.Process)}
	if e := find(config.ID(c.Process)); e != nil {
		if service, ok := e.Spec.(*serviceEntry); ok {
			var err error
			if out, err = service.child(e, find); err != nil {
				return out, err
			}
		}
	}
	if c.ID != "" {
		out.ID = c.ID
	}
	if out.ID == "" {
		out.ID = string(c.Process)
	}
	switch {
	case c.Group != "":
		out.Group = string(c.Group)
	case out.Group == "":
		out.Group = string(of.Group)
	}
	if c.Args != nil {
		args, err := mailbox.ValuesOf(c.Args...)
		if err != nil {
			return out, within("args", err)
		}
		out.Args = args
	}
	if c.Register != "" {
		out.Name = c.Register
	}
	if c.Restart != "" {
		out.Restart = Restart(c.Restart)
	}
	if c.Shutdown.set != nil {
		out.Shutdown = c.Shutdown.set
	}
	if c.StartTimeout > 0 {
		out.StartTimeout = c.StartTimeout
	}
	out.Ready = out.Ready || c.Ready
	out.Significant = c.Significant
	return out, nil
}

// checkOfSupervisor reports what means nothing for a child that is a supervisor.
func checkOfSupervisor(c *config.Check, child *Child, ready, args []string) {
	if !child.Supervisor {
		return
	}
	if child.Ready {
		c.Mistake("a supervisor has started when its children have", "remove it", ready...)
	}
	if len(child.Args) > 0 {
		c.Mistake("a supervisor takes no arguments", "remove them", args...)
	}
}

// groupHint says how to name a group.
func groupHint(app *config.App) string {
	for _, e := range app.ByKind("process.host") {
		return fmt.Sprintf("add \"group: %s\"", e.ID)
	}
	return `add "group: <a process.host>"`
}

// badName says why a text cannot be registered; "" if it can.
func badName(name string) string {
	const most = 255
	switch {
	case mailbox.IsPID(name):
		return fmt.Sprintf("%q cannot be a name: what begins with < is a PID", mailbox.Shown(name))
	case name == ServicesName:
		return fmt.Sprintf("%q is the name of the supervisor that has the services", name)
	case len(name) > most:
		return fmt.Sprintf("a name may have %d bytes, this one has %d", most, len(name))
	}
	return ""
}

func checkSupervisor(c *config.Check, e *config.Entry) {
	s := e.Spec.(*supervisorEntry)
	if Strategy(s.Strategy) == SimpleOneForOne && len(s.Children) != 1 {
		c.Mistake(fmt.Sprintf("%s has one child, the template; these are %d", SimpleOneForOne, len(s.Children)), "", "children")
	}
	if len(s.Children) > maxChildren {
		c.Mistake(fmt.Sprintf("there may be %d, these are %d", maxChildren, len(s.Children)), "", "children")
		return
	}
	ids := map[string]int{}
	names := map[string]int{}
	for i := range s.Children {
		at := func(field ...string) []string { return append([]string{"children", strconv.Itoa(i)}, field...) }
		entry := &s.Children[i]
		child, err := entry.child(s, c.App().Entry)
		if err != nil {
			c.Mistake(err.Error(), "", at("args")...)
			continue
		}
		if entry.Process == "" || !c.Decoded(at("process")...) {
			continue
		}
		if child.Group == "" && c.Decoded(at("group")...) && c.Decoded("group") {
			c.Mistake(fmt.Sprintf("%q has no group to run in", child.Entry), groupHint(c.App())+" to it, or to the supervisor for all", at()...)
		}
		if first, taken := ids[child.ID]; taken {
			c.Mistake(fmt.Sprintf("children[%d] has the ID %q already", first, child.ID), `add "id: <a string>" to one of them`, at()...)
		} else {
			ids[child.ID] = i
		}
		if problem := significance(&child, AutoShutdown(s.AutoShutdown)); problem != "" && c.Decoded("auto_shutdown") && c.Decoded(at("restart")...) {
			hint := `add "restart: transient"`
			if s.AutoShutdown == "" || AutoShutdown(s.AutoShutdown) == Never {
				hint = `add "auto_shutdown: any_significant" to the supervisor`
			}
			c.Mistake(problem, hint, at("significant")...)
		}
		checkOfSupervisor(c, &child, at("ready"), at("args"))
		if len(child.Args) > maxArgs {
			c.Mistake(fmt.Sprintf("there may be %d, these are %d", maxArgs, len(child.Args)), "", at("args")...)
		}
		if child.Name == "" {
			continue
		}
		if problem := badName(child.Name); problem != "" {
			c.Mistake(problem, "", at("register")...)
		}
		first, taken := names[child.Name]
		switch {
		case Strategy(s.Strategy) == SimpleOneForOne:
			c.Mistake(fmt.Sprintf("the children of %s cannot share one name", SimpleOneForOne), "remove it", at("register")...)
		case taken:
			c.Mistake(fmt.Sprintf("children[%d] is registered as %q already", first, child.Name), "", at("register")...)
		default:
			names[child.Name] = i
		}
	}
}

func checkService(c *config.Check, e *config.Entry) {
	s := e.Spec.(*serviceEntry)
	l := s.Lifecycle
	if s.Group == "" && c.Decoded("group") {
		c.Mistake(`missing field "group"`, groupHint(c.App()))
	}
	if _, err := mailbox.ValuesOf(s.Args...); err != nil {
		c.Mistake(err.Error(), "", "args")
	}
	if child, err := s.child(e, c.App().Entry); err == nil {
		checkOfSupervisor(c, &child, []string{"lifecycle", "ready"}, []string{"args"})
	}
	if len(s.Args) > maxArgs {
		c.Mistake(fmt.Sprintf("there may be %d, these are %d", maxArgs, len(s.Args)), "", "args")
	}
	if s.Register != "" {
		if problem := badName(s.Register); problem != "" {
			c.Mistake(problem, "", "register")
		}
		if o := config.Fact(c, ownersKey{}, ownersOf).holder[s.Register]; o != e {
			c.Mistake(fmt.Sprintf("the service %q at %s is registered as %q already", o.ID, o.Pos, s.Register), "", "register")
		}
	}
	if r := l.Restart; r.MaxDelay > 0 && r.InitialDelay > r.MaxDelay && c.Decoded("lifecycle", "restart", "initial_delay") && c.Decoded("lifecycle", "restart", "max_delay") {
		c.Mistake(fmt.Sprintf("%v is longer than max_delay, which is %v", r.InitialDelay, r.MaxDelay), "", "lifecycle", "restart", "initial_delay")
	}
	checkPlace(c, e)
}
