package meter

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"wippy/wasmhost/module"
)

// looping is a function that is metered.
func looping() testFunc {
	var c code
	c.begin(opLoop, empty)
	c.i32(0)
	c.with(opBrIf, 0)
	c.op(opEnd)
	return testFunc{body: c}
}

// TestCustomSections checks that those survive whose contents are true of the
// rewritten module, too.
func TestCustomSections(t *testing.T) {
	names := []string{"producers", "target_features", "component-type:x", "", "anything", "anything",
		".debug_info", "reloc.CODE", "linking", "metadata.code.branch_hint", "sourceMappingURL", "external_debug_info", "name"}
	kept := names[:6]
	var sections []module.Section
	for i, name := range names {
		body := append(module.AppendName(nil, name), byte(i), 0xff)
		sections = append(sections, module.Section{ID: module.SectionCustom, Body: body})
	}
	for _, f := range []testFunc{looping(), {}} {
		out, _ := rewrite(t, assemble([]testFunc{f}, sections...), Options{})
		var got []string
		for _, s := range read(t, out).Sections {
			if s.ID != module.SectionCustom {
				continue
			}
			name := module.NewReader(s.Body, 0, "custom section").Name()
			if name == "name" {
				continue
			}
			got = append(got, name)
			if i := len(got) - 1; i >= len(kept) || !bytes.Equal(s.Body, sections[i].Body) {
				t.Errorf("section %d is %q", i, s.Body)
			}
		}
		if strings.Join(got, ",") != strings.Join(kept, ",") {
			t.Errorf("kept %q, want %q", got, kept)
		}
		newHost(t).instantiate(t, out, Info{})
	}
}

// TestExportNames takes every name that an added export could have, and many
// that it could not.
func TestExportNames(t *testing.T) {
	const taken, others = 3000, 300_000
	var exports items
	for i := range others {
		exports.add(append(module.AppendName(nil, fmt.Sprint("\x00fuel'", i)), byte(module.Func), 0))
	}
	name := "\x00fuel"
	for range taken {
		exports.add(append(module.AppendName(nil, name), byte(module.Func), 0))
		name += "'"
	}
	binary := assemble([]testFunc{looping()}, module.Section{ID: module.SectionExport, Body: exports.section()})
	m := read(t, binary)
	begun := time.Now()
	_, info, err := Rewrite(m, Options{})
	if err != nil || info.Fuel != name {
		t.Errorf("%v, fuel is exported as %q", err, info.Fuel)
	}
	t.Log(time.Since(begun))
}
