// Package component reads binaries of the WebAssembly Component Model, as of
// WASI 0.2: [Read] decodes one and validates it whole, with every component and
// core module inside. What it gives is a [Component]: its [Definition]s in the
// order of the binary, with the types that validation found, for whoever links
// and runs it. Functions and their types are package wit's.
//
// Code inside core modules is not validated: the engine does that.
//
// What the Component Model has beyond 0.2 (async functions, streams and
// futures; values, maps, lists of fixed length, threads) is refused by name:
// [Error.Feature].
//
// # Order
//
// decode*.go turn bytes into definitions that refer to each other by index.
// scope.go and define*.go go through the definitions of a component, or the
// declarators of the type of a component or instance, and fill its index spaces.
// value.go makes value types and layout.go what they are in core values; match.go
// compares types, instantiate.go supplies a component with arguments, by
// substitute.go, which replaces resources. names.go and side.go hold the rules
// for names, visible.go what imports and exports may speak of, lift.go what the
// canonical ABI needs; limits.go has all bounds.
package component

import "wippy/wasmhost/module"

// Component is a component, by itself or as a definition inside another. It is
// immutable and shares the binary's bytes.
type Component struct {
	Pos
	// Definitions are in the order of the binary, which is the order in which
	// an instance makes them: each refers to earlier ones only.
	Definitions []Definition
	// Type is what it imports and exports.
	Type *ComponentType
}

// Definition is one definition of a component: a *CoreModule, *CoreInstance,
// *CoreType, *Component, *Instance, *Alias, *TypeDef, *Lift, *Lower,
// *ResourceFunc, *Import or *Export.
//
// Each adds one item to one of the component's index spaces, so that an index
// is the number of earlier definitions that added to that space.
type Definition interface {
	// At is where the definition is, in bytes from the beginning of the binary.
	At() int
	// Adds tells which index space it adds to.
	Adds() Sort
}

// Pos is a place in a binary.
type Pos struct{ Offset int }

// At implements Definition.
func (p Pos) At() int { return p.Offset }

// Sort is what an item of a component is. Each has an index space.
type Sort uint8

// The sorts of items, those of components first.
const (
	SortFunc Sort = iota
	SortType
	SortInstance
	SortComponent
	SortCoreModule
	SortCoreInstance
	SortCoreFunc
	SortCoreTable
	SortCoreMemory
	SortCoreGlobal
	SortCoreTag
	SortCoreType
	sorts = iota
)

var sortNames = [sorts]string{
	"function", "type", "instance", "component", "core module", "core instance", "core function", "core table", "core memory",
	"core global", "core tag", "core type",
}

// String names the sort: "core function".
func (s Sort) String() string { return sortNames[s] }

// coreSort gives the sort of what a core module exports.
func coreSort(k module.Kind) Sort { return SortCoreFunc + Sort(k) }

// kind is the converse of coreSort.
func (s Sort) kind() module.Kind { return module.Kind(s - SortCoreFunc) }

// Ref names an item of an index space.
type Ref struct {
	Sort  Sort
	Index uint32
}

// CoreModule is a core module.
type CoreModule struct {
	Pos
	Binary []byte
	Module *module.Module
	Type   *ModuleType
}

// Adds implements Definition.
func (*CoreModule) Adds() Sort { return SortCoreModule }

// CoreInstance is an instance of a core module, or made up of items that are
// there.
type CoreInstance struct {
	Pos
	// Instantiates tells the two apart: then Module and Args count, else
	// Exports.
	Instantiates bool
	Module       uint32
	Args         []CoreArg
	Exports      []CoreExport
	Type         *CoreInstanceType
}

// Adds implements Definition.
func (*CoreInstance) Adds() Sort { return SortCoreInstance }

// Arg gives the index of the core instance that an argument names.
func (i *CoreInstance) Arg(name string) (uint32, bool) {
	for _, a := range i.Args {
		if a.Name == name {
			return a.Instance, true
		}
	}
	return 0, false
}

// CoreArg is a core instance given to the imports of one module name.
type CoreArg struct {
	Name     string
	Instance uint32
}

// CoreExport is an item under a name.
type CoreExport struct {
	Name string
	Ref
}

// CoreType is a core type. Nothing refers to it when a component runs.
type CoreType struct {
	Pos
	// Type is a *CoreFuncType or a *ModuleType.
	Type CoreDefType
	expr any // module.FuncType or *moduleExpr
}

// Adds implements Definition.
func (*CoreType) Adds() Sort { return SortCoreType }

// Adds implements Definition.
func (*Component) Adds() Sort { return SortComponent }

// Instance is an instance of a component, or made up of items that are there.
type Instance struct {
	Pos
	// Instantiates tells the two apart: then Component and Args count, else
	// Exports.
	Instantiates bool
	Component    uint32
	Args         []Arg
	Exports      []InlineExport
	// Type is what it exports. Its resources are this component's: those that
	// instantiating makes are new.
	Type *InstanceType
}

// Adds implements Definition.
func (*Instance) Adds() Sort { return SortInstance }

// Arg is an item given to the import of that name.
type Arg struct {
	Name string
	Ref
	Type Type // of the item
}

// InlineExport is an item under a name.
type InlineExport struct {
	Name ExternName
	Ref
	Type Type // of the item
}

// AliasTarget is where an alias finds its item.
type AliasTarget uint8

// The targets of aliases.
const (
	AliasExport     AliasTarget = iota // of an instance
	AliasCoreExport                    // of a core instance
	AliasOuter                         // of a component around this one, or this one
)

// Alias adds an item of another place to an index space of this component.
type Alias struct {
	Pos
	Sort   Sort
	Target AliasTarget
	// Instance and Name tell whose export it is.
	Instance uint32
	Name     string
	// Count is how many scopes further out an AliasOuter looks, 0 for this
	// component, and Index what it finds there. Where the alias is a
	// component's, every scope is a component.
	Count, Index uint32
	// Type is that of the item, where Sort is not of the core, or SortCoreModule.
	Type Type
}

// Adds implements Definition.
func (a *Alias) Adds() Sort { return a.Sort }

// TypeDef is a type.
type TypeDef struct {
	Pos
	Type Type
	// Defines is how the component defines the resource that Type is; nil where
	// Type is no resource.
	Defines *ResourceDefinition

	expr any // *valueExpr, *funcExpr, *resourceExpr or *scopeExpr
}

// Adds implements Definition.
func (*TypeDef) Adds() Sort { return SortType }

// Import is an item that the component wants.
type Import struct {
	Pos
	Name ExternName
	// Extern is its sort and type. The resources that it brings are new.
	Extern
	expr externExpr
}

// Adds implements Definition.
func (i *Import) Adds() Sort { return i.Sort }

// Export is an item that the component gives. It adds that item, under the
// type that it is exported as, to the index space again.
type Export struct {
	Pos
	Name ExternName
	// Index is what is exported, of Sort, and Item its type.
	Index uint32
	Item  Type
	// Extern is its sort and the type that it is exported as. A resource, too, may
	// be exported as another one: while the component runs both are the same.
	Extern
	ascribed *externExpr
}

// Adds implements Definition.
func (e *Export) Adds() Sort { return e.Sort }

// Encoding is how the strings of a function are encoded.
type Encoding uint8

// The encodings.
const (
	UTF8 Encoding = iota
	UTF16
	Latin1OrUTF16
)

// String names the encoding as the text format does.
func (e Encoding) String() string { return [...]string{"utf8", "utf16", "latin1+utf16"}[e] }

// None is the index of an option that is not given.
const None = -1

// Options are the options of the canonical ABI. Indices are None where an
// option is not given.
type Options struct {
	Encoding   Encoding
	Memory     int // index of a core memory
	Realloc    int // index of a core function
	PostReturn int // index of a core function; only of a Lift
}

// Lift makes a function of a core function.
type Lift struct {
	Pos
	Func    uint32 // the core function
	Options Options
	// Type is the function's; Core is the core function's.
	Type *FuncType
	Core module.FuncType

	index uint32 // of Type
}

// Adds implements Definition.
func (*Lift) Adds() Sort { return SortFunc }

// Lower makes a core function of a function.
type Lower struct {
	Pos
	Func    uint32 // the function
	Options Options
	// Type is the function's; Core is the core function's.
	Type *FuncType
	Core module.FuncType
}

// Adds implements Definition.
func (*Lower) Adds() Sort { return SortCoreFunc }

// ResourceOp is what a ResourceFunc does.
type ResourceOp uint8

// The operations on resources.
const (
	ResourceNew  ResourceOp = iota // makes a handle of a representation
	ResourceDrop                   // drops a handle
	ResourceRep                    // gives the representation of a handle
)

// String names the operation as the text format does.
func (o ResourceOp) String() string {
	return [...]string{"resource.new", "resource.drop", "resource.rep"}[o]
}

// ResourceFunc is a core function that the canonical ABI has for a resource.
type ResourceFunc struct {
	Pos
	Op   ResourceOp
	Type *ResourceType
	Core module.FuncType

	index uint32 // of Type
}

// Adds implements Definition.
func (*ResourceFunc) Adds() Sort { return SortCoreFunc }
