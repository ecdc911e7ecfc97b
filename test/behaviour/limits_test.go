package behaviour_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
)

// limitRow is a guest that exceeds one limit, if nothing stops it.
type limitRow struct {
	limit  string // its YAML name
	guest  string // its kind
	entry  string // the YAML of the entry, without limits
	args   []any
	values [3]int64 // the limit as the node, the group and the entry set it
	asked  string   // what the error says was asked for, where the entry sets it
}

// luaEntry and coreEntry give the YAML of an entry.
func luaEntry(source string) string { return fmt.Sprintf("kind: process.lua, source: %q", source) }

func coreEntry(binary, method string) string {
	return fmt.Sprintf("kind: process.wasm, fs: binaries, path: %s.wasm, hash: \"${hash:%s}\", method: %s", binary, binary, method)
}

func componentEntry(method string) string {
	return coreEntry("component/peer", method) + ", imports: [wippy:process]"
}

// limitRows has every limit of SPEC section 2 for every kind of guest. The
// capacity of a mailbox is a group's alone, and nobody's end: see overflow.lua.
var limitRows = []limitRow{
	{limit: "max_execution_ms", guest: "lua", entry: luaEntry("process.receive(function() return false end)"),
		values: [3]int64{1000, 2000, 3000}, asked: "after 3000 ms"},
	{limit: "max_execution_ms", guest: "core", entry: coreEntry("endless", "spin"),
		values: [3]int64{1000, 2000, 3000}, asked: "after 3000 ms"},
	{limit: "max_execution_ms", guest: "component", entry: componentEntry("loops"),
		values: [3]int64{1000, 2000, 3000}, asked: "after 3000 ms"},

	{limit: "max_fuel", guest: "lua", entry: luaEntry("while true do end"),
		values: [3]int64{10_000, 20_000, 30_000}, asked: "used 30001 of 30000"},
	{limit: "max_fuel", guest: "core", entry: coreEntry("endless", "spin"),
		values: [3]int64{10_000, 20_000, 30_000}, asked: "used 30001 of 30000"},
	{limit: "max_fuel", guest: "component", entry: componentEntry("loops"),
		values: [3]int64{10_000, 20_000, 30_000}, asked: "used 30001 of 30000"},

	{limit: "max_memory", guest: "lua", entry: luaEntry("local held = {} for i = 1, 64 do held[i] = ('x'):rep(1024 * 1024) .. i end"),
		values: [3]int64{1 << 20, 2 << 20, 3 << 20}, asked: "of 3145728"},
	{limit: "max_memory", guest: "core", entry: coreEntry("grow", "must_grow"), args: []any{10},
		values: [3]int64{2 << 16, 3 << 16, 4 << 16}, asked: "458752 too many"},
	{limit: "max_memory", guest: "component", entry: componentEntry("must-grow"), args: []any{10},
		values: [3]int64{4 << 16, 5 << 16, 6 << 16}, asked: "too many"},

	{limit: "max_output", guest: "lua", entry: luaEntry("while true do print('0123456789') end"),
		values: [3]int64{100, 200, 300}, asked: "of 300 bytes"},
	{limit: "max_output", guest: "core", entry: coreEntry("peer", "prints") +
		", imports: [wippy:process]", args: []any{"0123456789", 100.0},
		values: [3]int64{100, 200, 300}, asked: "wrote 310 of 300 bytes"},
	{limit: "max_output", guest: "component", entry: componentEntry("prints"), args: []any{"0123456789", 100.0},
		values: [3]int64{100, 200, 300}, asked: "wrote 310 of 300 bytes"},

	{limit: "max_handles", guest: "lua", entry: luaEntry("while true do assert(time.after(3600)) end"),
		values: [3]int64{10, 20, 30}, asked: "30 timers are held, and one more was asked for"},
	{limit: "max_handles", guest: "core", entry: coreEntry("peer", "holds_timers") + ", imports: [wippy:process]",
		values: [3]int64{10, 20, 30}, asked: "30 timers are held, and one more was asked for"},
	{limit: "max_handles", guest: "component", entry: coreEntry("component/work", "make"), args: []any{100},
		values: [3]int64{10, 20, 30}, asked: "30"},

	{limit: "max_children", guest: "lua", entry: luaEntry("while true do assert(process.spawn('waits', 'plain')) end"),
		values: [3]int64{3, 5, 7}, asked: "7 are alive, and the spawn asked for one more"},
	{limit: "max_children", guest: "core", entry: coreEntry("peer", "spawns_on") + ", imports: [wippy:process]", args: []any{"waits"},
		values: [3]int64{3, 5, 7}, asked: "7 are alive, and the spawn asked for one more"},
	{limit: "max_children", guest: "component", entry: componentEntry("spawns-on"), args: []any{"waits"},
		values: [3]int64{3, 5, 7}, asked: "7 are alive, and the spawn asked for one more"},
}

// TestLimits shows that whoever exceeds a limit ends for it, and that an entry's
// limit goes before its group's, and that before the node's, also where it is
// the larger one.
func TestLimits(t *testing.T) {
	for _, row := range limitRows {
		for level, by := range []string{"node", "group", "entry"} {
			t.Run(row.limit+"/"+row.guest+"/"+by, func(t *testing.T) {
				t.Parallel()
				row.run(t, level)
			})
		}
	}
}

// run sets the limit for the node and, up to level, for the group and the entry.
func (row limitRow) run(t *testing.T, level int) {
	limits := func(at int) string {
		if level < at {
			return ""
		}
		return fmt.Sprintf(", limits: {%s: %d}", row.limit, row.values[at])
	}
	dir := t.TempDir()
	index := fmt.Appendf(nil, `
namespace: app
entries:
- {name: binaries, kind: fs.directory, directory: ./wasm}
- {name: plain, kind: process.host}
- {name: limited, kind: process.host%s}
- {name: waits, kind: process.lua, source: "process.receive(function() return false end)"}
- {name: guest, %s%s}
`, limits(1), row.entry, limits(2))
	if err := os.WriteFile(filepath.Join(dir, "_index.yaml"), index, 0o666); err != nil {
		t.Fatal(err)
	}
	complete(t, dir)
	n := loadDir(t, dir, runtime.WithLimits(row.nodeLimits())).start()
	p := n.spawn("app:guest", "app:limited", row.args...)
	if row.limit == "max_execution_ms" {
		n.clock.WaitTimers(1)
		n.clock.Advance(time.Duration(row.values[level])*time.Millisecond - 1)
		if _, alive := n.Info(p.PID()); !alive {
			t.Error("the process ended too early")
		}
		n.clock.Advance(1)
	}
	e := n.exit(p)
	if e.Reason != mailbox.ReasonLimit || e.Err.Kind != mailbox.LimitHit {
		t.Fatalf("the reason is %s: %s", e.Reason, failure(e))
	}
	text := e.Err.Message
	for _, part := range []string{row.limit + ": ", fmt.Sprint(row.values[level])} {
		if !strings.Contains(text, part) {
			t.Errorf("got %q, want something with %q", text, part)
		}
	}
	if !strings.HasPrefix(text, row.limit) {
		t.Errorf("got %q, want something that begins with %s", text, row.limit)
	}
	if level == 2 && !strings.Contains(text, row.asked) {
		t.Errorf("got %q, want something with %q", text, row.asked)
	}
	if e.Report == nil || e.Report.Group != "app:limited" {
		t.Errorf("the report is %+v", e.Report)
	}
}

func (row limitRow) nodeLimits() (l process.Limits) {
	*map[string]*int64{
		"max_execution_ms": &l.MaxExecutionMS, "max_fuel": &l.MaxFuel, "max_memory": &l.MaxMemory,
		"max_output": &l.MaxOutput, "max_handles": &l.MaxHandles, "max_children": &l.MaxChildren,
	}[row.limit] = row.values[0]
	return l
}
