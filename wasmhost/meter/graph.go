package meter

import "wippy/wasmhost/module"

// node is a node of the call graph. There is one for each function, imports
// first; then one for each type, which stands for the indirect calls of that
// type; the last stands for what is outside of the module.
type node struct {
	callees []uint32
	own     uint64 // cost without what it calls, endless where it may run on and on
	free    uint64 // cost to its caller, as what it calls is not charged otherwise
	total   uint64 // cost with everything that it calls
	// cyclic tells that it may be called again while it runs, reaching that it
	// is cyclic or leads to what is.
	cyclic, reaching bool
	// entered tells that other guests' code may call it, so that it leaves the
	// room as it found it.
	entered bool
}

// endless is the cost of what may run on and on.
const endless = 1 << 40

// callGraph makes the call graph. Where the module is linked, what is outside
// of it calls what it exports.
func callGraph(m *module.Module, f *facts, opts Options) []node {
	linked := opts.Linked
	functions := len(m.Funcs)
	nodes := make([]node, functions+len(m.Types)+1)
	outside := uint32(len(nodes) - 1)
	for i := range f.imported {
		nodes[i].own = importCost
		nodes[i].free = importCost
		if linked {
			nodes[i].callees = []uint32{outside}
		}
	}
	for i := range f.funcs {
		fn := &f.funcs[i]
		n := &nodes[fn.index]
		n.callees = f.calls[fn.call : fn.call+fn.calls]
		n.own = fn.cost
		n.free = callCost
		if fn.long {
			n.own = endless
		}
		if fn.leaf() {
			n.free = fn.cost
		}
	}
	for i := range functions {
		if !f.taken.has(i) {
			continue
		}
		t := &nodes[functions+int(f.types[m.Funcs[i]])]
		t.callees = append(t.callees, uint32(i))
		t.free = max(t.free, nodes[i].free)
	}
	if linked {
		link(m, f, nodes)
	}
	if linked || opts.Entered {
		enter(m, f, nodes)
	}
	order(nodes)
	return nodes
}

// enter marks what other guests' code may call: exports, what references lead
// to, and, where there are tail calls, everything, as those return in its place.
func enter(m *module.Module, f *facts, nodes []node) {
	for _, e := range m.Exports {
		if e.Kind == module.Func {
			nodes[e.Index].entered = true
		}
	}
	for i := range m.Funcs {
		nodes[i].entered = nodes[i].entered || f.tails || f.taken.has(i)
	}
}

// link adds what linking makes possible: what is outside calls exports and
// references, and is called through tables.
func link(m *module.Module, f *facts, nodes []node) {
	outside := &nodes[len(nodes)-1]
	outside.own = endless
	for _, e := range m.Exports {
		if e.Kind == module.Func {
			outside.callees = append(outside.callees, e.Index)
		}
	}
	for i := range m.Funcs {
		if f.taken.has(i) {
			outside.callees = append(outside.callees, uint32(i))
		}
	}
	for i := len(m.Funcs); i < len(nodes)-1; i++ {
		nodes[i].callees = append(nodes[i].callees, uint32(len(nodes)-1))
		nodes[i].free = max(nodes[i].free, leafCost)
	}
}

// order finds the cycles of the graph, with Tarjan's algorithm and without
// recursion. It finishes a node after all that it leads to, and so sums up on the way.
func order(nodes []node) {
	const unseen = 0
	type visit struct {
		node uint32
		next int // the callee to look at
	}
	var (
		number  = make([]uint32, len(nodes)) // in order of discovery, from 1
		low     = make([]uint32, len(nodes)) // the earliest node of its component
		pending = make([]bool, len(nodes))   // on stack
		stack   []uint32                     // what belongs to no finished component
		visits  []visit
		count   uint32
	)
	enter := func(n uint32) {
		count++
		number[n], low[n], pending[n] = count, count, true
		stack = append(stack, n)
		visits = append(visits, visit{node: n})
	}
	for root := range nodes {
		if number[root] != unseen {
			continue
		}
		enter(uint32(root))
		for len(visits) > 0 {
			v := &visits[len(visits)-1]
			if v.next < len(nodes[v.node].callees) {
				callee := nodes[v.node].callees[v.next]
				v.next++
				switch {
				case number[callee] == unseen:
					enter(callee)
				case pending[callee]:
					low[v.node] = min(low[v.node], number[callee])
				}
				continue
			}
			n := v.node
			visits = visits[:len(visits)-1]
			if len(visits) > 0 {
				caller := visits[len(visits)-1].node
				low[caller] = min(low[caller], low[n])
			}
			if low[n] != number[n] {
				continue
			}
			// n and all above it on the stack are a component.
			at := len(stack) - 1
			for stack[at] != n {
				at--
			}
			for _, c := range stack[at:] {
				pending[c] = false
			}
			finish(nodes, stack[at:])
			stack = stack[:at]
		}
	}
}

// finish sums up for a component, the nodes that all lead to each other.
func finish(nodes []node, component []uint32) {
	if len(component) > 1 {
		for _, n := range component {
			nodes[n].cyclic, nodes[n].reaching, nodes[n].total = true, true, endless
		}
		return
	}
	n := &nodes[component[0]]
	n.total = n.own
	for _, c := range n.callees {
		if c == component[0] {
			n.cyclic, n.reaching, n.total = true, true, endless
			return
		}
		n.reaching = n.reaching || nodes[c].reaching
		n.total = min(n.total+nodes[c].total, endless)
	}
}
