package component

import (
	"bytes"

	"wippy/wasmhost/module"
)

// These build binaries byte by byte, for what no tool would write.

func u32(v uint32) []byte { return module.AppendU32(nil, v) }

// ref names a value type by its index.
func ref(index int) []byte { return module.AppendSigned(nil, int64(index)) }

func str(s string) []byte { return module.AppendName(nil, s) }

// plain is the name of an import or export, without attributes.
func plain(s string) []byte { return append([]byte{0}, str(s)...) }

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// vec is a number of items and the items.
func vec(items ...[]byte) []byte { return append(u32(uint32(len(items))), cat(items...)...) }

// section is a section of items.
func section(id byte, items ...[]byte) []byte { return module.AppendSection(nil, id, vec(items...)) }

// body is a section that is not of items: a component or core module.
func body(id byte, b []byte) []byte { return module.AppendSection(nil, id, b) }

func assemble(sections ...[]byte) []byte { return append(cat(preamble), cat(sections...)...) }

// repeat makes n items.
func repeat(n int, item func(i int) []byte) [][]byte {
	items := make([][]byte, n)
	for i := range items {
		items[i] = item(i)
	}
	return items
}

// tuple is a tuple of n values of one type.
func tuple(n int, of []byte) []byte {
	return cat([]byte{codeTuple}, u32(uint32(n)), bytes.Repeat(of, n))
}
