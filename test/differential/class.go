package differential

import "strings"

// Classes with names.
const (
	outOfFuel = "out of fuel" // what does not end, or not soon
	wrongEcho = "the host's function gives what is of another type"
)

// classes tell what an error is by what the engines say. The first that fits
// counts.
var classes = []struct {
	class string
	texts []string
}{
	{outOfFuel, []string{"all fuel consumed", "out of fuel"}},
	{"the call stack is exhausted", []string{"call stack exhausted"}},
	{"unreachable", []string{"unreachable"}},
	{"division by zero", []string{"integer divide by zero"}},
	{"integer overflow", []string{"integer overflow"}},
	{"float to integer", []string{"invalid conversion to integer", "invalid conversion of a float to an integer"}},
	{wrongEcho, []string{"type mismatch: expected", "result: expected"}},
	{"no such element", []string{"undefined element", "uninitialized element", "undefined table element", "table out of bounds", "out of bounds table access"}},
	{"a function of another type", []string{"indirect call type mismatch"}},
	{"not aligned", []string{"not aligned", "unaligned pointer"}},
	{"discriminant", []string{"discriminant"}},
	{"no character", []string{"out of range for `char`", "invalid `char`"}},
	{"not UTF-8", []string{"invalid utf-8", "incomplete utf-8"}},
	{"a borrow that is given away", []string{"cannot lift own resource from a borrow", "cannot pass on a borrowed resource as owned"}},
	{"no such handle", []string{"unknown handle index", "already de-allocated", "was dropped or passed on"}},
	{"entering", []string{"cannot enter component instance"}},
	{"leaving", []string{"cannot leave component instance"}},
	{"out of bounds", []string{"out of bounds", "out-of-bounds", "beyond end of memory"}},
	{"too much", []string{"fuel allocated for hostcalls has been exhausted", "bytes, more than"}},
}

// alike are classes that are the same mistake, by wasmtime's and by ours: of two
// reasons either may come first.
var alike = map[[2]string]bool{
	{"out of bounds", "too much"}:    true, // a length beyond all bounds
	{"not aligned", "too much"}:      true,
	{"out of bounds", "not aligned"}: true, // the specification looks at the alignment first
}

// agree tells whether two errors are alike.
func agree(wasmtime, ours error) bool {
	p, o := Class(wasmtime), Class(ours)
	return p == o || alike[[2]string{p, o}]
}

// Class gives the class of an error: "none" for nil, and its text for one that
// belongs to no class.
func Class(err error) string {
	if err == nil {
		return "none"
	}
	text := err.Error()
	if at := strings.LastIndex(text, "Caused by:"); at >= 0 { // before it are the functions' names
		text = text[at:]
	}
	text = strings.ToLower(text)
	for _, c := range classes {
		for _, t := range c.texts {
			if strings.Contains(text, t) {
				return c.class
			}
		}
	}
	return err.Error()
}
