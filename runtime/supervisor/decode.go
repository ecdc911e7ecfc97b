package supervisor

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"wippy/config"
	"wippy/mailbox"
)

// Catalogue says what an application knows of an entry by itself: of a
// process.service all of its child, of a process.supervisor that it is one. Nil
// for every other entry. Any goroutine may call it.
type Catalogue func(entry string) *Child

// fields reads a table of named fields, as Lua and guests write them, and keeps
// the first mistake.
type fields struct {
	table *mailbox.Table
	known []string
	err   error
}

// readFields begins to read v, which is what a message calls what.
func readFields(v mailbox.Value, what string) *fields {
	t := v.Table()
	switch {
	case t == nil:
		return &fields{err: mailbox.Errorf(mailbox.Invalid, "expected %s as a table, got %s", what, v)}
	case len(t.List) > 0:
		return &fields{err: mailbox.Errorf(mailbox.Invalid, "expected %s as a table of named fields, got a list", what)}
	case len(t.Pairs) > maxFields:
		return &fields{err: mailbox.Errorf(mailbox.Invalid, "expected %s, got a table of %d fields", what, len(t.Pairs))}
	}
	return &fields{table: t}
}

// get gives a field, nil where it is absent or an earlier one was wrong.
func (f *fields) get(name string) mailbox.Value {
	if f.err != nil {
		return mailbox.Nil
	}
	f.known = append(f.known, name)
	return f.table.Get(name)
}

func (f *fields) fail(name, expected string, got mailbox.Value) {
	if f.err == nil {
		f.err = mailbox.Errorf(mailbox.Invalid, "%s: expected %s, got %s", name, expected, got)
	}
}

func (f *fields) sub(name string, err error) {
	if f.err == nil && err != nil {
		f.err = within(name, err)
	}
}

// text reads a string into to, if it is there.
func (f *fields) text(name string, to *string) {
	switch v := f.get(name); v.Kind() {
	case mailbox.KindNil:
	case mailbox.KindString:
		*to = v.Str()
	default:
		f.fail(name, "a string", v)
	}
}

// word is text for one of a few words.
func word[T ~string](f *fields, name string, words []string, to *T) {
	v := f.get(name)
	switch {
	case v.IsNil():
	case v.Kind() != mailbox.KindString:
		f.fail(name, quoted(words), v)
	case slices.Contains(words, v.Str()):
		*to = T(v.Str())
	default:
		f.fail(name, quoted(words), v)
		if near := config.Nearest(mailbox.Shown(v.Str()), words); near != "" {
			f.err = mailbox.Errorf(mailbox.Invalid, "%w; did you mean %q?", f.err, near)
		}
	}
}

func quoted(words []string) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = fmt.Sprintf("%q", w)
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

func (f *fields) boolean(name string, to *bool) {
	switch v := f.get(name); v.Kind() {
	case mailbox.KindNil:
	case mailbox.KindBool:
		*to = v.Bool()
	default:
		f.fail(name, "a boolean", v)
	}
}

// count reads a whole number that is not negative.
func (f *fields) count(name string, to *int) {
	v := f.get(name)
	if v.IsNil() {
		return
	}
	n, negative, ok := v.Integer()
	if !ok || negative || n > math.MaxInt32 {
		f.fail(name, "a whole number from 0 up", v)
		return
	}
	*to = int(n)
}

func (f *fields) number(name string, least, most float64, to *float64) {
	v := f.get(name)
	if v.IsNil() {
		return
	}
	n, ok := floatOf(v)
	if !ok || n < least || n > most {
		f.fail(name, fmt.Sprintf("a number from %v to %v", least, most), v)
		return
	}
	*to = n
}

func floatOf(v mailbox.Value) (float64, bool) {
	switch v.Kind() {
	case mailbox.KindFloat:
		return v.Float(), !math.IsNaN(v.Float())
	case mailbox.KindInt:
		return float64(v.Int()), true
	case mailbox.KindUint:
		return float64(v.Uint()), true
	}
	return 0, false
}

// length reads a duration of at least least.
func (f *fields) length(name string, least time.Duration, to *time.Duration) {
	v := f.get(name)
	if v.IsNil() {
		return
	}
	d, ok := durationOf(v)
	if !ok || d < least {
		f.fail(name, `a duration, a number of seconds or a string like "5s"`, v)
		return
	}
	*to = d
}

func durationOf(v mailbox.Value) (time.Duration, bool) {
	switch v.Kind() {
	case mailbox.KindDuration:
		return v.Duration(), true
	case mailbox.KindString:
		if len(v.Str()) > maxFields {
			return 0, false
		}
		d, err := time.ParseDuration(v.Str())
		return d, err == nil
	}
	seconds, ok := floatOf(v)
	if ns := seconds * float64(time.Second); ok && math.Abs(ns) < math.MaxInt64 {
		return time.Duration(math.Round(ns)), true
	}
	return 0, false
}

// shutdown reads a duration or one of the words for none.
func (f *fields) shutdown(name string, to **Shutdown) {
	v := f.get(name)
	if v.IsNil() {
		return
	}
	s, ok := BrutalKill, true
	switch v.Str() {
	case brutalKill:
	case infinity:
		s = Infinity
	default:
		var d time.Duration
		d, ok = durationOf(v)
		s, ok = Shutdown(d), ok && d >= 0
	}
	if !ok {
		f.fail(name, fmt.Sprintf("a duration, %q or %q", brutalKill, infinity), v)
		return
	}
	*to = &s
}

// list reads a list.
func (f *fields) list(name string) []mailbox.Value {
	v := f.get(name)
	if v.IsNil() {
		return nil
	}
	if t := v.Table(); t != nil && len(t.Pairs) == 0 {
		return t.List
	}
	f.fail(name, "a list", v)
	return nil
}

// done gives the first mistake; what was not asked for is one.
func (f *fields) done() error {
	if f.err != nil {
		return f.err
	}
	for _, p := range f.table.Pairs {
		name := p.Key.Str()
		if p.Key.Kind() != mailbox.KindString || !slices.Contains(f.known, name) {
			hint := "; there are " + strings.Join(f.known, ", ")
			if near := config.Nearest(mailbox.Shown(name), f.known); near != "" {
				hint = fmt.Sprintf("; did you mean %q?", near)
			}
			return mailbox.Errorf(mailbox.Invalid, "there is no field %s%s", p.Key, hint)
		}
	}
	return nil
}

// DecodeSpec reads a supervisor's specification from a table, whose fields are
// those of the YAML of a process.supervisor.
//
// # Errors
//
// Kind Invalid, with the path to what is wrong.
func DecodeSpec(v mailbox.Value, catalogue Catalogue) (Spec, error) {
	s, err := (&decoder{catalogue: catalogue}).spec(v)
	if err != nil {
		return Spec{}, err
	}
	return s, nil
}

const (
	// maxNested is how many supervisors a specification may have one in the other.
	maxNested = 16
	// maxSpecified is how many children a table may specify, those of nested
	// supervisors included. Nothing interrupts the decoding of it, and these take
	// some milliseconds.
	maxSpecified = 1024
)

// decoder reads one specification, of a supervisor or a child, with all that is
// nested in it.
type decoder struct {
	catalogue Catalogue
	depth     int // of supervisors around what is read
	children  int // so far
}

func (d *decoder) spec(v mailbox.Value) (Spec, error) {
	s := Spec{Intensity: DefaultIntensity, Period: DefaultPeriod}
	if d.depth > maxNested {
		return s, mailbox.Errorf(mailbox.Invalid, "more than %d supervisors one in the other", maxNested)
	}
	f := readFields(v, "a supervisor's specification")
	word(f, "strategy", strategies, &s.Strategy)
	f.count("intensity", &s.Intensity)
	f.length("period", time.Millisecond, &s.Period)
	word(f, "auto_shutdown", autoShutdowns, &s.AutoShutdown)
	f.text("group", &s.Group)
	list := f.list("children")
	if err := f.done(); err != nil {
		return s, err
	}
	if d.children += len(list); d.children > maxSpecified {
		return s, mailbox.Errorf(mailbox.Invalid, "children: a specification may have %d, those of nested supervisors included, these are %d; start_child adds more", maxSpecified, d.children)
	}
	s.Children = make([]Child, len(list))
	for i, v := range list {
		c, err := d.child(v, s.Group)
		if err != nil {
			return s, within(fmt.Sprintf("children[%d]", i+1), err)
		}
		s.Children[i] = c
	}
	return s, s.complete(1)
}

// child reads one child. group is that of children which name none.
func (d *decoder) child(v mailbox.Value, group string) (Child, error) {
	f := readFields(v, "a child's specification")
	var entry string
	f.text("process", &entry)
	c := Child{Entry: entry}
	if known := d.catalogue.of(entry); known != nil {
		c = *known
	}
	if c.Group == "" {
		c.Group = group
	}
	f.text("id", &c.ID)
	f.text("group", &c.Group)
	if args := f.list("args"); args != nil {
		c.Args = args
	}
	f.text("register", &c.Name)
	word(f, "restart", restarts, &c.Restart)
	f.shutdown("shutdown", &c.Shutdown)
	f.boolean("significant", &c.Significant)
	f.boolean("ready", &c.Ready)
	f.length("start_timeout", time.Millisecond, &c.StartTimeout)
	if nested := f.get("supervisor"); !nested.IsNil() {
		d.depth++
		_, err := d.spec(nested)
		d.depth--
		f.sub("supervisor", err)
		if entry != "" || len(c.Args) > 0 {
			f.fail("supervisor", "a child without process and args, since this says both", nested)
		}
		c.Entry, c.Args, c.Supervisor = ProgramEntry, []mailbox.Value{nested}, true
	}
	if v := f.get("backoff"); !v.IsNil() {
		b, err := decodeBackoff(v)
		f.sub("backoff", err)
		c.Backoff = &b
	}
	return c, f.done()
}

// of is nil where there is nothing to know, or nobody to ask.
func (c Catalogue) of(entry string) *Child {
	if c == nil || entry == "" {
		return nil
	}
	return c(entry)
}

func decodeBackoff(v mailbox.Value) (Backoff, error) {
	b := DefaultBackoff
	f := readFields(v, "a backoff")
	f.length("initial_delay", 0, &b.Initial)
	f.length("max_delay", 0, &b.Max)
	f.number("backoff_factor", 1, 1000, &b.Factor)
	f.number("jitter", 0, 1, &b.Jitter)
	f.count("max_attempts", &b.Attempts)
	f.length("stable_threshold", 0, &b.Stable)
	return b, f.done()
}

// DefaultBackoff is that of a service which says nothing.
var DefaultBackoff = Backoff{
	Initial:  time.Second,
	Max:      30 * time.Second,
	Factor:   2,
	Jitter:   0.1,
	Attempts: 10,
	Stable:   10 * time.Second,
}
