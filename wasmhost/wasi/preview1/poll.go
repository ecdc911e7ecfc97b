package preview1

import (
	"slices"

	"wippy/wasmhost/wasi/poll"
)

const (
	// maxSubscriptions is how many things one call waits for.
	maxSubscriptions = 4096
	subscriptionSize = 48
	eventSize        = 32
)

// What a subscription is of.
const (
	clockEvent = 0
	readEvent  = 1
	writeEvent = 2
)

// absoluteFlag tells that a time is not counted from now.
const absoluteFlag = 1 << 0

// subscription is what a guest waits for. Without on it is ready: no says why
// it can never be.
type subscription struct {
	userdata uint64
	event    uint8
	on       poll.Pollable
	no       errno
}

// pollOneoff waits until one of several things is ready, and tells which are.
func pollOneoff(x *call, a []uint64) errno {
	n := uint32(a[2])
	if n == 0 || n > maxSubscriptions {
		return einval
	}
	in := x.View(uint32(a[0]), n*subscriptionSize, "the subscriptions")
	out, count := x.View(uint32(a[1]), n*eventSize, "the events"), x.out(a[3], 4)
	subs := make([]subscription, n)
	for i := range subs {
		s := in[i*subscriptionSize:][:subscriptionSize]
		no := x.subscribe(&subs[i], s)
		if no != success {
			return no
		}
	}
	x.Charge(len(in))
	events := uint32(0)
	for events == 0 { // another process may take what this one was woken for
		wait(x, subs)
		for i := range subs {
			if s := &subs[i]; s.on == nil || s.on.Ready() {
				s.put(out[events*eventSize:][:eventSize])
				events++
			}
		}
	}
	le.PutUint32(count, events)
	return success
}

// subscribe reads a subscription. What is wrong with only one of them is its event.
func (x *call) subscribe(s *subscription, b []byte) errno {
	*s = subscription{userdata: le.Uint64(b), event: b[8]}
	switch s.event {
	case clockEvent:
		flags := le.Uint16(b[40:])
		if flags&^absoluteFlag != 0 {
			return einval
		}
		var d *poll.Deadline
		if d, s.no = x.deadline(le.Uint32(b[16:]), le.Uint64(b[24:]), flags&absoluteFlag != 0); s.no == success {
			s.on = d
		}
	case readEvent, writeEvent:
		if !x.granted(polls...) {
			return x.deny(polls[0])
		}
		s.on, s.no = x.pollable(le.Uint32(b[16:]), s.event)
	default:
		return einval
	}
	return success
}

// pollable gives what becomes ready when a descriptor can be read or written.
func (x *call) pollable(fd uint32, event uint8) (poll.Pollable, errno) {
	d, no := x.find(uint64(fd), 0)
	switch {
	case no != success:
		return nil, no
	case d.dir == nil && d.base&pollFdReadwriteRight == 0:
		return nil, enotcapable
	case d.file != nil:
		return poll.Always, success
	case d.in != nil && event == readEvent:
		return d.in, success
	case d.out != nil && event == writeEvent:
		return d.out, success
	}
	return nil, ebadf
}

// wait waits for the first of several, and not at all if one is ready. Of the
// deadlines only the earliest is waited for.
func wait(x *call, subs []subscription) {
	var earliest *poll.Deadline
	on := make([]poll.Pollable, 0, min(len(subs), 4))
	ready := false
	for i := range subs {
		s := &subs[i]
		if s.on == nil || s.on.Ready() {
			ready = true
			continue
		}
		if d, ok := s.on.(*poll.Deadline); !ok {
			if !slices.Contains(on, s.on) { // the same one may be there a thousand times
				on = append(on, s.on)
			}
		} else if earliest == nil || d.Before(earliest) {
			earliest = d
		}
	}
	if ready {
		for _, o := range on {
			poll.Nudge(o) // who asks with a time of 0 never waits
		}
		return
	}
	if earliest != nil {
		on = append(on, earliest)
	}
	poll.Wait(x, on...)
}

// put writes an event. How many bytes there are is not known of most streams;
// at least one there is.
func (s *subscription) put(b []byte) {
	clear(b)
	le.PutUint64(b, s.userdata)
	le.PutUint16(b[8:], uint16(s.no))
	b[10] = s.event
	if s.event != clockEvent && s.no == success {
		le.PutUint64(b[16:], 1)
	}
}
