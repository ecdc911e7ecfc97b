package wasmhost

import "slices"

// wantsEvery tells of a function of preview 1 that what grants it is wanted
// altogether: whoever writes means standard output as well as files.
func wantsEvery(name string) bool { return name == "fd_read" || name == "fd_write" }

// interfaceNeeds gives the capabilities that grant an interface, any of them,
// the least first. Of one that nothing provides it gives none, and a note on
// what may help, which may be empty.
func interfaceNeeds(name string) (needs []string, note string) {
	switch i, compatible := interfaces.Find(name); {
	case i == nil:
		return nil, ""
	case compatible:
		needs = slices.Clone(i.Grants)
		slices.Reverse(needs)
		return needs, ""
	case i.Version != "":
		return nil, i.Name + "@" + i.Version + " is there"
	default:
		return nil, i.Name + " is there in version 0.2.x"
	}
}
