package component

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"wippy/wasmhost/module"
)

// TestHostile reads binaries that claim, or unfold to, more than they hold.
// Each must be refused for its size, and without taking much memory.
func TestHostile(t *testing.T) {
	const most = 200 << 20 // bytes
	for _, tt := range []struct {
		name, want string
		binary     []byte
	}{
		{"a count", "4294967295 types", assemble(body(sectionType, u32(math.MaxUint32)))},
		{"a name's length", "truncated", assemble(body(sectionImport, cat(u32(1), []byte{0}, u32(math.MaxUint32))))},
		{"a section's size", "truncated", assemble(cat([]byte{sectionType}, u32(math.MaxUint32)))},
		{"nested components", "nested more than 100 deep", nestedComponents(1000)},
		{"nested types", "nested more than 100 deep", nestedTypes(1000)},
		{"nested values", "nested more than 100 deep", assemble(section(sectionType, chain(1000, 1)...))},
		{"values that double", "written out in full", assemble(section(sectionType, chain(64, 2)...))},
		{"wide values", "written out in full", assemble(section(sectionType, chain(3, maxFields)...))},
		{"instances that double", "written out in full", assemble(section(sectionType, instanceChain(90)...))},
		{"nested instances", "nested more than 200 deep", assemble(section(sectionInstance, bags(1000)...))},
		{"long names", "at most 100000 are allowed", assemble(section(sectionImport, cat(plain(strings.Repeat("a", maxName+1)), []byte{codeFunc, 0})))},
		{"many types", "more than 100000 types", manyTypes()},
		{"many definitions", "more than 500000 definitions", manyAliases()},
		{"many instances", "more than 10000 instances", manyInstances()},
		{"many components", "more than 1000 components", assemble(bytes.Repeat(body(sectionComponent, preamble), maxComponents+1))},
		{"many core modules", "more than 1000 core modules", assemble(bytes.Repeat(body(sectionCoreModule, module.Preamble()), maxModules+1))},
		{"copies", "types must be copied", copies()},
		{"comparisons", "more than 5000000 steps", comparisons()},
		{"core imports", "more than 5000000 steps", coreImports()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Read(tt.binary)
			runtime.ReadMemStats(&after)
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, tt.want) {
				t.Errorf("got %v, want something with %q", err, tt.want)
			}
			allocated := after.TotalAlloc - before.TotalAlloc
			t.Logf("%d bytes: %d MB allocated: %v", len(tt.binary), allocated>>20, err)
			if allocated > most {
				t.Errorf("%d MB allocated for %d bytes", allocated>>20, len(tt.binary))
			}
		})
	}
}

func nestedComponents(n int) []byte {
	b := cat(preamble)
	for range n {
		b = assemble(body(sectionComponent, b))
	}
	return b
}

// nestedTypes is an instance's type in an instance's type, and so on.
func nestedTypes(n int) []byte {
	typ := []byte{codeInstanceType, 0}
	for range n {
		typ = cat([]byte{codeInstanceType, 1, codeDeclareType}, typ)
	}
	return assemble(section(sectionType, typ))
}

// chain is types that are tuples of n of the one before.
func chain(length, n int) [][]byte {
	return repeat(length, func(i int) []byte {
		if i == 0 {
			return tuple(n, []byte{codeBool})
		}
		return tuple(n, ref(i-1))
	})
}

// instanceChain is types of instances that export two of the one before.
func instanceChain(n int) [][]byte {
	return repeat(n, func(i int) []byte {
		if i == 0 {
			return []byte{codeInstanceType, 0}
		}
		return cat([]byte{codeInstanceType}, vec(
			cat([]byte{codeDeclareAlias, codeType, codeAliasOuter, 1}, u32(uint32(i-1))),
			cat([]byte{codeDeclareExport}, plain("a"), []byte{codeInstance, 0}),
			cat([]byte{codeDeclareExport}, plain("b"), []byte{codeInstance, 0}),
		))
	})
}

// bags are instances that export the one before.
func bags(n int) [][]byte {
	return repeat(n, func(i int) []byte {
		if i == 0 {
			return []byte{codeExports, 0}
		}
		return cat([]byte{codeExports}, vec(cat(plain("a"), []byte{codeInstance}, u32(uint32(i-1)))))
	})
}

func manyTypes() []byte {
	bools := repeat(maxList, func(int) []byte { return []byte{codeBool} })
	return assemble(section(sectionType, bools...), section(sectionType, bools...))
}

func manyAliases() []byte {
	alias := []byte{codeType, codeAliasOuter, 0, 0}
	aliases := section(sectionAlias, repeat(maxList, func(int) []byte { return alias })...)
	return assemble(section(sectionType, []byte{codeBool}), bytes.Repeat(aliases, 6))
}

func manyInstances() []byte {
	empty := section(sectionInstance, repeat(maxInstances, func(int) []byte { return []byte{codeExports, 0} })...)
	return assemble(empty, empty)
}

// copies is a component that exports much that holds its own resource,
// instantiated often.
func copies() []byte {
	// Of each, an own<r> and a function that returns it, under its own name.
	var exports [][]byte
	for i := range 500 {
		exports = append(exports,
			[]byte{codeDeclareType, codeOwn, 0},
			cat([]byte{codeDeclareType, codeFuncType, 0, 0}, ref(2*i+1)),
			cat([]byte{codeDeclareExport}, plain(fmt.Sprint("f", i)), []byte{codeFunc}, u32(uint32(2*i+2))))
	}
	resource := cat([]byte{codeDeclareExport}, plain("r"), []byte{codeType, 1})
	typ := cat([]byte{codeComponentType}, vec(append([][]byte{resource}, exports...)...))
	return assemble(
		section(sectionType, typ),
		section(sectionImport, cat(plain("c"), []byte{codeComponent, 0})),
		section(sectionInstance, repeat(maxInstances, func(int) []byte { return []byte{codeInstantiate, 0, 0} })...))
}

// comparisons is a component that imports what exports much, instantiated often
// with an instance that is equal, but not the same.
func comparisons() []byte {
	exports := repeat(2000, func(i int) []byte {
		return cat([]byte{codeDeclareExport}, plain(fmt.Sprint("f", i)), []byte{codeFunc, 0})
	})
	typ := cat([]byte{codeInstanceType}, vec(append([][]byte{{codeDeclareType, codeFuncType, 0, 1, 0}}, exports...)...))
	imports := cat(section(sectionType, typ), section(sectionImport, cat(plain("i"), []byte{codeInstance, 0})))
	arg := cat([]byte{codeInstantiate, 0}, vec(cat(str("i"), []byte{codeInstance, 0})))
	return assemble(imports, body(sectionComponent, assemble(imports)),
		section(sectionInstance, repeat(maxInstances, func(int) []byte { return arg })...))
}

// coreImports is a core module that imports much, instantiated often.
func coreImports() []byte {
	const n = 5000
	types := module.AppendSection(nil, module.SectionType, vec([]byte{codeCoreFuncType, 0, 0}))
	imports := repeat(n, func(i int) []byte { return cat(str("m"), str(fmt.Sprint(i)), []byte{0, 0}) })
	user := cat(module.Preamble(), types, module.AppendSection(nil, module.SectionImport, vec(imports...)))
	one := cat(module.Preamble(), types,
		module.AppendSection(nil, module.SectionFunction, vec([]byte{0})),
		module.AppendSection(nil, module.SectionExport, vec(cat(str("f"), []byte{0, 0}))),
		module.AppendSection(nil, module.SectionCode, vec([]byte{2, 0, 0x0b})))
	exports := repeat(n, func(i int) []byte { return cat(str(fmt.Sprint(i)), []byte{0, 0}) })
	return assemble(
		body(sectionCoreModule, one), body(sectionCoreModule, user),
		section(sectionCoreInstance, []byte{codeInstantiate, 0, 0}),
		section(sectionAlias, cat([]byte{codeCore, byte(module.Func), codeAliasCoreExport, 0}, str("f"))),
		section(sectionCoreInstance, cat([]byte{codeExports}, vec(exports...))),
		section(sectionCoreInstance, repeat(maxInstances-2, func(int) []byte {
			return cat([]byte{codeInstantiate, 1}, vec(cat(str("m"), []byte{codeCoreInstance, 1})))
		})...))
}
