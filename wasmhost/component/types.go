package component

import (
	"wippy/wasmhost/module"
	"wippy/wasmhost/wit"
)

// Type is the type of an item, or what a type index stands for: a *ValueType,
// *ResourceType, *FuncType, *InstanceType, *ComponentType or *ModuleType.
// Types are immutable and form graphs without cycles.
type Type interface {
	// noun says in messages what it is.
	noun() string
	// measure gives what the type is once written out in full.
	measure() extent
}

// extent is how large a type is, written out in full.
type extent struct{ size, depth int }

// holds makes an extent of something that holds others.
func holds(parts ...extent) extent {
	e := extent{size: 1}
	for _, p := range parts {
		e.add(p)
	}
	return e
}

// add takes in a part. Sums saturate far above every limit.
func (e *extent) add(p extent) {
	e.size = min(e.size+p.size, 1<<40)
	e.depth = max(e.depth, p.depth+1)
}

// ValueType is the type of a value. The same record may be several ValueTypes:
// each import and each export of a type makes one, since only under those may
// other imports and exports speak of it.
type ValueType struct {
	// WIT is the type without indices.
	WIT *wit.Type

	shape
	parts    []*ValueType  // of what it consists, in order; nil for a payload that is not there
	resource *ResourceType // of an own or borrow
	identity uint32        // types that are equal have equal ones
	extent   extent
	layout   layout
	handles  bool // it holds an own or borrow
	borrows  bool // it holds a borrow
	pointers bool // it holds a list or string
}

// shape is what a value type has beside its parts.
type shape struct {
	kind   wit.Kind
	labels []string // of fields, cases or flags
	number uint32   // shapes that are equal have equal ones
}

func (t *ValueType) noun() string    { return t.kind.String() }
func (t *ValueType) measure() extent { return t.extent }

// nameable tells whether the type needs a name to be spoken of in imports and
// exports.
func (t *ValueType) nameable() bool {
	switch t.kind {
	case wit.Record, wit.Variant, wit.Enum, wit.Flags:
		return true
	}
	return false
}

// ResourceType is a resource type under one of its names. Types are the same
// if Resource is.
type ResourceType struct{ Resource *wit.Resource }

func (t *ResourceType) noun() string    { return "resource" }
func (t *ResourceType) measure() extent { return extent{size: 1} }

// ResourceDefinition is how a component defines a resource type. Its
// representation is an i32.
type ResourceDefinition struct {
	// Destructor is the index of a core function; only if HasDestructor.
	Destructor    uint32
	HasDestructor bool
}

// FuncType is the type of a function.
type FuncType struct {
	// WIT is the signature, without a name and without indices.
	WIT wit.Func

	params []*ValueType
	result *ValueType // nil where there is none
	extent extent
}

func (t *FuncType) noun() string    { return "function" }
func (t *FuncType) measure() extent { return t.extent }

// values are the parameters and the result.
func (t *FuncType) values() []*ValueType {
	if t.result == nil {
		return t.params
	}
	return append(t.params[:len(t.params):len(t.params)], t.result)
}

// Extern is what is imported or exported under a name. Where Sort is SortType,
// Type is the type itself; else the type of the item.
type Extern struct {
	Name string
	Sort Sort
	Type Type
}

// Func gives the signature of a function, under the name that it is imported
// or exported by.
func (e Extern) Func() (wit.Func, bool) {
	t, ok := e.Type.(*FuncType)
	if !ok || e.Sort != SortFunc {
		return wit.Func{}, false
	}
	f := t.WIT
	f.Name = e.Name
	return f, true
}

// externs are imports or exports in order, with an index by name.
type externs struct {
	list  []Extern
	index map[string]int
}

func (e *externs) add(x Extern) {
	if e.index == nil {
		e.index = make(map[string]int)
	}
	e.index[x.Name] = len(e.list)
	e.list = append(e.list, x)
}

func (e *externs) find(name string) *Extern {
	i, ok := e.index[name]
	if !ok {
		return nil
	}
	return &e.list[i]
}

func (e *externs) extent() extent {
	sum := extent{size: 1}
	for _, x := range e.list {
		sum.add(x.Type.measure())
	}
	return sum
}

// resources is a set of resource types.
type resources map[*wit.Resource]struct{}

func (s resources) has(r *wit.Resource) bool { _, ok := s[r]; return ok }

// InstanceType is what an instance exports.
type InstanceType struct {
	exports externs
	// own are the resource types that every instance of this type brings; of
	// the type of an instance that is there, none.
	own    resources
	extent extent
}

func (t *InstanceType) noun() string    { return "instance" }
func (t *InstanceType) measure() extent { return t.extent }

// Exports are in order of declaration.
func (t *InstanceType) Exports() []Extern { return t.exports.list }

// Export gives the export of that name, nil if there is none.
func (t *InstanceType) Export(name string) *Extern { return t.exports.find(name) }

// ComponentType is what a component imports and exports.
type ComponentType struct {
	imports, exports externs
	// imported are the resource types that its imports bring, own those that
	// each of its instances makes.
	imported, own resources
	extent        extent
}

func (t *ComponentType) noun() string    { return "component" }
func (t *ComponentType) measure() extent { return t.extent }

// Imports are in the order of the binary.
func (t *ComponentType) Imports() []Extern { return t.imports.list }

// Import gives the import of that name, nil if there is none.
func (t *ComponentType) Import(name string) *Extern { return t.imports.find(name) }

// Exports are in the order of the binary.
func (t *ComponentType) Exports() []Extern { return t.exports.list }

// Export gives the export of that name, nil if there is none.
func (t *ComponentType) Export(name string) *Extern { return t.exports.find(name) }

// CoreDefType is what a core type index stands for: a *CoreFuncType or a
// *ModuleType.
type CoreDefType interface{ coreDef() }

// CoreFuncType is the type of a core function.
type CoreFuncType struct{ Func module.FuncType }

func (*CoreFuncType) coreDef() {}

// ModuleType is what a core module imports and exports.
type ModuleType struct {
	Imports []CoreImport
	exports CoreInstanceType
	imports map[[2]string]int // of Imports, by module and name
}

func (*ModuleType) coreDef()          {}
func (*ModuleType) noun() string      { return "core module" }
func (t *ModuleType) measure() extent { return extent{size: 1 + len(t.Imports) + len(t.exports.list)} }

// Exports is what its instances export.
func (t *ModuleType) Exports() *CoreInstanceType { return &t.exports }

// CoreImport is an import of a core module.
type CoreImport struct {
	Module, Name string
	Type         module.Extern
}

// CoreExtern is an export of a core module or instance.
type CoreExtern struct {
	Name string
	Type module.Extern
}

// CoreInstanceType is what a core instance exports.
type CoreInstanceType struct {
	list  []CoreExtern
	index map[string]int
}

// Exports are in the order of the module.
func (t *CoreInstanceType) Exports() []CoreExtern { return t.list }

// Export gives the type of an export, nil if there is none of that name.
func (t *CoreInstanceType) Export(name string) *module.Extern {
	i, ok := t.index[name]
	if !ok {
		return nil
	}
	return &t.list[i].Type
}

// add adds an export; false if there is one of that name.
func (t *CoreInstanceType) add(name string, typ module.Extern) bool {
	if _, twice := t.index[name]; twice {
		return false
	}
	if t.index == nil {
		t.index = make(map[string]int)
	}
	t.index[name] = len(t.list)
	t.list = append(t.list, CoreExtern{name, typ})
	return true
}
