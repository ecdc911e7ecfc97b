package scheduler

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
)

func TestNamesThatCannotBe(t *testing.T) {
	n := newNode(t)
	n.def("waits", waits)
	pid, _ := n.start("waits")
	for name, want := range map[string]mailbox.ErrorKind{
		"":                             mailbox.Invalid,
		"<1.1.1>":                      mailbox.Invalid,
		"<":                            mailbox.Invalid,
		strings.Repeat("x", 255):       "",
		strings.Repeat("x", 256):       mailbox.Invalid,
		"<" + strings.Repeat("x", 1e6): mailbox.Invalid,
	} {
		err := n.Register(name, pid)
		switch {
		case want == "" && err != nil, want != "" && !errors.Is(err, want):
			t.Errorf("%.10s: %v", name, err)
		case err != nil && len(err.Error()) > 200:
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
	if err := n.Register("y", "<1.1.999>"); !errors.Is(err, mailbox.NoProc) {
		t.Errorf("a name for nobody: %v", err)
	}
	if err := n.Send(mailbox.PID(strings.Repeat("z", 1e6)), "", nil); !errors.Is(err, mailbox.NoProc) || len(err.Error()) > 200 {
		t.Errorf("a message to a name of a million bytes: %d bytes", len(err.Error()))
	}
}

func TestNamesAreBounded(t *testing.T) {
	n := newNode(t)
	n.def("waits", waits)
	pid, exit := n.start("waits")
	for i := range maxNames {
		if err := n.Register(fmt.Sprint(i), pid); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Register("one more", pid); !errors.Is(err, mailbox.LimitHit) {
		t.Errorf("%v", err)
	}
	if err := n.Unregister("0"); err != nil {
		t.Error(err)
	}
	if err := n.Unregister("0"); !errors.Is(err, mailbox.NoProc) {
		t.Errorf("unregistering what nobody has: %v", err)
	}
	if err := n.Register("one more", "1"); err != nil { // by name
		t.Error(err)
	}
	_ = n.Terminate("one more")
	<-exit
	if left := len(n.names.all()); left != 0 {
		t.Errorf("%d names are left", left)
	}
}

// A name that a process had is free when others learn of its end, whichever
// way they do, and everybody who wants it at once gets it once.
func TestNamesMeetEnds(t *testing.T) {
	n := newNode(t, func(c *Config, g *Group) { c.Executors, g.Workers = 4, 4 })
	n.def("holds", func(ctx process.Context, _ []mailbox.Value) process.Result {
		if err := ctx.Register("name", ctx.Self()); err != nil {
			return process.Fail(err)
		}
		ctx.Yield()
		return ok()
	})
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		for range 1000 {
			pid, err := ctx.Spawn(process.Spawn{Entry: "holds", Group: "g"})
			if err != nil {
				return process.Fail(err)
			}
			ctx.Yield()
			_, _ = ctx.Monitor(pid)
			if e := ctx.Receive(isExit, -1); e.Exit.Err != nil && e.Exit.Reason != mailbox.ReasonNoProc {
				return process.Fail(e.Exit.Err)
			}
			if holder, taken := ctx.Lookup("name"); taken {
				return process.Fail(fmt.Errorf("%s has the name of %s, which is dead", holder, pid))
			}
		}
		return ok()
	})
	if e.Err != nil {
		t.Fatal(e.Err)
	}
}

// Monitors and links that were asked for by a name are ended by it, also when
// their events are queued and nobody has the name any more.
func TestBondsByName(t *testing.T) {
	n := newNode(t)
	n.def("waits", waits)
	e := n.run(func(ctx process.Context, _ []mailbox.Value) process.Result {
		ctx.TrapLinks(true)
		pid, _ := ctx.Spawn(process.Spawn{Entry: "waits", Group: "g"})
		_ = ctx.Register("name", pid)
		_, _ = ctx.Monitor("name")
		_ = ctx.Link("name")
		_ = ctx.Terminate("name")
		for n.Live() > 1 {
			ctx.Yield()
		}
		if !ctx.DemonitorAll("name") || !ctx.Unlink("name") {
			return process.Fail(errors.New("there was no EXIT or LINK_DOWN of the name"))
		}
		ref, _ := ctx.Monitor("name")
		_ = ctx.Link("name")
		exit, down := ctx.Receive(nil, 0), ctx.Receive(nil, 0)
		if exit.From != "name" || exit.Ref != ref || down.From != "name" || !errors.Is(down.Exit.Err, mailbox.NoProc) {
			return process.Fail(fmt.Errorf("%+v, %+v", exit, down))
		}
		return ok(mailbox.Bool(ctx.Receive(nil, 0) == nil))
	})
	if e.Err != nil || !e.Values[0].Bool() {
		t.Fatalf("%+v", e)
	}
}
