// Package clocks is wasi:clocks of WASI 0.2: wall-clock and monotonic-clock,
// by the node's clock.
package clocks

import (
	"math"
	"time"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/wasio"
	"wippy/wasmhost/wasi/world"
)

// Grant is the capability of the interfaces.
const Grant = "wasi:clocks"

// DatetimeType is the definition of datetime in WIT.
const DatetimeType = "record datetime { seconds: u64, nanoseconds: u32 }\n"

// Interfaces are those of wasi:clocks.
func Interfaces() []*iface.Interface {
	grants := []string{Grant}
	return []*iface.Interface{
		iface.New("wasi:clocks/monotonic-clock", grants, "",
			iface.Func{Name: "now", Signature: "func() -> u64", Run: monotonicNow},
			iface.Func{Name: "resolution", Signature: "func() -> u64", Run: monotonicResolution},
			iface.Func{Name: "subscribe-instant", Signature: "func(when: u64) -> own<pollable>", Run: subscribeInstant},
			iface.Func{Name: "subscribe-duration", Signature: "func(when: u64) -> own<pollable>", Run: subscribeDuration}),
		iface.New("wasi:clocks/wall-clock", grants, DatetimeType,
			iface.Func{Name: "now", Signature: "func() -> datetime", Run: wallNow},
			iface.Func{Name: "resolution", Signature: "func() -> datetime", Run: wallResolution}),
	}
}

// resolution of both clocks, in nanoseconds.
const resolution = 1

func monotonicNow(p *iface.Process, c *canon.Call) error {
	c.Return(mailbox.Uint(p.World.Monotonic(p)))
	return nil
}

func monotonicResolution(_ *iface.Process, c *canon.Call) error {
	c.Return(mailbox.Uint(resolution))
	return nil
}

func subscribeInstant(p *iface.Process, c *canon.Call) error {
	c.Return(wasio.NewPollable(p, p.World.AtMonotonic(p, c.Uint(0))))
	return nil
}

func subscribeDuration(p *iface.Process, c *canon.Call) error {
	c.Return(wasio.NewPollable(p, poll.After(p.Clock(), world.Duration(c.Uint(0)))))
	return nil
}

func wallNow(p *iface.Process, c *canon.Call) error {
	now, ok := Datetime(p.Clock().Now())
	if !ok {
		now = canon.Record(mailbox.Uint(0), mailbox.Uint(0))
	}
	c.Return(now)
	return nil
}

func wallResolution(_ *iface.Process, c *canon.Call) error {
	c.Return(canon.Record(mailbox.Uint(0), mailbox.Uint(resolution)))
	return nil
}

// Datetime gives a time as a datetime; false for one before 1970, which none holds.
func Datetime(t time.Time) (mailbox.Value, bool) {
	if t.Unix() < 0 {
		return mailbox.Nil, false
	}
	return canon.Record(mailbox.Uint(uint64(t.Unix())), mailbox.Uint(uint64(t.Nanosecond()))), true
}

// TimeOf reads a datetime of a guest's. It is files.Overflow or files.Invalid
// for what is no time.
func TimeOf(v mailbox.Value) (time.Time, error) {
	t := v.Table()
	seconds, nanos := t.List[0].Uint(), t.List[1].Uint()
	switch {
	case nanos >= uint64(time.Second):
		return time.Time{}, files.Invalid
	case seconds > math.MaxInt64:
		return time.Time{}, files.Overflow
	}
	return time.Unix(int64(seconds), int64(nanos)), nil
}
