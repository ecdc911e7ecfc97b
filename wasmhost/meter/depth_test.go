package meter

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// shownFrames is how deep the engine lets one look.
const shownFrames = 25

// watcher looks at every call of a guest: what the room global says then must
// be what the frames on the stack have left of it.
type watcher struct {
	t     testing.TB
	info  Info
	nodes []node
	facts *facts
	seen  int
}

func (w *watcher) NewFunctionListener(def api.FunctionDefinition) experimental.FunctionListener {
	if n := w.node(def); n == nil || !n.reaching {
		return nil
	}
	return w
}

// node gives the node of a function of the guest's own, nil for others.
func (w *watcher) node(def api.FunctionDefinition) *node {
	index := def.Index()
	if index < w.info.Imported+w.info.Shift || int(index-w.info.Shift-w.info.Imported) >= len(w.facts.funcs) {
		return nil
	}
	return &w.nodes[index-w.info.Shift]
}

func (w *watcher) Before(_ context.Context, mod api.Module, def api.FunctionDefinition, _ []uint64, stack experimental.StackIterator) {
	want := int64(DefaultStack)
	stack.Next() // itself
	frames := 0
	for stack.Next() {
		if frames++; frames > shownFrames {
			return
		}
		def := stack.Function().Definition()
		if n := w.node(def); n != nil && n.reaching {
			want -= int64(w.facts.funcs[def.Index()-w.info.Shift-w.info.Imported].room)
		}
	}
	w.seen++
	if got := int64(int32(mod.ExportedGlobal(w.info.Room).Get())); got != want && !w.t.Failed() {
		w.t.Errorf("%s finds a room of %d, want %d", def.Name(), got, want)
	}
}

func (w *watcher) After(context.Context, api.Module, api.FunctionDefinition, []uint64) {}

func (w *watcher) Abort(context.Context, api.Module, api.FunctionDefinition, error) {}

// TestRoomIsRight watches recursion of every kind, and random modules.
func TestRoomIsRight(t *testing.T) {
	alone(t)
	h := newHost(t)
	random := rand.New(rand.NewPCG(5, 6))
	binaries := [][]byte{readGuest(t, "depth"), readGuest(t, "kernels"), readGuest(t, "runaway")}
	for range 400 {
		choices := make([]byte, random.IntN(2000))
		for i := range choices {
			choices[i] = byte(random.Uint32())
		}
		binaries = append(binaries, generate(choices))
	}
	seen := 0
	for _, binary := range binaries {
		m := read(t, binary)
		out, info := rewrite(t, binary, Options{})
		if info.Room == "" {
			continue
		}
		facts, err := scan(m)
		if err != nil {
			t.Fatal(err)
		}
		w := &watcher{t: t, info: info, facts: facts, nodes: callGraph(m, facts, Options{})}
		ctx := experimental.WithFunctionListenerFactory(background, w)
		mod, err := h.InstantiateWithConfig(ctx, out, anonymous)
		if err != nil {
			t.Fatal(err)
		}
		i := &instance{mod, info, h}
		h.most, h.fuel = 3000, 0
		for _, e := range m.Exports {
			if f, ok := m.FuncType(e.Index); ok && mod.ExportedFunction(e.Name) != nil {
				i.call(e.Name, arguments(f)...)
			}
		}
		mod.Close(background)
		seen += w.seen
	}
	if seen < 3000 {
		t.Errorf("only %d calls seen", seen)
	}
}
