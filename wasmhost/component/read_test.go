package component

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wippy/wasmhost/module"
)

// TestErrors shows what errors say, and where; that everything that is invalid
// is refused is for the specification's test suite, which test/wast runs.
func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		want   string
		binary []byte
	}{
		{"truncated: a component's header has 8 bytes, 0 are there (at byte 0x0)", nil},
		{"not WebAssembly: it begins with 28 63 6f 6d, a binary begins with 00 61 73 6d (at byte 0x0)", []byte("(component)")},
		{"not a component: its layer is 00 00, a component has 01 00 (at byte 0x6)", module.Preamble()},
		{"a component of an unknown version: 0e 00; this runtime knows 0d 00 (at byte 0x4)", []byte("\x00asm\x0e\x00\x01\x00")},
		{"component: unknown section 13 (at byte 0x9)", assemble([]byte{13, 0})},
		{"type section: 1 bytes too many (at byte 0xc)", assemble(body(sectionType, []byte{1, codeBool, 0}))},
		{"type section: unknown form 0x44 of type (at byte 0xc)", assemble(section(sectionType, []byte{0x44}))},
		{"core module: type section: truncated: one more byte expected (at byte 0x14)", assemble(body(sectionCoreModule, cat(module.Preamble(), []byte{1, 0})))},
		{"there is no type 2: those defined before are 0 to 1 (at byte 0xd)", assemble(section(sectionType, []byte{codeBool}, []byte{codeBool}, []byte{codeList, 2}))},
		{"type 0 is an enum, a resource is expected (at byte 0xf)", assemble(section(sectionType, cat([]byte{codeEnum}, vec(str("a"))), []byte{codeOwn, 0}))},
		{`import: "a.b" is not the name of an import or export: "a.b" has characters other than letters, digits and - (at byte 0x10)`,
			assemble(section(sectionType, []byte{codeInstanceType, 0}), section(sectionImport, cat(plain("a.b"), []byte{codeInstance, 0})))},
		{`component 0 imports "i", but no argument is called so (at byte 0x22)`,
			assemble(body(sectionComponent, assemble(section(sectionType, []byte{codeInstanceType, 0}), section(sectionImport, cat(plain("i"), []byte{codeInstance, 0})))),
				section(sectionInstance, []byte{codeInstantiate, 0, 0}))},
		{`import "r": its type is or holds a resource that this component makes itself (at byte 0x11)`,
			assemble(section(sectionType, []byte{codeResourceType, byte(module.I32), 0}), section(sectionImport, cat(plain("r"), []byte{codeType, 0, 0})))},
		{"canon section: canon stream.new: this runtime does not support async (at byte 0xc)", assemble(section(sectionCanon, []byte{0x0e, 0}))},
		{"start section: a component's start function: this runtime does not support values (at byte 0xa)", assemble(body(sectionStart, []byte{0, 0, 0}))},
	} {
		_, err := Read(tt.binary)
		if err == nil || err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
}

func TestFeature(t *testing.T) {
	for feature, b := range map[string][]byte{
		featureAsync:         section(sectionType, []byte{codeStream, 0}),
		featureErrorContext:  section(sectionType, []byte{codeErrorContext}),
		featureThreads:       section(sectionCanon, []byte{0x26}),
		featureValues:        section(sectionValue, []byte{codeBool, 1, 1}),
		featureFixedLists:    section(sectionType, []byte{codeFixedList, codeBool, 4}),
		featureMaps:          section(sectionType, []byte{codeMap, codeBool, codeBool}),
		featureMemory64:      section(sectionType, []byte{codeResourceType, byte(module.I64), 0}),
		featureVersionSuffix: section(sectionImport, cat([]byte{2}, str("a:b/c@1"), vec(cat([]byte{codeVersionSuffix}, str(".0.0"))), []byte{codeFunc, 0})),
		featureGC:            section(sectionCoreType, []byte{0x5f, 0}),
		"":                   section(sectionType, []byte{0x44}),
	} {
		_, err := Read(assemble(b))
		var e *Error
		if !errors.As(err, &e) || e.Feature != feature {
			t.Errorf("%q: %v", feature, err)
		}
	}
}

// TestLongMessage tells that names in messages cannot make them endless.
func TestLongMessage(t *testing.T) {
	name := strings.Repeat("A-", maxName/2)
	_, err := Read(assemble(section(sectionType, []byte{codeInstanceType, 0}), section(sectionImport, cat(plain(name), []byte{codeInstance, 0}))))
	if n := len(fmt.Sprint(err)); err == nil || n > 3000 {
		t.Errorf("a message of %d bytes", n)
	}
}

// TestRealGuests reads the components of a directory of one's own.
func TestRealGuests(t *testing.T) {
	for name, b := range guests(t) {
		t.Run(name, func(t *testing.T) {
			c := mustRead(t, b)
			t.Logf("%d definitions, %d imports, %d exports", len(c.Definitions), len(c.Type.Imports()), len(c.Type.Exports()))
		})
	}
}

// guests gives the components of the directory that WIPPY_GUESTS names.
func guests(t testing.TB) map[string][]byte {
	dir := os.Getenv("WIPPY_GUESTS")
	if dir == "" {
		t.Skip("set WIPPY_GUESTS to a directory of .wasm files")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
	if err != nil || len(files) == 0 {
		t.Fatal("no guests", err)
	}
	found := map[string][]byte{}
	for _, file := range files {
		if b := readFile(t, file); module.IsComponent(b) {
			found[filepath.Base(file)] = b
		}
	}
	return found
}

// FuzzDecode checks that whatever is read is refused with an *Error inside the
// binary, or gives a component that is complete, and the same the next time.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.wasm")
	if err != nil || len(files) == 0 {
		f.Fatal("no components: ", err)
	}
	for _, file := range files {
		f.Add(readFile(f, file))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Read(b)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(b) || e.Message == "" {
				t.Fatalf("%#v", err)
			}
			return
		}
		first, again := printed(c), printed(mustRead(t, b))
		if first != again {
			t.Fatalf("got\n%s\nthen\n%s", first, again)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	binaries := map[string][]byte{}
	for _, name := range []string{"values", "resources", "types"} {
		binaries[name] = readFile(b, filepath.Join("testdata", name+".wasm"))
	}
	if os.Getenv("WIPPY_GUESTS") != "" {
		for name, guest := range guests(b) {
			binaries[name] = guest
		}
	}
	for name, binary := range binaries {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(binary)))
			b.ReportAllocs()
			for b.Loop() {
				mustRead(b, binary)
			}
		})
	}
}
