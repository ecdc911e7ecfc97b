package mailbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is a mailbox as simple as can be, to compare the real one with: slices
// searched from the front.
type model struct {
	cfg     Config
	queue   []entry
	waiting []int // ids
	seq     int
	dropped uint64
	closed  bool
}

type entry struct {
	seq, id int
	counts  bool
}

func (m *model) push(id int, counts bool) {
	m.seq++
	m.queue = append(m.queue, entry{m.seq, id, counts})
}

func (m *model) full() bool {
	n := 0
	for _, e := range m.queue {
		if e.counts {
			n++
		}
	}
	return n >= m.cfg.Capacity
}

func (m *model) post(id int, counts bool) error {
	if m.closed {
		return ErrClosed
	}
	if counts && m.full() {
		if m.cfg.Overflow != DropOldest {
			return ErrFull
		}
		i := slices.IndexFunc(m.queue, func(e entry) bool { return e.counts })
		m.queue = slices.Delete(m.queue, i, i+1)
		m.dropped++
	}
	m.push(id, counts)
	return nil
}

// admit lets in who has room and adds their answers to the log.
func (m *model) admit(log *[]string) {
	for len(m.waiting) > 0 && !m.full() {
		m.push(m.waiting[0], true)
		*log = append(*log, fmt.Sprint("done ", m.waiting[0], " ", nil))
		m.waiting = m.waiting[1:]
	}
}

// take is Take for the events whose id divided by three leaves rest, or all.
func (m *model) take(scan *int, rest int, log *[]string) {
	from := 0
	if scan != nil {
		from = *scan
	}
	for i, e := range m.queue {
		if e.seq <= from {
			continue
		}
		if rest >= 0 {
			*log = append(*log, fmt.Sprint("looked at ", e.id))
		}
		if rest < 0 || e.id%3 == rest {
			m.queue = slices.Delete(m.queue, i, i+1)
			m.admit(log)
			*log = append(*log, fmt.Sprint("took ", e.id))
			return
		}
		if scan != nil {
			*scan = e.seq
		}
	}
	*log = append(*log, "took nothing")
}

func (m *model) next(scan *int, log *[]string) {
	for _, e := range m.queue {
		if e.seq > *scan {
			*scan = e.seq
			*log = append(*log, fmt.Sprint("next ", e.id))
			return
		}
	}
	*log = append(*log, "next nothing")
}

func (m *model) remove(scan int, log *[]string) {
	i := slices.IndexFunc(m.queue, func(e entry) bool { return e.seq == scan })
	if i >= 0 {
		m.queue = slices.Delete(m.queue, i, i+1)
		m.admit(log)
	}
	*log = append(*log, fmt.Sprint("removed ", i >= 0))
}

func (m *model) discard(rest int, log *[]string) {
	before := len(m.queue)
	for _, e := range m.queue {
		*log = append(*log, fmt.Sprint("looked at ", e.id))
	}
	m.queue = slices.DeleteFunc(m.queue, func(e entry) bool { return e.id%3 == rest })
	gone := before - len(m.queue)
	m.admit(log)
	*log = append(*log, fmt.Sprint("discarded ", gone))
}

func (m *model) withdraw(id int, log *[]string) {
	i := slices.Index(m.waiting, id)
	if i >= 0 {
		m.waiting = slices.Delete(m.waiting, i, i+1)
	}
	*log = append(*log, fmt.Sprint("withdrawn ", i >= 0))
}

func (m *model) close(log *[]string) {
	for _, id := range m.waiting {
		*log = append(*log, fmt.Sprint("done ", id, " ", ErrClosed))
	}
	m.queue, m.waiting, m.closed = nil, nil, true
}

// trial runs the same operations on a mailbox and the model. Each keeps a log
// of what an operation gave and whom it called.
type trial struct {
	real       *Mailbox
	naive      *model
	got, want  []string
	realScans  [2]Scan
	naiveScans [2]int
	senders    []*Waiter
	senderIDs  []int
}

func (r *trial) logReal(args ...any) { r.got = append(r.got, fmt.Sprint(args...)) }

func (r *trial) logTaken(verb string, e *Event) {
	if e == nil {
		r.logReal(verb, " nothing")
	} else {
		r.logReal(verb, " ", e.Ref)
	}
}

// do runs operation op; id is the event's, if it makes one.
func (r *trial) do(op byte, arg, id int) {
	scan, naiveScan := &r.realScans[arg/3%2], &r.naiveScans[arg/3%2]
	rest := arg % 3
	match := func(e *Event) bool {
		r.logReal("looked at ", e.Ref)
		return int(e.Ref)%3 == rest
	}
	switch op % 16 {
	case 0, 1, 2:
		r.logReal(r.real.Post(message(id)))
		r.want = append(r.want, fmt.Sprint(r.naive.post(id, true)))
	case 3:
		r.logReal(r.real.Post(exit(id)))
		r.want = append(r.want, fmt.Sprint(r.naive.post(id, false)))
	case 4:
		r.logReal(r.real.PostDue(message(id)))
		r.want = append(r.want, fmt.Sprint(r.naive.post(id, false)))
	case 5, 6, 7:
		w := r.real.PostWhenRoom(message(id), func(err error) { r.logReal("done ", id, " ", err) })
		r.senders, r.senderIDs = append(r.senders, w), append(r.senderIDs, id)
		if err := r.naive.post(id, true); err == ErrFull {
			r.naive.waiting = append(r.naive.waiting, id)
		} else {
			r.want = append(r.want, fmt.Sprint("done ", id, " ", err))
		}
	case 8:
		if len(r.senders) > 0 {
			n := arg % len(r.senders)
			r.logReal("withdrawn ", r.real.Withdraw(r.senders[n]))
			r.naive.withdraw(r.senderIDs[n], &r.want)
		}
	case 9:
		r.logTaken("took", r.real.Take(nil, nil))
		r.naive.take(nil, -1, &r.want)
	case 10:
		r.logTaken("took", r.real.Take(nil, match))
		r.naive.take(nil, rest, &r.want)
	case 11:
		r.logTaken("took", r.real.Take(scan, match))
		r.naive.take(naiveScan, rest, &r.want)
	case 12:
		r.logTaken("next", r.real.Next(scan))
		r.naive.next(naiveScan, &r.want)
	case 13:
		r.logReal("removed ", r.real.Remove(scan))
		r.naive.remove(*naiveScan, &r.want)
	case 14:
		r.logReal("discarded ", r.real.Discard(match))
		r.naive.discard(rest, &r.want)
	default:
		switch {
		case arg == 255:
			r.real.Close()
			r.naive.close(&r.want)
		case arg%2 == 0:
			*scan, *naiveScan = Scan{}, 0
		default:
			r.real.CountDropped()
			r.naive.dropped++
		}
	}
	r.logReal(r.real.Len(), " queued, ", r.real.Dropped(), " dropped")
	r.want = append(r.want, fmt.Sprint(len(r.naive.queue), " queued, ", r.naive.dropped, " dropped"))
}

// FuzzMailbox reads its input as a configuration and operations of two bytes.
func FuzzMailbox(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for config := range byte(15) {
		ops := []byte{config}
		for range 400 {
			ops = append(ops, byte(r.Uint32()), byte(r.IntN(255)))
		}
		f.Add(append(ops, 15, 255, 0, 0, 7, 0, 13, 0))
	}
	f.Fuzz(func(t *testing.T, ops []byte) {
		if len(ops) == 0 {
			return
		}
		cfg := Config{Capacity: 1 + int(ops[0]/3%5), Overflow: Overflow(ops[0] % 3)}
		r := trial{real: New(cfg), naive: &model{cfg: cfg}}
		for i := 1; i+1 < len(ops); i += 2 {
			r.got, r.want = nil, nil
			if r.do(ops[i], int(ops[i+1]), i); !slices.Equal(r.got, r.want) {
				t.Fatalf("%+v, operation % x at %d:\ngot  %q\nwant %q", cfg, ops[i:i+2], i, r.got, r.want)
			}
		}
	})
}
