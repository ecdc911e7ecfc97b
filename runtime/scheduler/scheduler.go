// Package scheduler runs processes of every kind: groups, run queues, slices,
// coroutines, monitors, timers and the I/O pool. [Scheduler] is one node's;
// it implements process.Context for each of its processes. It is the only
// package that starts goroutines which touch a process.
//
// A fixed number of executors (GOMAXPROCS) take processes from the run queue.
// A process that may suspend runs in a coroutine: waiting, or using up its
// slice, switches back to the executor, which takes the next one. Waiting
// processes cost no thread and no executor.
package scheduler

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// Config tells a scheduler where its world comes from. Only Resolve is required.
type Config struct {
	// Node is the first number of its PIDs.
	Node uint32
	// Resolve gives an entry's program and limits at a spawn. It must not
	// block: it runs on the spawner's executor. A nil program without an error
	// means that the entry has to be prepared first.
	Resolve func(entry string) (process.Program, process.Limits, error)
	// Prepare does what takes long, such as compiling, after which Resolve has
	// the program. It runs on the I/O pool, or on the caller's goroutine for a
	// Start. ctx ends when the node has stopped, or is Start's; Stop does not
	// wait for a preparation. Nil if Resolve always has the program.
	Prepare func(ctx context.Context, entry string) error
	// Clock is the source of time. Nil means the system's.
	Clock process.Clock
	// Entropy is the source of randomness. Nil means crypto/rand.
	Entropy io.Reader
	// Logger gets abnormal exits and faults. Nil discards them.
	Logger *slog.Logger
	// Executors is how many processes run at one moment; zero means GOMAXPROCS.
	Executors int
	// IOWorkers bounds the functions that Await runs at one moment; zero means
	// DefaultIOWorkers. More wait for their turn.
	IOWorkers int
	// AbandonAfter is how long a killed process waits for a function that
	// ignores its cancelled context before it is abandoned; zero means
	// DefaultAbandonAfter.
	AbandonAfter time.Duration
	// Limits hold for every process below its entry's and its group's.
	Limits process.Limits
}

// Defaults of Config.
const (
	DefaultIOWorkers    = 256
	DefaultAbandonAfter = 100 * time.Millisecond
)

// Scheduler runs the processes of one node. Its methods may be called from any
// goroutine.
type Scheduler struct {
	cfg     Config
	started time.Time

	procs   table   // by PID
	names   table   // by registered name
	circles circles // of processes
	pairs   [pairLocks]sync.Mutex
	pool    pool
	preps   preparations
	queue   runQueue

	groupsMu sync.RWMutex
	groups   map[string]*group

	pids      atomic.Uint64
	refs      atomic.Uint64
	abandoned atomic.Int64

	counting sync.Mutex // held by Stats
	tallies  tallies
	refused  refusals
	overruns atomic.Uint64 // see Stats

	live     atomic.Int64 // processes, from before they are checked until they have ended
	stopping atomic.Bool
	empty    sync.Once
	idle     chan struct{} // closed by empty: stopping, and no process is left
	execs    sync.WaitGroup
	finish   sync.Once
	done     chan struct{}   // closed by finish: the executors are gone
	ctx      context.Context // of what belongs to no process; ends with done
	cancel   context.CancelFunc
	watched  chan struct{} // closed when the watch is gone
}

// New starts a scheduler's executors. It ends with Stop.
func New(cfg Config) *Scheduler {
	if cfg.Clock == nil {
		cfg.Clock = process.SystemClock{}
	}
	if cfg.Entropy == nil {
		cfg.Entropy = rand.Reader
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Executors <= 0 {
		cfg.Executors = goruntime.GOMAXPROCS(0)
	}
	if cfg.IOWorkers <= 0 {
		cfg.IOWorkers = DefaultIOWorkers
	}
	if cfg.AbandonAfter <= 0 {
		cfg.AbandonAfter = DefaultAbandonAfter
	}
	s := &Scheduler{
		cfg:     cfg,
		started: cfg.Clock.Now(),
		groups:  map[string]*group{},
		idle:    make(chan struct{}),
		done:    make(chan struct{}),
		watched: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if s.cfg.Prepare == nil {
		s.cfg.Prepare = func(context.Context, string) error { return nil }
	}
	s.pool.max = cfg.IOWorkers
	s.queue.busy = make(chan struct{}, 1)
	s.procs.init()
	s.names.init()
	s.circles.init()
	s.tallies.init(cfg.Executors)
	for i := range cfg.Executors {
		e := &executor{s: s, number: i + 1, signal: make(chan struct{}, 1), slices: NewHistogram(sliceBounds...)}
		s.queue.executors = append(s.queue.executors, e)
	}
	for _, e := range s.queue.executors {
		s.execs.Add(1)
		go e.loop()
	}
	go s.watch()
	return s
}

// Started is the node's clock at New.
func (s *Scheduler) Started() time.Time { return s.started }

// Live is the number of processes that have not ended.
func (s *Scheduler) Live() int { return int(s.live.Load()) }

// Stopping tells that Stop was called.
func (s *Scheduler) Stopping() bool { return s.stopping.Load() }

// Abandoned is the number of functions that ignored their cancelled context
// and outlived their process.
func (s *Scheduler) Abandoned() int { return int(s.abandoned.Load()) }

// Stop ends every process and then the scheduler. Processes get a CANCEL with
// the reason and grace, and are killed when that is over; spawns fail from
// now on. It waits for all of them, until ctx is done at the most.
//
// # Errors
//
// When ctx ends first, an error that names the processes that could not be
// ended; the scheduler is unusable then and its goroutines remain.
func (s *Scheduler) Stop(ctx context.Context, reason string, grace time.Duration) error {
	s.live.Add(1) // so that idle waits for the loop below
	s.stopping.Store(true)
	for _, t := range s.procs.all() {
		t.cancel("", reason, grace)
	}
	s.leave()
	select {
	case <-s.idle:
	case <-ctx.Done():
		return s.stuck()
	}
	s.queue.close()
	s.execs.Wait()
	s.pool.close()
	s.finish.Do(func() {
		s.cancel()
		close(s.done)
	})
	<-s.watched
	return nil
}

// join counts a process that is about to be; false when the node is stopping.
// Counting comes first: either Stop sees it and waits, or it sees Stop.
func (s *Scheduler) join() bool {
	s.live.Add(1)
	if s.stopping.Load() {
		s.leave()
		return false
	}
	return true
}

func (s *Scheduler) leave() {
	if s.live.Add(-1) == 0 && s.stopping.Load() {
		s.empty.Do(func() { close(s.idle) })
	}
}

// KillAll terminates every process there is: the second, impatient way to stop.
// One that is being spawned meanwhile may be missed, unless Stop was called.
func (s *Scheduler) KillAll() {
	for _, t := range s.procs.all() {
		t.kill(killed)
	}
}

// maxNamed is how many of the processes that did not end are named.
const maxNamed = 10

func (s *Scheduler) stuck() error {
	tasks := s.procs.all()
	slices.SortFunc(tasks, func(a, b *task) int { return cmp.Compare(a.serial, b.serial) })
	var names []string
	for _, t := range tasks[:min(len(tasks), maxNamed)] {
		names = append(names, fmt.Sprintf("%s (%s)", t.pid, t.now().entry))
	}
	if len(names) == 0 {
		return mailbox.Errorf(mailbox.Timeout, "%d processes have ended, but their ends are neither logged nor told yet: does the log block?", s.live.Load())
	}
	if len(tasks) > len(names) {
		names = append(names, "…")
	}
	return mailbox.Errorf(mailbox.Timeout, "%d processes did not end: %s", len(tasks), strings.Join(names, ", "))
}
