package procworld

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/wit"
)

// plans are the interface's functions as the canonical ABI has them, by name.
var plans = func() map[string]*canon.Func {
	_, body, _ := strings.Cut(WIT, "interface process {")
	body, _, _ = strings.Cut(body, "\n}")
	i, err := wit.ParseInterface(body)
	if err != nil {
		panic(err)
	}
	c := canon.NewCompiler()
	plans := map[string]*canon.Func{}
	for n := range i.Funcs {
		p, err := c.Func(&i.Funcs[n])
		if err != nil {
			panic(err)
		}
		plans[i.Funcs[n].Name] = p
	}
	return plans
}()

// TestTypes holds the functions against what the canonical ABI makes of the WIT.
func TestTypes(t *testing.T) {
	if len(plans) != len(world.Funcs) {
		t.Errorf("the WIT has %d functions, the module %d", len(plans), len(world.Funcs))
	}
	for _, f := range world.Funcs {
		p := plans[f.Name]
		if p == nil {
			t.Errorf("the WIT has no %s", f.Name)
			continue
		}
		if got, want := f.Type.String(), p.LowerType().String(); got != want {
			t.Errorf("%s is %s, want %s", f.Name, got, want)
		}
		if memory, realloc := p.LowerNeeds(); memory != f.Memory || realloc != f.Allocates {
			t.Errorf("%s: memory %v, allocates %v, want %v and %v", f.Name, f.Memory, f.Allocates, memory, realloc)
		}
	}
}

// core is a function of core code.
type core func(stack []uint64) error

func (f core) CallWithStack(_ context.Context, stack []uint64) error { return f(stack) }

// canonical calls a function through the canonical ABI's own plan: what it is
// given, and what it gives, is laid out by that.
func (g *guest) canonical(t *testing.T, name string, args ...mailbox.Value) mailbox.Value {
	t.Helper()
	var store canon.Store
	plan := plans[name]
	fitted, err := plan.Fit(args)
	if err != nil {
		t.Fatal(err)
	}
	v, err := (&canon.Lifted{
		Plan: plan,
		Options: &canon.Options{
			Instance: store.NewInstance(nil, 0), Memory: g.Memory(),
			Realloc: core(func(stack []uint64) error { return g.Within(nil, stack) }),
		},
		Core: core(func(stack []uint64) error {
			params := slices.Clone(stack[:len(plan.LiftType().Params)])
			if len(plan.LiftType().Params) < len(plan.LowerType().Params) {
				params = append(params, where)
				mustReturn(t, g.call(name, params...))
				stack[0] = where
				return nil
			}
			params = append(params, 0) // of those without parameters
			mustReturn(t, g.call(name, params...))
			stack[0] = params[0]
			return nil
		}),
	}).Call(context.Background(), fitted)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func str(s string) mailbox.Value { return mailbox.String(s) }

// show gives a value as JSON, which has the fields in order of their names.
func show(v mailbox.Value) string { return string(v.AppendJSON(nil)) }

// TestCanonical has every function called through the canonical ABI.
func TestCanonical(t *testing.T) {
	g := newGuest()
	g.exit = mailbox.Exit{Values: []mailbox.Value{mailbox.Int(3), str("x")}}
	g.described = process.Info{
		PID: "<1.1.9>", Entry: "app:e", Group: "app:g", State: "waiting", TrapLinks: true, Mailbox: 1, Children: 2, Steps: 3, Dropped: 4,
		Fuel: 5, Memory: 6, Peak: 7, Uptime: 8, Names: []string{"one", "two"}, Links: []mailbox.PID{"<1.1.4>"},
		Monitors: map[mailbox.Ref]mailbox.PID{12: "<1.1.5>", 11: "<1.1.6>"}, MonitoredBy: []mailbox.PID{"<1.1.7>"},
		Groups: []string{"a", "b"}, Limits: process.Limits{MaxExecutionMS: 1, MaxFuel: 2, MaxMemory: 3, MaxOutput: 4, MaxHandles: 5, MaxChildren: 6},
	}
	g.pids = []mailbox.PID{"<1.1.1>", "<1.1.2>"}
	g.caller.Args = []mailbox.Value{mailbox.Bool(true)}
	value := func(tag string, v mailbox.Value) mailbox.Value {
		return mailbox.TableValue(nil, []mailbox.Pair{{Key: str("tag"), Value: str(tag)}, {Key: str("value"), Value: v}})
	}
	values := mailbox.TableValue([]mailbox.Value{value("text", str("v")), value("integer", mailbox.Int(-4))}, nil)
	bonds := func(names ...string) mailbox.Value {
		var set []mailbox.Pair
		for _, name := range names {
			set = append(set, mailbox.Pair{Key: str(name), Value: mailbox.Bool(true)})
		}
		return mailbox.TableValue(nil, set)
	}
	for _, tt := range []struct {
		name string
		args []mailbox.Value
		want string
		did  string
	}{
		{"self", nil, `"<1.1.1>"`, ""},
		{"arguments", nil, `[{"tag":"boolean","value":true}]`, ""},
		{"send", []mailbox.Value{str("to"), str("topic"), values}, `{"ok":true}`, "send to topic"},
		{"send-after", []mailbox.Value{mailbox.Int(5), str("to"), str("topic"), values}, `{"ok":8}`, "post 5ns to topic"},
		{"cancel-timer", []mailbox.Value{mailbox.Int(8)}, `true`, ""},
		{"cancel-timer", []mailbox.Value{mailbox.Int(9)}, `false`, ""},
		{"sleep", []mailbox.Value{mailbox.Int(7)}, `null`, "sleep 7ns"},
		{"spawn", []mailbox.Value{str("e"), str("g"), values, bonds()}, `{"ok":"<1.1.2>"}`, "spawn app:e app:g false false"},
		{"spawn", []mailbox.Value{str("e"), str("g"), values, bonds("monitor")}, `{"ok":"<1.1.2>"}`, "spawn app:e app:g true false"},
		{"spawn", []mailbox.Value{str("e"), str("g"), values, bonds("link", "monitor")}, `{"ok":"<1.1.2>"}`, "spawn app:e app:g true true"},
		{"exec", []mailbox.Value{str("e"), str("g"), values}, `{"ok":[{"tag":"integer","value":3},{"tag":"text","value":"x"}]}`, "exec app:e app:g"},
		{"monitor", []mailbox.Value{str("to")}, `{"ok":7}`, "monitor to"},
		{"unmonitor", []mailbox.Value{mailbox.Int(7)}, `true`, ""},
		{"unmonitor-all", []mailbox.Value{str("to")}, `true`, ""},
		{"link", []mailbox.Value{str("to")}, `{"ok":true}`, "link to"},
		{"unlink", []mailbox.Value{str("to")}, `true`, ""},
		{"trap-links", []mailbox.Value{mailbox.Bool(true)}, `null`, "trap true"},
		{"register", []mailbox.Value{str("name"), mailbox.Nil}, `{"ok":true}`, "register name <1.1.1>"},
		{"register", []mailbox.Value{str("name"), str("other")}, `{"ok":true}`, "register name other"},
		{"lookup", []mailbox.Value{str("known")}, `"<1.1.3>"`, ""},
		{"lookup", []mailbox.Value{str("unknown")}, `null`, ""},
		{"unregister", []mailbox.Value{str("name")}, `{"ok":true}`, "unregister name"},
		{"info", []mailbox.Value{str("<1.1.9>")}, `{"ok":{"children":2,"dropped":4,"entry":"app:e","fuel":5,"group":"app:g","links":["<1.1.4>"],` +
			`"mailbox":1,"memory":6,"monitored_by":["<1.1.7>"],"monitors":[{"pid":"<1.1.6>","ref":11},{"pid":"<1.1.5>","ref":12}],` +
			`"names":["one","two"],"peak":7,"pid":"<1.1.9>","state":"waiting","steps":3,"trap_links":true,"uptime":8}}`, ""},
		{"info", []mailbox.Value{str("ghost")}, `{"err":{"kind":"noproc","message":"no process has the name \"ghost\"","retryable":false,"value":{"tag":"nil"}}}`, ""},
		{"limits", []mailbox.Value{str("<1.1.9>")}, `{"ok":{"max_children":6,"max_execution_ms":1,"max_fuel":2,"max_handles":5,"max_memory":3,"max_output":4}}`, ""},
		{"limits", []mailbox.Value{str("ghost")}, `{"err":{"kind":"noproc","message":"no process has the name \"ghost\"","retryable":false,"value":{"tag":"nil"}}}`, ""},
		{"groups", []mailbox.Value{str("<1.1.9>")}, `{"ok":["a","b"]}`, ""},
		{"groups", []mailbox.Value{str("ghost")}, `{"err":{"kind":"noproc","message":"no process has the name \"ghost\"","retryable":false,"value":{"tag":"nil"}}}`, ""},
		{"list", []mailbox.Value{mailbox.Nil}, `{"ok":["<1.1.1>","<1.1.2>"]}`, "list "},
		{"list", []mailbox.Value{str("g")}, `{"ok":["<1.1.1>","<1.1.2>"]}`, "list app:g"},
		{"upgrade", []mailbox.Value{str("e"), values}, `{"kind":"not-found","message":"there is no entry","retryable":false,"value":{"tag":"nil"}}`, "upgrade app:e"},
		{"group-join", []mailbox.Value{str("name"), mailbox.Nil}, `{"ok":true}`, "join name <1.1.1>"},
		{"group-join", []mailbox.Value{str("name"), str("other")}, `{"ok":true}`, "join name other"},
		{"group-leave", []mailbox.Value{str("name"), str("other")}, `true`, "leave name other"},
		{"group-members", []mailbox.Value{str("name")}, `["<1.1.1>","<1.1.2>"]`, ""},
		{"group-broadcast", []mailbox.Value{str("name"), str("topic"), values}, `{"ok":3}`, "broadcast name topic"},
		{"group-monitor", []mailbox.Value{str("name")}, `{"ok":{"members":["<1.1.1>","<1.1.2>"],"ref":9}}`, "monitor name"},
		{"group-demonitor", []mailbox.Value{mailbox.Int(9)}, `true`, ""},
		{"group-demonitor", []mailbox.Value{mailbox.Int(8)}, `false`, ""},
		{"cancel", []mailbox.Value{str("to"), str("r"), mailbox.Int(3)}, `{"ok":true}`, "cancel to r 3ns"},
		{"terminate", []mailbox.Value{str("to")}, `{"ok":true}`, "terminate to"},
		{"print", []mailbox.Value{str("line\n")}, `{"ok":true}`, ""},
		{"from-json", []mailbox.Value{str("null")}, `{"ok":"\u0010"}`, ""},
		{"to-json", []mailbox.Value{str("\x10")}, `{"ok":"null"}`, ""},
	} {
		g.calls, g.sent, g.next = nil, nil, memorySize/2
		if got := show(g.canonical(t, tt.name, tt.args...)); got != tt.want {
			t.Errorf("%s gave %s, want %s", tt.name, got, tt.want)
		}
		if got := strings.Join(g.calls, "; "); got != tt.did {
			t.Errorf("%s did %q, want %q", tt.name, got, tt.did)
		}
		if g.sent != nil && fmt.Sprint(g.sent) != `["v" -4]` {
			t.Errorf("%s handed over %v", tt.name, g.sent)
		}
	}
}

// TestExecFails has the error of a process that was executed.
func TestExecFails(t *testing.T) {
	g := newGuest()
	g.exit = mailbox.Exit{Err: &mailbox.Error{Kind: mailbox.Exists, Message: "taken", Value: mailbox.Float(1.5)}}
	got := show(g.canonical(t, "exec", str("e"), str("g"), mailbox.TableValue(nil, nil)))
	if want := `{"err":{"kind":"exists","message":"taken","retryable":false,"value":{"tag":"number","value":1.5}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestFail ends with what the guest says, and with a limit only for its own.
func TestFail(t *testing.T) {
	own := &mailbox.Error{Kind: mailbox.LimitHit, Message: "max_children: none left", Owner: "<1.1.1>"}
	other := &mailbox.Error{Kind: mailbox.LimitHit, Message: "max_children: none left", Owner: "<1.1.2>"}
	for _, tt := range []struct {
		given *mailbox.Error // by a function, before
		kind  mailbox.ErrorKind
		text  string
		want  mailbox.ErrorKind
	}{
		{nil, mailbox.Denied, "no", mailbox.Denied},
		{nil, "new", "no", mailbox.Failed},
		{nil, mailbox.LimitHit, own.Message, mailbox.Failed},
		{other, mailbox.LimitHit, own.Message, mailbox.Failed},
		{own, mailbox.LimitHit, "other words", mailbox.Failed},
		{own, mailbox.LimitHit, own.Message, mailbox.LimitHit},
	} {
		g := newGuest()
		to, n := g.put(0, "to")
		if tt.given != nil {
			g.fail = tt.given
			mustReturn(t, g.call("send", to, n, to, n, 0, 0, where))
		}
		message, length := g.put(64, tt.text)
		value, size := g.put(128, "why")
		end, ok := g.call("fail", uint64(enum(errorKinds, tt.kind)), 1, message, length, caseText, value, size).(*imports.Exit)
		if !ok || end.Result.Err.Kind != tt.want || end.Result.Err.Message != tt.text || !end.Result.Err.Retryable ||
			end.Result.Err.Value.Str() != "why" {
			t.Errorf("%v: %+v", tt, end)
		}
	}
	for _, tt := range []struct {
		tag, payload uint64
		want         string
	}{
		{caseNil, 9, "nil"}, {caseBoolean, 256, "true"}, {caseInteger, ^uint64(0), "-1"}, {caseNumber, number(2.5), "2.5"},
		{caseBytes, 128, `"\xff"`},
	} {
		g := newGuest()
		g.put(128, "\xff")
		end, ok := g.call("fail", 0, 0, 0, 0, tt.tag, tt.payload, 1).(*imports.Exit)
		if !ok || fmt.Sprint(end.Result.Err.Value) != tt.want {
			t.Errorf("%v: %+v", tt, end)
		}
	}
}

// TestLongList gives others their turn while a long list is stored.
func TestLongList(t *testing.T) {
	g := newGuest()
	for range 1000 {
		g.pids = append(g.pids, "<1.1.1>")
	}
	if got := g.canonical(t, "list", mailbox.Nil); !strings.Contains(show(got), `"<1.1.1>"`) || g.shares < 1000/sharedEvery {
		t.Errorf("%d shares", g.shares)
	}
	if d := nanoseconds(1 << 63); d != time.Duration(1<<63-1) {
		t.Errorf("a duration of %v", d)
	}
}
