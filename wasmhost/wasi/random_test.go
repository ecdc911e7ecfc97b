package wasi_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wit"
)

// TestRandomCalls makes calls of any functions in any order, with arguments that
// may mean something: nothing is a fault of the host's, nothing is left over.
func TestRandomCalls(t *testing.T) {
	names := map[string]wit.Func{}
	for _, i := range wasi.Registry() {
		for _, f := range i.Funcs {
			name := f.Name
			if _, rest, ok := strings.Cut(name, "]"); ok {
				name = strings.ReplaceAll(rest, ".", "-")
			}
			names[groupOf(i)+"-"+name] = f.Type
		}
	}
	for _, name := range []string{"exit-exit", "exit-exit-with-code", "poll-pollable-block", "poll-poll", "http-types-outgoing-body-write"} {
		delete(names, name) // which end it, or may wait for ever
	}
	var list []string
	for name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	worked := 0
	for seed := range uint64(60) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a"), make([]byte, 5000), 0o600); err != nil {
			t.Fatal(err)
		}
		s := withDir(t, dir)
		s.config.Network, _ = network.New([]string{}) // it reaches nothing
		s.terminal = &process.Terminal{Stdin: strings.NewReader(strings.Repeat("input", 5000)), Stdout: &strings.Builder{}, Stderr: &strings.Builder{}}
		e := start(t, s, func(g *guest) {
			c := &caller{g: g, rand: rand.New(rand.NewPCG(seed, 1)), handles: map[string][]mailbox.Value{}}
			for range 300 {
				name := list[c.rand.IntN(len(list))]
				c.call(name, names[name])
			}
			worked += c.worked
		}).wait()
		if e.Reason == mailbox.ReasonError && e.Err.Kind != mailbox.Failed || e.Reason == mailbox.ReasonLimit {
			t.Errorf("seed %d: %s: %v", seed, e.Reason, e.Err)
		}
	}
	if worked < 1000 {
		t.Errorf("only %d calls did something", worked)
	}
}

// caller makes calls up.
type caller struct {
	g       *guest
	rand    *rand.Rand
	handles map[string][]mailbox.Value // by resource
	worked  int
}

func (c *caller) call(name string, f wit.Func) {
	var args []mailbox.Value
	for _, p := range f.Params {
		v, ok := c.value(p.Type)
		if !ok {
			return
		}
		args = append(args, v)
	}
	if strings.HasSuffix(name, "write") || strings.HasSuffix(name, "write-zeroes") {
		if strings.HasPrefix(name, "streams") && c.rand.IntN(50) > 0 { // seldom without a permit
			n, failed := c.g.try("streams-output-stream-check-write", args[0])
			if failed || number(n) < 5000 {
				return
			}
		}
	}
	v, failed := c.g.try(name, args...)
	if !failed {
		c.worked++
	}
	c.keep(v)
	for resource, hs := range c.handles {
		if len(hs) > 8 {
			i := c.rand.IntN(len(hs))
			c.g.drop(hs[i])
			c.handles[resource] = slices.Delete(hs, i, i+1)
		}
	}
}

// keep takes the handles out of a result.
func (c *caller) keep(v mailbox.Value) {
	if h, ok := v.Resource().(*canon.Handle); ok {
		c.handles[h.Type.Name] = append(c.handles[h.Type.Name], v)
	}
	if t := v.Table(); t != nil {
		for _, e := range t.List {
			c.keep(e)
		}
		for _, p := range t.Pairs {
			c.keep(p.Value)
		}
	}
}

// value makes a value of a type; false if there is no handle that it needs.
func (c *caller) value(t *wit.Type) (mailbox.Value, bool) {
	pick := func(n int) int { return c.rand.IntN(n) }
	switch t.Kind {
	case wit.U64:
		if pick(200) == 0 {
			return mailbox.Uint([]uint64{1 << 63, 1<<64 - 1}[pick(2)]), true
		}
		return mailbox.Uint([]uint64{0, 1, 7, 100, 4096, uint64(pick(5000))}[pick(6)]), true
	case wit.U32:
		return num(pick(1_100_000_000)), true
	case wit.U8:
		return num(pick(256)), true
	case wit.String:
		return str([]string{"a", "b", "c", "d/e", "d", ".", "..", "a/", "", "/x", "\x00", strings.Repeat("x", 300)}[pick(12)]), true
	case wit.List:
		if t.Elem.Kind == wit.U8 {
			return str(strings.Repeat("y", pick(4000))), true
		}
	case wit.Flags:
		var names []string
		for _, l := range t.Labels {
			if pick(2) == 0 {
				names = append(names, l)
			}
		}
		return flags(names...), true
	case wit.Enum:
		return str(t.Labels[pick(len(t.Labels))]), true
	case wit.Variant:
		k := t.Cases[pick(len(t.Cases))]
		if k.Type == nil {
			return str(k.Name), true
		}
		v, ok := c.value(k.Type)
		return tab("tag", str(k.Name), "value", v), ok
	case wit.Record:
		var kv []any
		for _, f := range t.Fields {
			v, ok := c.value(f.Type)
			if !ok {
				return v, false
			}
			kv = append(kv, f.Name, v)
		}
		return tab(kv...), true
	case wit.Own, wit.Borrow:
		hs := c.handles[t.Resource.Name]
		if len(hs) == 0 {
			return mailbox.Nil, false
		}
		i := pick(len(hs))
		h := hs[i]
		if t.Kind == wit.Own { // which is passed on
			c.handles[t.Resource.Name] = slices.Delete(hs, i, i+1)
		}
		return h, true
	}
	return mailbox.Nil, false
}
