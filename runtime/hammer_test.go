package runtime_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"

	"wippy/mailbox"
	"wippy/runtime"
)

// Package net/http keeps a connection whose request's body nobody read for half a
// second, so that its client sees the response.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// hammerFor is how long the hammer beats.
const hammerFor = 2 * time.Second

// hammerApp has processes that end by themselves, wait, loop, spawn others and
// write to each other, Lua and wasm, in a group that is often full.
const hammerApp = `
guest compute wasm/compute.wasm
guest traps wasm/traps.wasm
guest grow wasm/grow.wasm
-- _index.yaml --
namespace: app
entries:
- {name: binaries, kind: fs.directory, directory: wasm}
- {name: small, kind: process.host, workers: 2, max_processes: 20, mailbox: {capacity: 4, overflow: reject}}
- {name: large, kind: process.host, mailbox: {capacity: 4, overflow: block}}
- {name: drop, kind: process.host, mailbox: {capacity: 4, overflow: drop_oldest}}
- name: mul
  kind: process.wasm
  fs: binaries
  path: compute.wasm
  hash: ${hash:wasm/compute.wasm}
  method: compute
- name: traps
  kind: process.wasm
  fs: binaries
  path: traps.wasm
  hash: ${hash:wasm/traps.wasm}
  method: divide
- name: grow
  kind: process.wasm
  fs: binaries
  path: grow.wasm
  hash: ${hash:wasm/grow.wasm}
  method: must_grow
- name: quick
  kind: process.lua
  source: return ...
- name: fails
  kind: process.lua
  source: error({...})
- name: loops
  kind: process.lua
  source: while true do pcall(function() end) end
- name: waits
  kind: process.lua
  source: while true do pcall(process.receive) end
- name: echo
  kind: process.lua
  source: |
    while true do
      local e = process.receive()
      if e.type == "MESSAGE" and e.from then process.send(e.from, e.topic, e.payload) end
    end
- name: family
  kind: process.lua
  source: |
    -- Links, names and executes at random, trapping or not; what it executes
    -- gives its own result, and nothing comes of a link that was ended.
    local entries = {"mul", "traps", "quick", "fails", "waits", "loops", "echo"}
    process.set_options{trap_links = math.random(2) == 1}
    local children = {}
    for i = 1, 20 do
      local entry = entries[math.random(#entries)]
      local pid, err = process.spawn_linked(entry, "large", i, math.random(0, 1))
      if not pid then error(err) end
      children[i] = pid
      local name = "name" .. math.random(5)
      process.registry.register(name, pid)
      process.send_after(0.0001, name, "later", i)
      local kind = math.random(4)
      if kind == 1 then
        process.unlink(pid)
        if process.receive(0, {type = "LINK_DOWN", from = pid}) then error("LINK_DOWN after unlink") end
        process.terminate(pid)
      elseif kind == 2 then
        process.link(name)
        process.terminate(name)
      elseif kind == 3 then
        local product, err = process.exec("mul", "large", i, 3)
        if product ~= 3 * i then error(err) end
      end
      if math.random(3) == 1 then process.receive(0, {type = "LINK_DOWN"}) end
    end
    if math.random(2) == 1 then error("the family breaks up") end
    for _, pid in ipairs(children) do
      process.unlink(pid)
      process.terminate(pid)
    end
- name: changes
  kind: process.lua
  source: |
    -- Joins and leaves, and goes on as something else, or once more as itself.
    local entries = {"mul", "traps", "grow", "quick", "fails", "waits", "loops", "echo", "changes", "changes", "changes"}
    local name = "g" .. math.random(3)
    if math.random(3) == 1 then process.group.leave(name) else process.group.join(name) end
    local ref = process.group.monitor(name)
    process.group.broadcast(name, "news", 1)
    if ref and math.random(2) == 1 then process.group.demonitor(ref) end
    for _ = 1, 5 do
      local _, err = process.upgrade(entries[math.random(#entries)], math.random(2), math.random(0, 1))
      if err:kind() ~= "invalid" then error(err) end -- grow takes one
    end
    process.upgrade("quick")
- name: parent
  kind: process.lua
  source: |
    -- Every child that was spawned has exactly one EXIT.
    local entries = {"mul", "traps", "quick", "fails", "waits", "loops", "echo"}
    local groups = {"small", "large", "drop"}
    local spawned, living = 0, {}
    for i = 1, 30 do
      local entry = entries[math.random(#entries)]
      local pid, err = process.spawn_monitored(entry, groups[math.random(#groups)], i, math.random(0, 1))
      if pid then
        spawned = spawned + 1
        living[pid] = entry
        if entry == "echo" then process.send(pid, "ping", i) end
        if math.random(2) == 1 then
          local ref = process.monitor(pid)
          if not process.unmonitor(ref) then error("a monitor was lost") end
        end
        if entry == "waits" or entry == "loops" or entry == "echo" or math.random(4) == 1 then
          if math.random(3) == 1 then process.cancel(pid, "hammer", 0.001) else process.terminate(pid) end
        end
      elseif err:kind() ~= "unavailable" then
        error(err)
      end
    end
    for _ = 1, spawned do
      local e = process.receive({type = "EXIT"})
      local entry = living[e.from]
      if not entry then error("an EXIT too many: " .. e.reason) end
      living[e.from] = nil
      if e.entry ~= "app:" .. entry then error("the EXIT of " .. entry .. " is " .. tostring(e.entry)) end
      if e.reason == "normal" and entry == "waits" then error("waits ended normally") end
    end
    return spawned
`

// TestHammer has many goroutines spawn, message and kill processes of every
// kind at random. Whatever happens, each ends exactly once and for a reason
// that can be, and at the end nothing is left.
func TestHammer(t *testing.T) {
	app := newTestApp(t, txtar.Parse([]byte(hammerApp)))
	rt, err := runtime.New()
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Load(app.dir); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	h := &hammer{t: t, rt: rt, until: time.Now().Add(hammerFor)}
	var beaters sync.WaitGroup
	for range 8 {
		beaters.Go(h.beat)
	}
	beaters.Wait()
	h.report()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := rt.Stop(ctx, "the hammer rests", 0); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"g1", "g2", "g3"} {
		if pids := rt.GroupMembers(name); len(pids) != 0 {
			t.Errorf("members of %s in a node that has stopped: %q", name, pids)
		}
	}
	if waiting := rt.Waiting(); waiting != 0 {
		t.Errorf("%d processes wait in a node that has stopped", waiting)
	}
}

// hammer is what the goroutines of TestHammer share.
type hammer struct {
	t       *testing.T
	rt      *runtime.Runtime
	until   time.Time
	spawned atomic.Int64
	full    atomic.Int64
	mu      sync.Mutex
	ended   map[string]int // by entry and reason
}

// possible are the reasons for which each entry may end.
var possible = map[string][]mailbox.Reason{
	"app:mul":     {mailbox.ReasonNormal, mailbox.ReasonKilled},
	"app:grow":    {mailbox.ReasonNormal, mailbox.ReasonKilled},
	"app:traps":   {mailbox.ReasonNormal, mailbox.ReasonError, mailbox.ReasonKilled},
	"app:family":  {mailbox.ReasonNormal, mailbox.ReasonError, mailbox.ReasonKilled},
	"app:quick":   {mailbox.ReasonNormal, mailbox.ReasonKilled},
	"app:fails":   {mailbox.ReasonError, mailbox.ReasonKilled},
	"app:loops":   {mailbox.ReasonKilled},
	"app:waits":   {mailbox.ReasonKilled},
	"app:echo":    {mailbox.ReasonKilled},
	"app:parent":  {mailbox.ReasonNormal, mailbox.ReasonKilled},
	"app:changes": {mailbox.ReasonNormal, mailbox.ReasonError, mailbox.ReasonKilled},
}

// beat spawns until time is over, keeps some processes for a while, and waits
// for all of its own in the end.
func (h *hammer) beat() {
	entries := []string{"app:mul", "app:grow", "app:traps", "app:quick", "app:fails", "app:loops", "app:waits", "app:echo", "app:parent", "app:family", "app:changes"}
	groups := []string{"app:small", "app:large", "app:drop"}
	type started struct {
		entry string
		*runtime.Process
	}
	var alive []started
	end := func(s started) {
		if s.entry != "app:parent" && (s.entry != "app:family" || rand.IntN(2) == 0) {
			s.Terminate()
		}
		h.count(s.entry, s.Exit())
	}
	for time.Now().Before(h.until) {
		entry, group := entries[rand.IntN(len(entries))], groups[rand.IntN(len(groups))]
		var args []any
		switch entry {
		case "app:mul", "app:traps":
			args = []any{rand.IntN(100), rand.IntN(2)}
		case "app:grow":
			args = []any{rand.IntN(3) + 1}
		}
		p, err := h.rt.Spawn(context.Background(), entry, group, args...)
		if err != nil {
			if e := mailbox.AsError(err); e.Kind != mailbox.Unavailable {
				h.t.Errorf("spawning %s: %v", entry, err)
			}
			h.full.Add(1)
		} else {
			h.spawned.Add(1)
			alive = append(alive, started{entry, p})
		}
		if len(alive) == 0 {
			continue
		}
		s := alive[rand.IntN(len(alive))]
		// It may have ended, or be full: both are errors, neither is a fault.
		_ = s.Send("beat", rand.IntN(10), "text")
		if len(alive) > 10 {
			i := rand.IntN(len(alive))
			end(alive[i])
			alive = append(alive[:i], alive[i+1:]...)
		}
	}
	for _, s := range alive {
		end(s)
	}
}

func (h *hammer) count(entry string, e *mailbox.Exit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended == nil {
		h.ended = map[string]int{}
	}
	h.ended[fmt.Sprint(entry, " ", e.Reason)]++
	if entry == "app:family" && e.Reason == mailbox.ReasonError &&
		!strings.Contains(e.Err.Message, "the family breaks up") && !strings.Contains(e.Err.Message, "in the linked process") {
		h.t.Errorf("%s failed: %v", entry, e.Err)
	}
	for _, r := range possible[entry] {
		if r == e.Reason {
			return
		}
	}
	h.t.Errorf("%s ended with %s: %v", entry, e.Reason, e.Err)
}

// report holds the spawns against the ends.
func (h *hammer) report() {
	total := 0
	for _, n := range h.ended {
		total += n
	}
	h.t.Logf("%d spawned, %d refused by a full group, ended: %v", h.spawned.Load(), h.full.Load(), h.ended)
	if int64(total) != h.spawned.Load() {
		h.t.Errorf("%d processes were spawned, %d ended", h.spawned.Load(), total)
	}
	for entry := range possible {
		ran := 0
		for _, r := range possible[entry] {
			ran += h.ended[fmt.Sprint(entry, " ", r)]
		}
		if ran == 0 {
			h.t.Errorf("%s never ran", entry)
		}
	}
}
