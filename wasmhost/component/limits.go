package component

// Bounds on what a binary can make reading it take. Toolchains stay far within
// them: the largest component known to the author of these lines, a JavaScript
// engine with all of WASI, has some thousands of definitions.
const (
	// maxDepth bounds components in components, and types in types.
	maxDepth = 100
	// maxItems bounds all definitions, declarators, fields, cases, parameters,
	// arguments and exports of a binary together, maxTypes the types: what
	// decoding allocates.
	maxItems = 500_000
	maxTypes = 100_000
	// maxName bounds a name, in bytes.
	maxName = 100_000
	// maxFields bounds the fields of one record, the cases of one variant, …
	maxFields = 10_000
	// maxParams bounds the parameters of one function.
	maxParams = 1_000
	// maxList bounds the definitions of one section, the declarators of one
	// type, the arguments and exports of one instance.
	maxList = 100_000
	// maxValueSize bounds a value type written out in full: types are shared,
	// so that few bytes can stand for a type that is larger than memory, and
	// whoever compiles one may walk all of it.
	maxValueSize = 100_000
	// maxTypeSize and maxTypeDepth bound the type of an instance or component
	// written out in full.
	maxTypeSize  = 1_000_000
	maxTypeDepth = 2 * maxDepth
	// maxCopies bounds the types that are made by replacing resources, in the
	// whole binary, each counted by its width; maxSteps bounds what is looked at
	// to compare and replace.
	maxCopies = 300_000
	maxSteps  = 5_000_000
	// maxModules, maxComponents and maxInstances bound what one binary makes an
	// instance consist of; instances of components that have instances multiply,
	// which is for whoever links to bound.
	maxModules    = 1_000
	maxComponents = 1_000
	maxInstances  = 10_000
)

// maxElemSize is the rule of the specification that a value takes less than
// that many bytes in a list, were pointers of 64 bits.
const maxElemSize = 1 << 28

// The canonical ABI's bounds on what travels as core values.
const (
	maxFlatParams  = 16
	maxFlatResults = 1
)
