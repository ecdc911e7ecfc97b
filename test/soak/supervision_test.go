package soak

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/luamod"
	"wippy/mailbox"
	"wippy/runtime"
)

var soakFor = flag.Duration("for", 3*time.Second, "how long the tree of services is shaken")

// The tree: services of the application itself, in chains that require each
// other, and services below supervisors of every strategy, one of which is below
// another.
const (
	chains   = 20
	chain    = 5
	families = 10
	family   = 10
	// bears is the intensity of the supervisors; their period is longer than the test.
	bears = 4
)

// member is a service of the tree.
type member struct {
	id, family string
	index      int
	before     string // the name of the service that it requires
	after      string // that requires it
	strategy   string
	hangs      bool
	pid        mailbox.PID // of its last process
}

// book knows what becomes of the members, and what must not.
type book struct {
	rt *runtime.Runtime

	mu       sync.Mutex
	members  map[string]*member
	families map[string][]*member
	again    map[mailbox.PID]map[string]int // starts by supervisor and member
	begun    int
	settled  bool // all have started, and the shaking began
	stopping bool
	wrong    []string
}

func (b *book) mistake(format string, args ...any) {
	if len(b.wrong) < 20 {
		b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
	}
}

func (b *book) alive(pid mailbox.PID) bool {
	_, alive := b.rt.Info(pid)
	return pid != "" && alive
}

// older tells whether a process was spawned before another.
func older(a, b mailbox.PID) bool {
	_, _, m, _ := a.Split()
	_, _, n, _ := b.Split()
	return m < n
}

// begin is called by each process of a member as its first act.
func (b *book) begin(id string, pid, parent mailbox.PID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.members[id]
	b.begun++
	if b.alive(m.pid) {
		b.mistake("%s begins while %s of it is alive", id, m.pid)
	}
	if m.strategy == "one_for_all" || m.strategy == "rest_for_one" {
		for _, o := range b.families[m.family][m.index+1:] {
			if b.alive(o.pid) && older(o.pid, pid) { // and not one that was quicker to begin
				b.mistake("%s begins, and %s after it has not stopped", id, o.id)
			}
		}
	}
	if m.before != "" && !b.settled {
		if _, ok := b.rt.Lookup(m.before); !ok {
			b.mistake("%s begins before %s, which it requires", id, m.before)
		}
	}
	if m.strategy == "one_for_one" { // where each start but the first is a restart
		starts := b.again[parent]
		if starts == nil {
			starts = map[string]int{}
			b.again[parent] = starts
		}
		starts[id]++
		again := 0
		for _, n := range starts {
			again += n - 1
		}
		if again > bears {
			b.mistake("the supervisor %s restarts for the %dth time, with an intensity of %d", parent, again, bears)
		}
	}
	m.pid = pid
}

// asked is called by a member that got its CANCEL.
func (b *book) asked(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.members[id]; b.stopping && m.after != "" && b.alive(b.members[m.after].pid) {
		b.mistake("%s is stopped before %s, which requires it", id, m.after)
	}
}

func (b *book) module() luamod.Module {
	return luamod.Functions("book", "", map[string]glua.LGFunction{
		"begin": func(L *glua.LState) int {
			ctx := lua.From(L).Context()
			b.begin(L.CheckString(1), ctx.Self(), ctx.Parent())
			return 0
		},
		"asked": func(L *glua.LState) int { b.asked(L.CheckString(1)); return 0 },
	})
}

const memberScript = `
local book = require("book")
local id, hangs = ...
book.begin(id)
process.set_options{trap_links = hangs}
while true do
  local e = process.receive()
  if e.topic == "fail" then error("told to")
  elseif e.topic == "deep" then local function f() return 1 + f() end f()
  elseif e.topic == "fuel" then while true do end
  elseif e.topic == "end" then return
  elseif e.type == "CANCEL" and not hangs then return book.asked(id) end
end
`

// write makes the application.
func (b *book) write(t *testing.T, dir string) {
	t.Helper()
	peer, err := os.ReadFile("../guests/bin/peer.wasm")
	if err != nil {
		t.Fatal(err)
	}
	var y strings.Builder
	fmt.Fprintf(&y, `
namespace: soak
entries:
- {name: binaries, kind: fs.directory, directory: .}
- {name: members, kind: process.host, limits: {max_execution_ms: 5}} # which services do not inherit
- {name: plain, kind: process.host}
- {name: member, kind: process.lua, source: file://member.lua, modules: [book], limits: {max_fuel: 200000, max_memory: 1000000}}
- {name: guest, kind: process.wasm, fs: binaries, path: peer.wasm, hash: "sha256:%x", method: waits, imports: [wippy:process]}
`, sha256.Sum256(peer))
	const restarts = "restart: {initial_delay: 1ms, max_delay: 5ms, max_attempts: 0}"
	service := func(m *member, entry, lifecycle string) {
		fmt.Fprintf(&y, "- {name: %s, kind: process.service, process: %s, group: members, args: [%q, %v], register: %s, lifecycle: {%s, %s}}\n",
			m.id, entry, m.id, m.hangs, m.id, lifecycle, restarts)
		b.members[m.id] = m
	}
	for i := range chains {
		for j := range chain {
			m := &member{id: fmt.Sprintf("chain%d.%d", i, j), hangs: (i+j)%7 == 3}
			stop := "stop_timeout: 2s"
			if m.hangs {
				stop = "stop_timeout: 20ms"
			}
			if j > 0 {
				m.before = fmt.Sprintf("chain%d.%d", i, j-1)
				stop += ", requires: [" + m.before + "]"
			}
			if j < chain-1 {
				m.after = fmt.Sprintf("chain%d.%d", i, j+1)
			}
			service(m, "member", stop)
		}
	}
	strategies := []string{"one_for_one", "one_for_all", "rest_for_one"}
	for i := range families {
		name := fmt.Sprintf("family%d", i)
		strategy := strategies[i%len(strategies)]
		fmt.Fprintf(&y, "- {name: %s, kind: process.supervisor, strategy: %s, intensity: %d, period: 1h, group: members, children: [", name, strategy, bears)
		var later strings.Builder
		for j := range family {
			m := &member{id: fmt.Sprintf("%s.%d", name, j), family: name, index: j, strategy: strategy, hangs: j%4 == 2}
			b.members[m.id] = m
			b.families[name] = append(b.families[name], m)
			stop := "20ms"
			if j%3 == 0 {
				stop = "brutal_kill"
			}
			entry := "member"
			if j == family-1 {
				entry = "guest"
			}
			if j%2 == 0 {
				fmt.Fprintf(&y, "{id: %s, process: %s, group: plain, args: [%q, %v], register: %s, shutdown: %s}, ", m.id, entry, m.id, m.hangs, m.id, stop)
			} else {
				fmt.Fprintf(&y, "{process: %s, shutdown: %s}, ", m.id, stop)
				fmt.Fprintf(&later, "- {name: %s, kind: process.service, process: %s, group: members, args: [%q, %v], register: %s, lifecycle: {restart: {initial_delay: 0, max_attempts: 0}}}\n",
					m.id, entry, m.id, m.hangs, m.id)
			}
		}
		if i == 0 { // and another family below it
			fmt.Fprintf(&y, "{process: family%d}", families-1)
		}
		y.WriteString("]}\n")
		y.WriteString(later.String())
		if i != families-1 {
			fmt.Fprintf(&y, "- {name: %s.service, kind: process.service, process: %s, group: members, lifecycle: {%s}}\n", name, name, restarts)
		}
	}
	for file, data := range map[string][]byte{"_index.yaml": []byte(y.String()), "member.lua": []byte(memberScript), "peer.wasm": peer} {
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// shake does something to a random process.
func (b *book) shake(random *rand.Rand) {
	pids, err := b.rt.List("")
	if err != nil || len(pids) < 2 {
		return
	}
	pids = pids[1:] // the first is the supervisor of all
	pid := pids[random.IntN(len(pids))]
	switch n := random.IntN(20); {
	case n < 6:
		_ = b.rt.Terminate(pid)
	case n == 6: // one of the oldest: a supervisor, often
		_ = b.rt.Terminate(pids[random.IntN(min(len(pids), 10))])
	case n < 18:
		_ = b.rt.Send(pid, []string{"fail", "deep", "fuel", "end"}[random.IntN(4)])
	default:
		_ = b.rt.Send(pid, "supervisor.call", 1, "whatever", 3)
	}
}

// TestServicesUnderFire shakes a tree of 200 services: kills, failures, limits and
// normal ends at random, while children hang in their stop. Never are two
// processes of a service alive, nothing is restarted before what has to stop
// first is gone, no supervisor bears more than its intensity; and all start and
// stop in order, and leave nothing behind.
func TestServicesUnderFire(t *testing.T) {
	b := &book{members: map[string]*member{}, families: map[string][]*member{}, again: map[mailbox.PID]map[string]int{}}
	dir := t.TempDir()
	b.write(t, dir)
	log := &taken{}
	rt, err := runtime.New(runtime.WithModule(b.module()), runtime.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))))
	if err != nil {
		t.Fatal(err)
	}
	b.rt = rt
	defer func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := rt.Load(dir); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience+*soakFor)
	defer cancel()
	services, err := rt.StartServices(ctx, runtime.ApplicationServices)
	if err != nil {
		t.Fatal(err)
	}
	if err := services.Started(ctx); err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	b.settled = true
	b.mu.Unlock()
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	shaken := 0
	for end := time.Now().Add(*soakFor); time.Now().Before(end); shaken++ {
		b.shake(random)
		time.Sleep(time.Duration(random.IntN(2000)) * time.Microsecond) // the rate of the fire, for nothing to wait for
	}
	b.heal(t, ctx)
	b.mu.Lock()
	b.stopping = true
	b.mu.Unlock()
	if err := services.Stop(ctx, "over"); err != nil {
		t.Error(err)
	}
	if e := services.Exit(); e.Err != nil {
		t.Error(e.Err)
	}
	if pids, _ := rt.List(""); len(pids) > 0 {
		t.Errorf("%d processes are left", len(pids))
	}
	if err := rt.Stop(ctx, "over", time.Second); err != nil {
		t.Error(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t.Logf("%d shots, %d processes of %d services", shaken, b.begun, len(b.members))
	for _, text := range b.wrong {
		t.Error(text)
	}
	if lines := log.found(); len(lines) > 0 {
		t.Errorf("%d lines of the log should not be there, such as: %s", len(lines), lines[0])
	}
	if b.begun < len(b.members) || shaken == 0 {
		t.Error("too little happened: the test shows nothing")
	}
}

// heal waits until every service runs again, all that had to stop is gone, and
// all have begun: the order in which they stop is known from here on.
func (b *book) heal(t *testing.T, ctx context.Context) {
	t.Helper()
	for ctx.Err() == nil {
		missing := 0
		b.mu.Lock()
		for id, m := range b.members {
			pid, ok := b.rt.Lookup(id)
			if !ok || pid != m.pid && !strings.HasSuffix(id, fmt.Sprintf(".%d", family-1)) {
				missing++
			}
		}
		b.mu.Unlock()
		if missing == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond) // nobody tells when
	}
	t.Error("the services do not come back")
}

// taken keeps the lines of a log that tell of two processes with one name, or of
// a fault.
type taken struct {
	mu    sync.Mutex
	lines []string
}

func (l *taken) Write(p []byte) (int, error) {
	line := string(p)
	if strings.Contains(line, "is taken") || strings.Contains(line, "fault") {
		l.mu.Lock()
		l.lines = append(l.lines, line)
		l.mu.Unlock()
	}
	return len(p), nil
}

func (l *taken) found() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines
}
