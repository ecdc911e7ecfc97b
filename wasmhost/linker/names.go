package linker

import (
	"strconv"
	"strings"

	"wippy/wasmhost/component"
	"wippy/wasmhost/wit"
)

// Interface is the name of an interface, taken apart: wasi:io/poll@0.2.6.
type Interface struct {
	Package string // "wasi:io"
	Name    string // "poll"
	Version string // "0.2.6", or "" for none
}

// ParseInterface takes a name apart; false for what does not name an interface of
// a package.
func ParseInterface(name string) (Interface, bool) {
	n, err := component.ParseName(name)
	if err != nil || n.Kind != component.InterfaceName {
		return Interface{}, false
	}
	return Interface{n.Namespace + ":" + n.Package, n.Label, n.Version}, true
}

// String gives the name.
func (i Interface) String() string {
	s := i.Package + "/" + i.Name
	if i.Version != "" {
		s += "@" + i.Version
	}
	return s
}

// Compatible tells whether an interface in the version that a host has can stand for
// the version that is wanted, by the rules of semantic versions: those of which
// the first number that is not zero, and all before it, are the same. What is
// in preview, as 0.3.0-rc-1, is compatible to itself alone.
func Compatible(has, wants string) bool {
	if has == wants {
		return true
	}
	return track(has) != "" && track(has) == track(wants)
}

// track gives what compatible versions have in common, "" if nothing has.
func track(version string) string {
	version, _, _ = strings.Cut(version, "+")
	if strings.Contains(version, "-") {
		return ""
	}
	parts := strings.Split(version, ".")
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil {
			return ""
		}
		if n > 0 && i < 2 {
			return strings.Join(parts[:i+1], ".")
		}
	}
	return ""
}

// Import is what a component imports under one name: an interface, or a
// function by itself.
type Import struct {
	Name string
	// Funcs are the functions, of an interface under their names within it.
	Funcs []wit.Func
	// Resources are the names of the resource types that it brings.
	Resources []string
	// Sort is SortInstance for an interface.
	Sort component.Sort
}

// Imports lists what a component imports. What brings no functions is there for
// its types, and needs nobody to provide it.
func Imports(c *component.Component) []Import {
	var list []Import
	for _, x := range c.Type.Imports() {
		i := Import{Name: x.Name, Sort: x.Sort}
		if f, ok := x.Func(); ok {
			i.Funcs = []wit.Func{f}
		}
		if t, ok := x.Type.(*component.InstanceType); ok && x.Sort == component.SortInstance {
			for _, y := range t.Exports() {
				if f, ok := y.Func(); ok {
					i.Funcs = append(i.Funcs, f)
				} else if _, ok := y.Type.(*component.ResourceType); ok {
					i.Resources = append(i.Resources, y.Name)
				}
			}
		}
		list = append(list, i)
	}
	return list
}
