// Package metrics shows a node to Prometheus. [Collector] is for a program that
// has a registry of its own, [Handler] for one that has a web server of its own,
// and [Server] is a listener for those that have neither, such as the command
// line. docs/observe.md says what each metric means.
//
// Nothing is counted here: the node counts anyway, see runtime.Stats, and a scrape
// reads that.
package metrics

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"wippy/runtime"
	"wippy/runtime/scheduler"
)

// BareEntry is the label `entry` of all scripts and modules that are no entries:
// there may be any number of those.
const BareEntry = "(bare)"

// Collector collects a node's metrics.
type Collector struct{ rt *runtime.Runtime }

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector makes one to register. The runtime must be started before the
// first scrape, and may be closed before the last one.
func NewCollector(rt *runtime.Runtime) *Collector { return &Collector{rt: rt} }

// metric is one of those that are listed in docs/observe.md.
type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType // of no meaning for a histogram
}

// all are the descriptions of every metric.
var all []*prometheus.Desc

func define(kind prometheus.ValueType, name, help string, labels ...string) metric {
	desc := prometheus.NewDesc("wippy_"+name, help, labels, nil)
	all = append(all, desc)
	return metric{desc: desc, kind: kind}
}

func counter(name, help string, labels ...string) metric {
	return define(prometheus.CounterValue, name, help, labels...)
}

func histogram(name, help string, labels ...string) metric {
	return define(prometheus.UntypedValue, name, help, labels...)
}

func gauge(name, help string, labels ...string) metric {
	return define(prometheus.GaugeValue, name, help, labels...)
}

// The metrics. Every label has as many values as the application declares, or
// fewer.
var (
	spawns      = counter("spawns_total", "Processes that were spawned.", "entry")
	spawnErrors = counter("spawn_errors_total", "Spawns that failed, by the error's kind.", "kind")
	exits       = counter("exits_total", "Processes that ended, by the reason of their EXIT.", "entry", "reason")
	restarts    = counter("restarts_total", "Processes that a supervisor started again.", "entry")
	came        = counter("upgrades_total", "Processes that went on as the entry.", "entry")
	went        = counter("upgrades_away_total", "Processes that went on as another entry.", "entry")
	alive       = gauge("entry_processes", "Living processes of an entry.", "entry")
	memory      = gauge("memory_bytes", "Bytes that the living processes of an entry hold, as far as their kind measures it.", "entry")
	fuel        = counter("fuel_total", "Units of fuel that were used.", "entry")
	events      = counter("events_total", "Events of every type that came to mailboxes.", "entry")

	processes    = gauge("group_processes", "Living processes of a group, those that are being spawned included.", "group")
	processesMax = gauge("group_processes_max", "The group's max_processes. Absent where there is no bound.", "group")
	workers      = gauge("group_workers", "Processes of a group that may run at one moment.", "group")
	workersBusy  = gauge("group_workers_busy", "Processes of a group that run.", "group")
	runQueue     = gauge("run_queue_length", "Processes of a group that could run and wait for a worker.", "group")
	waiting      = gauge("mailbox_events", "Events that wait in all mailboxes of a group.", "group")
	longest      = gauge("mailbox_fullest_events", "Events that wait in the fullest mailbox of a group.", "group")
	dropped      = counter("mailbox_dropped_total", "Messages that were lost to the overflow policy, and ticks that found no room.", "group")
	rejected     = counter("mailbox_rejected_total", "Messages that were refused for want of room; their senders got an error.", "group")
	states       = gauge("processes", "Living processes by state.", "state")

	executors     = gauge("executors", "Processes of all groups that may run at one moment.")
	executorsIdle = gauge("executors_idle", "Executors that have nothing to run.")
	turns         = counter("turns_total", "Times that a process was given an executor.")
	overruns      = counter("overruns_total", "Looks, every 10 ms, that found a process running since the one before.")
	sliceTime     = histogram("slice_seconds", "How long processes ran at a time. One turn in 61 is timed.")

	ioMax       = gauge("io_calls_max", "Calls that the I/O pool runs at one moment.")
	ioRunning   = gauge("io_calls_running", "Calls that the I/O pool runs.")
	ioWaiting   = gauge("io_calls_waiting", "Calls that wait for a place in the I/O pool.")
	ioCalls     = counter("io_calls_total", "Calls that the I/O pool began.")
	ioAbandoned = counter("io_calls_abandoned_total", "Calls that ignored their cancelled context and outlived their process.")

	compiles      = histogram("compile_seconds", "How long compiling an entry, script or module took.", "kind")
	compileErrors = counter("compile_errors_total", "Compilations that failed.", "kind")
)

var linesDropped = prometheus.CounterOpts{Name: "wippy_log_lines_dropped_total", Help: "Lines of the log that were dropped, as standard error did not take them."}

// LinesDropped is the counter of a log that drops lines rather than hold up who
// logs, as that of the command line does. count is called at each scrape, by any goroutine.
func LinesDropped(count func() uint64) prometheus.Collector {
	return prometheus.NewCounterFunc(linesDropped, func() float64 { return float64(count()) })
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range all {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	st := c.rt.Stats()
	s := sink{to}
	for _, e := range st.Entries {
		s.entry(e)
	}
	for _, g := range st.Groups {
		s.group(g)
	}
	for _, kind := range slices.Sorted(maps.Keys(st.Refused)) {
		s.send(spawnErrors, float64(st.Refused[kind]), string(kind))
	}
	for _, state := range slices.Sorted(maps.Keys(st.States)) {
		s.send(states, float64(st.States[state]), state)
	}
	s.send(executors, float64(st.Executors))
	s.send(executorsIdle, float64(st.Idle))
	s.send(turns, float64(st.Turns))
	s.send(overruns, float64(st.Overruns))
	s.histogram(sliceTime, st.Slices)
	s.send(ioMax, float64(st.IO.Max))
	s.send(ioRunning, float64(st.IO.Running))
	s.send(ioWaiting, float64(st.IO.Waiting))
	s.send(ioCalls, float64(st.IO.Calls))
	s.send(ioAbandoned, float64(st.Abandoned))
	for _, kind := range slices.Sorted(maps.Keys(st.Compiled)) {
		s.histogram(compiles, st.Compiled[kind], kind)
		s.send(compileErrors, float64(st.CompileErrors[kind]), kind)
	}
}

// sink makes metrics of numbers.
type sink struct{ to chan<- prometheus.Metric }

func (s sink) entry(e scheduler.EntryStats) {
	entry := e.Entry
	if entry == "" {
		entry = BareEntry
	}
	s.send(spawns, float64(e.Spawned), entry)
	for _, reason := range slices.Sorted(maps.Keys(e.Exited)) {
		s.send(exits, float64(e.Exited[reason]), entry, string(reason))
	}
	s.send(restarts, float64(e.Restarts), entry)
	s.send(came, float64(e.Came), entry)
	s.send(went, float64(e.Went), entry)
	s.send(alive, float64(e.Alive), entry)
	s.send(memory, float64(e.Memory), entry)
	s.send(fuel, float64(e.Fuel), entry)
	s.send(events, float64(e.Events), entry)
}

func (s sink) group(g scheduler.GroupStats) {
	s.send(processes, float64(g.Processes), g.Group)
	if g.MaxProcesses > 0 {
		s.send(processesMax, float64(g.MaxProcesses), g.Group)
	}
	s.send(workers, float64(g.Workers), g.Group)
	s.send(workersBusy, float64(g.Running), g.Group)
	s.send(runQueue, float64(g.Runnable), g.Group)
	s.send(waiting, float64(g.Waiting), g.Group)
	s.send(longest, float64(g.Longest), g.Group)
	s.send(dropped, float64(g.Dropped), g.Group)
	s.send(rejected, float64(g.Rejected), g.Group)
}

func (s sink) send(m metric, value float64, labels ...string) {
	made, err := prometheus.NewConstMetric(m.desc, m.kind, value, valid(labels)...)
	s.made(m, made, err)
}

func (s sink) histogram(m metric, d scheduler.Distribution, labels ...string) {
	buckets := make(map[float64]uint64, len(d.Bounds))
	var count uint64
	for i, bound := range d.Bounds {
		count += d.Counts[i]
		buckets[bound.Seconds()] = count
	}
	made, err := prometheus.NewConstHistogram(m.desc, d.Count(), d.Sum.Seconds(), buckets, valid(labels)...)
	s.made(m, made, err)
}

func (s sink) made(m metric, made prometheus.Metric, err error) {
	if err != nil {
		made = prometheus.NewInvalidMetric(m.desc, err)
	}
	s.to <- made
}

// valid makes labels acceptable: an ID is whatever its YAML file says.
func valid(labels []string) []string {
	for i, l := range labels {
		labels[i] = strings.ToValidUTF8(l, "\uFFFD")
	}
	return labels
}
