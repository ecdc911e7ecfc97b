package canon

import (
	"fmt"
	"strings"

	"wippy/mailbox"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// maxTypeDepth bounds types within types, so that Values stay within
// mailbox.MaxDepth and no recursion over a type is deep.
const maxTypeDepth = 100

// maxFlags is how many flags a type may have.
const maxFlags = 32

// Compiler makes plans. Types and resources that functions share are compiled
// once. It is for one goroutine; the plans are not.
type Compiler struct {
	nodes     map[nodeKey]*node
	resources map[*wit.Resource]int
}

// nodeKey is a type and, for an option, how it is shown.
type nodeKey struct {
	typ     *wit.Type
	wrapped bool
}

// NewCompiler makes an empty Compiler. One serves a whole program, so that an
// index of a resource means the same in all its instances.
func NewCompiler() *Compiler {
	return &Compiler{nodes: map[nodeKey]*node{}, resources: map[*wit.Resource]int{}}
}

// Resource gives the index by which plans know a resource type: where an
// Instance's Resources say which type that is while it runs.
func (c *Compiler) Resource(r *wit.Resource) int {
	i, known := c.resources[r]
	if !known {
		i = len(c.resources)
		c.resources[r] = i
	}
	return i
}

// Resources tells how many indices Resource gave out so far.
func (c *Compiler) Resources() int { return len(c.resources) }

// node is the plan of a type. It is immutable once compiled.
type node struct {
	typ         *wit.Type
	kind        wit.Kind
	size, align uint32 // in memory
	height      int    // of the tree of types below
	flats       int    // core values that it flattens to, at most tooFlat
	flat        []module.ValType
	fields      []field // of a record or tuple
	cases       []wcase // of a variant, enum, option or result
	disc        uint8   // bytes of the discriminant or of flags
	payload     uint32  // where a payload stands
	wrapped     bool    // of an option: shown as {some=v} or {}
	elem        *node   // of a list or option
	resource    int     // index of an own or borrow
	borrows     bool    // there is a borrow in it
	pointers    bool    // there is a string or list in it
	// dense is for types of which every pattern of bytes is a value, with no
	// byte between: a list of them may cross as its bytes, but for NaNs.
	dense  bool
	floats []field // those in a dense type, by their offsets
	labels []label // of flags
	index  map[string]int
	// What one value of the type needs by name, without lists and variants.
	tables, pairs, values int
}

// String names the type in messages. It stays short, whatever the type.
func (n *node) String() string { return typeText(n.typ, 3) }

func typeText(t *wit.Type, depth int) string {
	switch {
	case t == nil:
		return "nothing"
	case t.Kind <= wit.String:
		return t.Kind.String()
	case t.Name != "":
		return t.Kind.String() + " " + t.Name
	case depth == 0:
		return "…"
	}
	switch t.Kind {
	case wit.List, wit.Option:
		return t.Kind.String() + "<" + typeText(t.Elem, depth-1) + ">"
	case wit.Tuple:
		if len(t.Fields) > 4 {
			return fmt.Sprintf("tuple of %d", len(t.Fields))
		}
		elems := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			elems[i] = typeText(f.Type, depth-1)
		}
		return "tuple<" + strings.Join(elems, ", ") + ">"
	case wit.Own, wit.Borrow:
		return t.String()
	}
	return t.Kind.String()
}

// tooFlat stands for any number of flat values beyond what is ever passed so.
const tooFlat = MaxFlatParams + 1

// field is one of a record, a tuple or a function's parameters.
type field struct {
	node   *node
	offset uint32
	label
}

// label is a name, as WIT writes it and as a Value has it.
type label struct {
	kebab string
	snake mailbox.Value // a string with _ for -
}

func newLabel(name string) label {
	return label{name, mailbox.String(strings.ReplaceAll(name, "-", "_"))}
}

// wcase is one of a variant. node is nil where there is no payload.
type wcase struct {
	node *node
	label
	shown mailbox.Value // the name as a Value: in kebab-case
}

func newCase(name string, n *node) wcase {
	return wcase{node: n, label: newLabel(name), shown: mailbox.String(name)}
}

// node compiles a type.
func (c *Compiler) node(t *wit.Type, wrapped bool, depth int) (*node, error) {
	if t == nil {
		return nil, fmt.Errorf("a type is missing")
	}
	key := nodeKey{t, wrapped && t.Kind == wit.Option}
	if n, known := c.nodes[key]; known {
		if n == nil {
			return nil, fmt.Errorf("type %s contains itself", t.Name)
		}
		if depth+n.height > maxTypeDepth {
			return nil, tooDeep()
		}
		return n, nil
	}
	if depth >= maxTypeDepth {
		return nil, tooDeep()
	}
	c.nodes[key] = nil
	n := &node{typ: t, kind: t.Kind, wrapped: key.wrapped, height: 1}
	if err := c.fill(n, t, depth); err != nil {
		delete(c.nodes, key)
		return nil, err
	}
	n.summarize()
	c.nodes[key] = n
	return n, nil
}

// summarize takes over what follows from the types below.
func (n *node) summarize() {
	n.pointers = n.kind == wit.String || n.kind == wit.List
	n.borrows = n.kind == wit.Borrow
	n.dense = n.kind >= wit.S8 && n.kind <= wit.F64
	if n.kind == wit.F32 || n.kind == wit.F64 {
		n.floats = []field{{node: n}}
	}
	n.summarizeFields()
	below := func(e *node) {
		if e != nil {
			n.height = max(n.height, e.height+1)
			n.borrows = n.borrows || e.borrows
			n.pointers = n.pointers || e.pointers
		}
	}
	below(n.elem)
	for _, f := range n.fields {
		below(f.node)
	}
	for _, k := range n.cases {
		below(k.node)
	}
}

// maxFloats bounds the floats that a dense type keeps account of.
const maxFloats = 64

func (n *node) summarizeFields() {
	end := uint32(0)
	for _, f := range n.fields {
		if !f.node.dense || len(n.floats)+len(f.node.floats) > maxFloats {
			n.floats = nil
			return
		}
		end += f.node.size
		for _, g := range f.node.floats {
			n.floats = append(n.floats, field{node: g.node, offset: f.offset + g.offset})
		}
	}
	n.dense = n.dense || len(n.fields) > 0 && end == n.size
}

func tooDeep() error { return fmt.Errorf("types are nested more than %d deep", maxTypeDepth) }

// scalarLayout is size, which is also alignment, and flat type of the kinds
// that are one core value.
var scalarLayout = [...]struct {
	size uint32
	flat module.ValType
}{
	wit.Bool: {1, module.I32}, wit.S8: {1, module.I32}, wit.U8: {1, module.I32}, wit.S16: {2, module.I32},
	wit.U16: {2, module.I32}, wit.S32: {4, module.I32}, wit.U32: {4, module.I32}, wit.S64: {8, module.I64},
	wit.U64: {8, module.I64}, wit.F32: {4, module.F32}, wit.F64: {8, module.F64}, wit.Char: {4, module.I32},
	wit.Own: {4, module.I32}, wit.Borrow: {4, module.I32},
}

func (c *Compiler) fill(n *node, t *wit.Type, depth int) (err error) {
	switch t.Kind {
	case wit.String:
		n.size, n.align, n.flat = 8, 4, []module.ValType{module.I32, module.I32}
	case wit.List:
		n.size, n.align, n.flat = 8, 4, []module.ValType{module.I32, module.I32}
		if n.elem, err = c.node(t.Elem, true, depth+1); err != nil {
			return err
		}
	case wit.Record, wit.Tuple:
		return c.record(n, t, depth)
	case wit.Variant:
		for _, k := range t.Cases {
			if err := c.addCase(n, k.Name, k.Type, false, depth); err != nil {
				return err
			}
		}
		return c.variant(n)
	case wit.Enum:
		for _, name := range t.Labels {
			n.cases = append(n.cases, newCase(name, nil))
		}
		return c.variant(n)
	case wit.Option:
		n.cases = []wcase{newCase("none", nil)}
		if err := c.addCase(n, "some", t.Elem, true, depth); err != nil {
			return err
		}
		if n.elem = n.cases[1].node; n.elem == nil {
			return fmt.Errorf("an option is of no type")
		}
		return c.variant(n)
	case wit.Result:
		if err := c.addCase(n, "ok", t.OK, false, depth); err != nil {
			return err
		}
		if err := c.addCase(n, "err", t.Err, false, depth); err != nil {
			return err
		}
		return c.variant(n)
	case wit.Flags:
		return c.flags(n, t)
	case wit.Own, wit.Borrow:
		if t.Resource == nil {
			return fmt.Errorf("a handle is of no resource")
		}
		n.resource = c.Resource(t.Resource)
		fallthrough
	default:
		if int(t.Kind) >= len(scalarLayout) || scalarLayout[t.Kind].size == 0 {
			return fmt.Errorf("there is no type of kind %d", t.Kind)
		}
		s := scalarLayout[t.Kind]
		n.size, n.align, n.flat = s.size, s.size, []module.ValType{s.flat}
	}
	n.flats = len(n.flat)
	return nil
}

func (c *Compiler) record(n *node, t *wit.Type, depth int) error {
	if len(t.Fields) == 0 {
		return fmt.Errorf("%s has no fields", n)
	}
	for _, f := range t.Fields {
		e, err := c.node(f.Type, false, depth+1)
		if err != nil {
			return err
		}
		n.fields = append(n.fields, field{node: e, label: newLabel(f.Name)})
		n.tables, n.pairs, n.values = n.tables+e.tables, n.pairs+e.pairs, n.values+e.values
	}
	n.tables++
	if t.Kind == wit.Record {
		n.pairs += len(n.fields)
		n.index = labelIndex(len(n.fields), func(i int) label { return n.fields[i].label })
	} else {
		n.values += len(n.fields)
	}
	for _, count := range []*int{&n.tables, &n.pairs, &n.values} {
		*count = min(*count, 1<<16) // it is a hint; sharing could multiply it without end
	}
	size, align, flat, err := layout(n.fields)
	if err != nil {
		return fmt.Errorf("%s %w", n, err)
	}
	n.size, n.align, n.flat = size, align, flat
	n.flats = len(flat)
	return nil
}

// layout places fields one behind the other. flat is cut off at tooFlat.
func layout(fields []field) (size, align uint32, flat []module.ValType, err error) {
	end := uint64(0)
	align = 1
	for i := range fields {
		n := fields[i].node
		end = alignTo(end, n.align)
		fields[i].offset = uint32(end)
		end += uint64(n.size)
		align = max(align, n.align)
		if end > maxBytes {
			return 0, 0, nil, errTooLarge
		}
		if len(flat)+n.flats > MaxFlatParams {
			flat = append(flat, make([]module.ValType, tooFlat-len(flat))...)
		} else {
			flat = append(flat, n.flat...)
		}
	}
	if end = alignTo(end, align); end > maxBytes {
		return 0, 0, nil, errTooLarge
	}
	return uint32(end), align, flat, nil
}

var errTooLarge = fmt.Errorf("takes more than %d bytes", maxBytes)

// alignTo rounds up to a multiple of align, which is a power of two.
func alignTo(p uint64, align uint32) uint64 {
	return (p + uint64(align) - 1) &^ (uint64(align) - 1)
}

func (c *Compiler) addCase(n *node, name string, t *wit.Type, wrapped bool, depth int) error {
	k := newCase(name, nil)
	if t != nil {
		var err error
		if k.node, err = c.node(t, wrapped, depth+1); err != nil {
			return err
		}
	}
	n.cases = append(n.cases, k)
	return nil
}

// variant lays out a discriminant and the payloads behind it.
func (c *Compiler) variant(n *node) error {
	if len(n.cases) == 0 {
		return fmt.Errorf("%s has no cases", n)
	}
	n.disc = discSize(len(n.cases))
	n.flat = []module.ValType{module.I32}
	align, size, flats := uint32(1), uint32(0), 1
	for _, k := range n.cases {
		e := k.node
		if e == nil {
			continue
		}
		align, size, flats = max(align, e.align), max(size, e.size), max(flats, 1+e.flats)
		for i, f := range e.flat {
			if 1+i < len(n.flat) {
				n.flat[1+i] = join(n.flat[1+i], f)
			} else {
				n.flat = append(n.flat, f)
			}
		}
	}
	if n.flats = min(flats, tooFlat); n.flats == tooFlat {
		n.flat = nil
	}
	n.payload = uint32(alignTo(uint64(n.disc), align))
	n.align = max(align, uint32(n.disc))
	end := alignTo(uint64(n.payload)+uint64(size), n.align)
	if end > maxBytes {
		return fmt.Errorf("%s %w", n, errTooLarge)
	}
	n.size = uint32(end)
	n.index = labelIndex(len(n.cases), func(i int) label { return n.cases[i].label })
	return nil
}

// discSize gives the bytes of a discriminant of that many cases.
func discSize(cases int) uint8 {
	switch {
	case cases <= 1<<8:
		return 1
	case cases <= 1<<16:
		return 2
	}
	return 4
}

// join gives the core type that holds either of two.
func join(a, b module.ValType) module.ValType {
	switch {
	case a == b:
		return a
	case a == module.I32 && b == module.F32, a == module.F32 && b == module.I32:
		return module.I32
	}
	return module.I64
}

func (c *Compiler) flags(n *node, t *wit.Type) error {
	if len(t.Labels) == 0 || len(t.Labels) > maxFlags {
		return fmt.Errorf("%s has %d flags; 1 to %d are possible", n, len(t.Labels), maxFlags)
	}
	for _, name := range t.Labels {
		n.labels = append(n.labels, newLabel(name))
	}
	switch l := len(t.Labels); {
	case l <= 8:
		n.disc = 1
	case l <= 16:
		n.disc = 2
	default:
		n.disc = 4
	}
	n.size, n.align = uint32(n.disc), uint32(n.disc)
	n.flat, n.flats = []module.ValType{module.I32}, 1
	n.index = labelIndex(len(n.labels), func(i int) label { return n.labels[i] })
	return nil
}

// labelIndex finds labels by either spelling.
func labelIndex(n int, at func(int) label) map[string]int {
	m := make(map[string]int, n)
	for i := range n {
		l := at(i)
		m[l.kebab] = i
		m[l.snake.Str()] = i
	}
	return m
}
