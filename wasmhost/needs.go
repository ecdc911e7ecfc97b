package wasmhost

import (
	"slices"
	"strings"

	"wippy/wasmhost/linker"
	"wippy/wasmhost/procworld"
)

// wantsEvery tells of a function of preview 1 that what grants it is wanted
// altogether: whoever writes means standard output as well as files.
func wantsEvery(name string) bool { return name == "fd_read" || name == "fd_write" }

// wasiInterfaces are the interfaces of WASI 0.2 that a component can import, by
// package. What a package is called grants it.
var wasiInterfaces = map[string]string{
	"wasi:cli":        "environment exit stdin stdout stderr terminal-input terminal-output terminal-stdin terminal-stdout terminal-stderr",
	"wasi:io":         "error poll streams",
	"wasi:clocks":     "monotonic-clock wall-clock",
	"wasi:random":     "random insecure insecure-seed",
	"wasi:filesystem": "types preopens",
	"wasi:sockets":    "network instance-network tcp tcp-create-socket udp udp-create-socket ip-name-lookup",
	"wasi:http":       "types outgoing-handler",
}

// wasiVersion is the version of these interfaces, as far as others are
// compatible to it.
const wasiVersion = "0.2.0"

// interfaceNeeds gives the capabilities that grant an interface, any of them,
// the least first. Of one that nothing provides it gives none, and a note on
// what may help, which may be empty.
func interfaceNeeds(name string) (needs []string, note string) {
	i, ok := linker.ParseInterface(name)
	if !ok {
		return nil, ""
	}
	own, _ := linker.ParseInterface(procworld.Name)
	switch {
	case i.Package == own.Package && i.Name == own.Name:
		if !linker.Compatible(own.Version, i.Version) {
			return nil, procworld.Name + " is there"
		}
		return []string{procworld.Capability}, ""
	case !slices.Contains(strings.Fields(wasiInterfaces[i.Package]), i.Name):
		return nil, ""
	case !linker.Compatible(wasiVersion, i.Version):
		return nil, i.Package + "/" + i.Name + " is there in version 0.2.x"
	case i.Package == "wasi:io" && i.Name == "poll":
		return []string{"wasi:poll", i.Package}, ""
	}
	return []string{i.Package}, ""
}
