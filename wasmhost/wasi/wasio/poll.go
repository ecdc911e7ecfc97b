package wasio

import (
	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/poll"
)

// Pollables is the resource type pollable.
var Pollables = iface.NewResource[poll.Pollable]("pollable", nil)

// NewPollable makes a pollable.
func NewPollable(p *iface.Process, on poll.Pollable) mailbox.Value { return Pollables.New(p, on) }

// Subscribe makes a function that gives a pollable of the object that is its argument.
func Subscribe[T any](r *iface.Resource[T], of func(object T) poll.Pollable) func(p *iface.Process, c *canon.Call) error {
	return r.Getter(func(p *iface.Process, object T) mailbox.Value { return NewPollable(p, of(object)) })
}

// PollInterface is wasi:io/poll.
var PollInterface = iface.New("wasi:io/poll", []string{Grant, PollGrant}, "",
	iface.Func{Name: "[method]pollable.ready", Signature: "func(self: borrow<pollable>) -> bool", Run: ready},
	iface.Func{Name: "[method]pollable.block", Signature: "func(self: borrow<pollable>)", Run: block},
	iface.Func{Name: "poll", Signature: "func(in: list<borrow<pollable>>) -> list<u32>", Run: pollList},
).With(Pollables.Type)

func ready(p *iface.Process, c *canon.Call) error {
	on, err := Pollables.Arg(p, c, 0)
	if err != nil {
		return err
	}
	is := on.Ready()
	if !is {
		poll.Nudge(on)
	}
	c.Return(mailbox.Bool(is))
	return nil
}

func block(p *iface.Process, c *canon.Call) error {
	on, err := Pollables.Arg(p, c, 0)
	if err == nil {
		poll.Wait(p, on)
	}
	return err
}

// pollList waits until one of several is ready, and tells which are. A pollable
// may be listed more than once. Those that a process waits for are no more than
// it has handles.
func pollList(p *iface.Process, c *canon.Call) error {
	var reps []mailbox.Value
	if t := c.Arg(0).Table(); t != nil {
		reps = t.List
	}
	if len(reps) == 0 {
		return canon.Trapf("poll: the list of pollables is empty")
	}
	all := make([]poll.Pollable, len(reps))
	for i, rep := range reps {
		on, err := Pollables.Get(p, uint32(rep.Uint()))
		if err != nil {
			return err
		}
		all[i] = on
	}
	which := readyOf(p, all)
	if len(which) == 0 {
		on := distinct(reps, all)
		for len(which) == 0 { // another process may take what this one was woken for
			poll.Wait(p, on...)
			which = readyOf(p, all)
		}
	} else if len(which) < len(all) { // who asks with a time of 0 never waits
		for _, on := range distinct(reps, all) {
			poll.Nudge(on)
		}
	}
	c.Return(canon.List(which))
	return nil
}

// readyOf gives the indices of those that are ready.
func readyOf(p *iface.Process, all []poll.Pollable) (which []mailbox.Value) {
	p.Guest.Charge(uint64(len(all)))
	for i, on := range all {
		if on.Ready() {
			which = append(which, mailbox.Uint(uint64(i)))
		}
	}
	return which
}

// distinct gives each pollable once, and of the deadlines only the earliest:
// it is ready first, and has the only timer.
func distinct(reps []mailbox.Value, all []poll.Pollable) []poll.Pollable {
	var earliest *poll.Deadline
	seen := make(map[uint64]struct{}, min(len(reps), 64))
	var on []poll.Pollable
	for i, o := range all {
		if d, ok := o.(*poll.Deadline); ok {
			if earliest == nil || d.Before(earliest) {
				earliest = d
			}
			continue
		}
		if _, ok := seen[reps[i].Uint()]; !ok {
			seen[reps[i].Uint()] = struct{}{}
			on = append(on, o)
		}
	}
	if earliest != nil {
		on = append(on, earliest)
	}
	return on
}
