package wasmhost

import (
	"slices"
	"strings"

	"wippy/wasmhost/linker"
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
