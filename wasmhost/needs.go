package wasmhost

import (
	"fmt"
	"strings"

	"wippy/wasmhost/component"
	"wippy/wasmhost/procworld"
)

const preview1Name = "wasi_snapshot_preview1"

// need is what grants a function of preview 1.
type need struct {
	needs []string // any of them, nil for none
	// every tells that the first is wanted even where another is granted: whoever
	// writes means standard output as well as files.
	every bool
}

// preview1Needs are the functions of WASI preview 1 and what grants them, as
// SPEC section 2 has it. Those on a descriptor need what gave the descriptor.
var preview1Needs = func() map[string]need {
	const cli, files = "wasi:cli", "wasi:filesystem"
	m := make(map[string]need)
	for names, n := range map[string]need{
		"args_get args_sizes_get environ_get environ_sizes_get": {needs: []string{cli}},
		// Without a grant there are no mounts, and these say so.
		"clock_res_get clock_time_get fd_prestat_get fd_prestat_dir_name proc_exit proc_raise sched_yield": {},
		"fd_read fd_write": {needs: []string{cli, files}, every: true},
		"fd_advise fd_allocate fd_datasync fd_filestat_set_size fd_filestat_set_times fd_pread fd_pwrite fd_readdir fd_sync": {needs: []string{files}},
		"fd_close fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights fd_filestat_get fd_renumber fd_seek fd_tell":        {needs: []string{cli, files}},
		"path_create_directory path_filestat_get path_filestat_set_times path_link path_open path_readlink":                  {needs: []string{files}},
		"path_remove_directory path_rename path_symlink path_unlink_file":                                                    {needs: []string{files}},
		"poll_oneoff": {needs: []string{"wasi:poll", "wasi:io"}},
		"random_get":  {needs: []string{"wasi:random"}},
		"sock_accept sock_recv sock_send sock_shutdown": {needs: []string{"wasi:sockets"}},
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = n
		}
	}
	return m
}()

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

// interfaceNeeds gives the capabilities that grant an interface, any of them,
// the least first; false for one that nothing provides.
func interfaceNeeds(name string) ([]string, bool) {
	if name == procworld.Name {
		return []string{procworld.Capability}, true
	}
	n, err := component.ParseName(name)
	if err != nil || n.Kind != component.InterfaceName {
		return nil, false
	}
	pkg := n.Namespace + ":" + n.Package
	if !provides(pkg, n.Label) || !isWASI02(n.Version) {
		return nil, false
	}
	if pkg == "wasi:io" && n.Label == "poll" {
		return []string{"wasi:poll", pkg}, true
	}
	return []string{pkg}, true
}

func provides(pkg, label string) bool {
	for name := range strings.FieldsSeq(wasiInterfaces[pkg]) {
		if name == label {
			return true
		}
	}
	return false
}

// isWASI02 tells whether a version is one of 0.2, its drafts left out: those are
// all alike to whoever imports them.
func isWASI02(version string) bool {
	return strings.HasPrefix(version, "0.2.") && !strings.ContainsAny(version, "-")
}

// whyUnknown says about an interface that nothing provides what may help.
func whyUnknown(name string) string {
	n, err := component.ParseName(name)
	if err != nil || n.Kind != component.InterfaceName {
		return ""
	}
	own, _, _ := strings.Cut(procworld.Name, "@")
	switch pkg := n.Namespace + ":" + n.Package; {
	case provides(pkg, n.Label):
		return fmt.Sprintf("%s is there in version 0.2.x", pkg+"/"+n.Label)
	case pkg+"/"+n.Label == own:
		return procworld.Name + " is there"
	}
	return ""
}
