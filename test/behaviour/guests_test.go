package behaviour_test

import "testing"

// guest is a kind of guest with the entries of the test application that play
// each part of the behaviours. A part that a kind cannot play yet is in absent,
// with the reason.
type guest struct {
	name    string
	entries map[string]string
	absent  map[string]string
}

// The parts:
//
//	product   takes two numbers and returns their product
//	several   takes two whole numbers and returns quotient and remainder
//	nothing   takes nothing, returns nothing
//	fails     takes nothing and fails, in a function below its entry point
//	loops     takes nothing and never ends, nor waits
//	fuelled   the same, with a max_fuel of 12,345
//	waits     waits for ever
//	grows     takes a number of pages, grows by them and returns what it had, or -1
//	late      waits for ever, and may live for a second
//	echo      sends "ready" to the process that it is given, then every message
//	          back; ends normally at the topic "stop", and returns "stopped"
//	ping      takes an entry that plays echo and a number, has as many round trips
//	          with a process of it, ends it, and returns how many were as they should
//	links     takes a process, a depth and an entry: is linked with a chain of depth-1
//	          of its own, the last of which is linked with a process of the entry, whose
//	          PID is sent to the process as "linked"; waits for ever
//	links_and_fails
//	          takes a process and an entry: is linked with one of the entry, sends its PID
//	          to the process as "child", and fails with "the parent's failure": at the
//	          topic "fail", or at once with a third argument
//	leaves_child
//	          takes an entry, and returns the PID of a process of it, with which it is
//	          linked if there is a second argument
//	named     takes a name and has it
//	execs     executes what it is given, and returns or fails as that does
//	upgrades  takes an entry and a state and goes on as that, or fails with why not
//	member    takes a group and a process, is a member, sends it "ready" and then every
//	          message back to who sent it; leaves at the topic "leave", ends at "stop"
//	members   takes a group and returns its members
//	broadcasts
//	          takes a group, a topic and values, and returns how many took that
//	observes  takes a group and a process, monitors the group and sends the process "members"
//	          with them; at the topic "next" a "change", with how many joined, those, and who
//	          left, or "none"; ends the monitor at "end", twice, and returns what that gave
var guests = []guest{
	{
		name: "lua",
		entries: map[string]string{
			"product": "app:lua.product", "several": "app:lua.several", "nothing": "app:lua.nothing",
			"fails": "app:lua.fails", "loops": "app:lua.loops", "fuelled": "app:lua.fuelled", "waits": "app:lua.waits",
			"late": "app:lua.late", "echo": "app:lua.echo", "ping": "app:lua.ping",
			"links": "app:lua.links", "links_and_fails": "app:lua.links_and_fails",
			"leaves_child": "app:lua.leaves_child", "named": "app:lua.named", "execs": "app:lua.execs",
			"upgrades": "app:lua.upgrades", "member": "app:lua.member", "members": "app:lua.members", "broadcasts": "app:lua.broadcasts", "observes": "app:lua.observes",
		},
		absent: map[string]string{"grows": "a Lua state has no linear memory"},
	},
	{
		name: "core",
		entries: map[string]string{
			"product": "app:core.product", "several": "app:core.several", "nothing": "app:core.nothing",
			"fails": "app:core.fails", "grows": "app:core.grows", "loops": "app:core.loops",
			"fuelled": "app:core.fuelled", "waits": "app:core.waits", "late": "app:core.late",
			"echo": "app:core.echo", "ping": "app:core.ping",
			"links": "app:core.links", "links_and_fails": "app:core.links_and_fails",
			"leaves_child": "app:core.leaves_child", "named": "app:core.named", "execs": "app:core.execs",
			"upgrades": "app:core.upgrades", "member": "app:core.member", "members": "app:core.members", "broadcasts": "app:core.broadcasts", "observes": "app:core.observes",
		},
	},
	{
		name: "preview1",
		entries: map[string]string{
			"product": "app:wasi.product", "several": "app:core.several", "nothing": "app:wasi.nothing",
			"fails": "app:wasi.fails", "loops": "app:wasi.loops", "fuelled": "app:wasi.fuelled",
		},
		absent: map[string]string{
			"grows": "its memory is that of a core module",
			"waits": noMailbox, "late": noMailbox, "echo": noMailbox, "ping": noMailbox,
			"links": noMailbox, "named": noMailbox, "leaves_child": noMailbox, "links_and_fails": noMailbox, "execs": noMailbox,
			"upgrades": noMailbox, "member": noMailbox, "members": noMailbox, "broadcasts": noMailbox, "observes": noMailbox,
		},
	},
	{
		name: "component",
		entries: map[string]string{
			"product": "app:component.product", "several": "app:component.several", "nothing": "app:component.nothing",
			"fails": "app:component.fails", "grows": "app:component.grows", "loops": "app:component.loops",
			"fuelled": "app:component.fuelled", "waits": "app:component.waits", "late": "app:component.late",
			"echo": "app:component.echo", "ping": "app:component.ping",
			"links": "app:component.links", "links_and_fails": "app:component.links_and_fails",
			"leaves_child": "app:component.leaves_child", "named": "app:component.named", "execs": "app:component.execs",
			"upgrades": "app:component.upgrades", "member": "app:component.member", "members": "app:component.members", "broadcasts": "app:component.broadcasts", "observes": "app:component.observes",
		},
	},
}

// noMailbox is why a guest that waits for time and input alone plays no part in
// which others cancel it or write to it.
const noMailbox = "preview 1 has no way to receive: a cancel kills at once; see testdata/wasm/preview1.lua"

// run runs f for every kind of guest.
func run(t *testing.T, f func(t *testing.T, g guest)) {
	for _, g := range guests {
		t.Run(g.name, func(t *testing.T) { f(t, g) })
	}
}

// need skips the test of a behaviour that this kind of guest does not have.
func (g guest) need(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if reason, ok := g.absent[part]; ok {
			t.Skipf("%s: %s", part, reason)
		}
		if g.entries[part] == "" {
			t.Fatalf("the guest %s has neither an entry for the part %q nor a reason why not", g.name, part)
		}
	}
}
