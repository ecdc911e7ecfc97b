// Package preview1 is WASI preview 1, wasi_snapshot_preview1, for core modules:
// all of its functions, over the same worlds, streams and files as WASI 0.2
// (SPEC section 2, process.wasm's imports). [Module] gives them.
//
// What needs a grant is decided when a function is called, since toolchains
// import more than they call: see [Groups]. Without it the answer is ENOTCAPABLE,
// and one line in the log names what would grant it.
//
// Structures are laid out as the specification says. An address that is not in
// the guest's memory traps.
package preview1

import (
	"log/slog"
	"slices"

	"wippy/wasmhost/imports"
	"wippy/wasmhost/module"
)

// Name is what a core module imports the functions from.
const Name = "wasi_snapshot_preview1"

// Module gives the functions.
func Module() *imports.Module { return preview1 }

// The groups that grant functions.
const (
	cli        = "wasi:cli"
	ioGroup    = "wasi:io"
	pollGroup  = "wasi:poll"
	random     = "wasi:random"
	filesystem = "wasi:filesystem"
	sockets    = "wasi:sockets"
)

// function is one of preview 1's.
type function struct {
	name   string
	params string // "i" for an i32, "I" for an i64
	// groups are those that grant it, any of them, the least first; none for what
	// needs no grant, or decides by what it is called with.
	groups []string
	// descriptor are the groups that such a descriptor comes from, or that is
	// needed for waiting for one.
	descriptor []string
	// suspends tells that the process may wait within it: what looks at a
	// descriptor opens the mounts the first time.
	suspends bool
	run      func(x *call, a []uint64) errno
}

var (
	onFile = []string{filesystem}
	onAny  = []string{cli, filesystem}
	polls  = []string{pollGroup, ioGroup}
)

var functions = []function{
	{name: "args_get", params: "ii", groups: []string{cli}, run: argsGet},
	{name: "args_sizes_get", params: "ii", groups: []string{cli}, run: argsSizesGet},
	{name: "environ_get", params: "ii", groups: []string{cli}, run: environGet},
	{name: "environ_sizes_get", params: "ii", groups: []string{cli}, run: environSizesGet},
	{name: "clock_res_get", params: "ii", run: clockResGet},
	{name: "clock_time_get", params: "iIi", run: clockTimeGet},
	{name: "fd_advise", params: "iIIi", descriptor: onFile, suspends: true, run: fdAdvise},
	{name: "fd_allocate", params: "iII", descriptor: onFile, suspends: true, run: fdAllocate},
	{name: "fd_close", params: "i", descriptor: onAny, suspends: true, run: fdClose},
	{name: "fd_datasync", params: "i", descriptor: onFile, suspends: true, run: fdDatasync},
	{name: "fd_fdstat_get", params: "ii", descriptor: onAny, suspends: true, run: fdFdstatGet},
	{name: "fd_fdstat_set_flags", params: "ii", descriptor: onAny, suspends: true, run: fdFdstatSetFlags},
	{name: "fd_fdstat_set_rights", params: "iII", descriptor: onAny, suspends: true, run: fdFdstatSetRights},
	{name: "fd_filestat_get", params: "ii", descriptor: onAny, suspends: true, run: fdFilestatGet},
	{name: "fd_filestat_set_size", params: "iI", descriptor: onFile, suspends: true, run: fdFilestatSetSize},
	{name: "fd_filestat_set_times", params: "iIIi", descriptor: onFile, suspends: true, run: fdFilestatSetTimes},
	{name: "fd_pread", params: "iiiIi", descriptor: onFile, suspends: true, run: fdPread},
	{name: "fd_prestat_get", params: "ii", suspends: true, run: fdPrestatGet},
	{name: "fd_prestat_dir_name", params: "iii", suspends: true, run: fdPrestatDirName},
	{name: "fd_pwrite", params: "iiiIi", descriptor: onFile, suspends: true, run: fdPwrite},
	{name: "fd_read", params: "iiii", descriptor: onAny, suspends: true, run: fdRead},
	{name: "fd_readdir", params: "iiiIi", descriptor: onFile, suspends: true, run: fdReaddir},
	{name: "fd_renumber", params: "ii", descriptor: onAny, suspends: true, run: fdRenumber},
	{name: "fd_seek", params: "iIii", descriptor: onAny, suspends: true, run: fdSeek},
	{name: "fd_sync", params: "i", descriptor: onFile, suspends: true, run: fdSync},
	{name: "fd_tell", params: "ii", descriptor: onAny, suspends: true, run: fdTell},
	{name: "fd_write", params: "iiii", descriptor: onAny, suspends: true, run: fdWrite},
	{name: "path_create_directory", params: "iii", groups: []string{filesystem}, suspends: true, run: pathCreateDirectory},
	{name: "path_filestat_get", params: "iiiii", groups: []string{filesystem}, suspends: true, run: pathFilestatGet},
	{name: "path_filestat_set_times", params: "iiiiIIi", groups: []string{filesystem}, suspends: true, run: pathFilestatSetTimes},
	{name: "path_link", params: "iiiiiii", groups: []string{filesystem}, suspends: true, run: pathLink},
	{name: "path_open", params: "iiiiiIIii", groups: []string{filesystem}, suspends: true, run: pathOpen},
	{name: "path_readlink", params: "iiiiii", groups: []string{filesystem}, suspends: true, run: pathReadlink},
	{name: "path_remove_directory", params: "iii", groups: []string{filesystem}, suspends: true, run: pathRemoveDirectory},
	{name: "path_rename", params: "iiiiii", groups: []string{filesystem}, suspends: true, run: pathRename},
	{name: "path_symlink", params: "iiiii", groups: []string{filesystem}, suspends: true, run: pathSymlink},
	{name: "path_unlink_file", params: "iii", groups: []string{filesystem}, suspends: true, run: pathUnlinkFile},
	{name: "poll_oneoff", params: "iiii", descriptor: polls, suspends: true, run: pollOneoff},
	{name: "proc_raise", params: "i", run: procRaise},
	{name: "sched_yield", suspends: true, run: schedYield},
	{name: "random_get", params: "ii", groups: []string{random}, suspends: true, run: randomGet},
	{name: "sock_accept", params: "iii", groups: []string{sockets}, suspends: true, run: sockAccept},
	{name: "sock_recv", params: "iiiiii", groups: []string{sockets}, suspends: true, run: sockRecv},
	{name: "sock_send", params: "iiiii", groups: []string{sockets}, suspends: true, run: sockSend},
	{name: "sock_shutdown", params: "ii", groups: []string{sockets}, suspends: true, run: sockShutdown},
}

// procExitName is the one that gives no answer.
const procExitName = "proc_exit"

var preview1 = makeModule()

func makeModule() *imports.Module {
	m := &imports.Module{Name: Name}
	for i := range functions {
		f := &functions[i]
		m.Funcs = append(m.Funcs, imports.Func{
			Name: f.name,
			Type: module.FuncType{Params: types(f.params), Results: types("i")},
			Free: true, // it is f that asks for grants
			Call: f.call, Suspends: f.suspends, Memory: len(f.params) > 1,
			TakesArguments: f.name == "args_get",
		})
	}
	m.Funcs = append(m.Funcs, imports.Func{
		Name: procExitName, Type: module.FuncType{Params: types("i")}, Free: true, Call: procExit,
	})
	return m
}

func types(letters string) []module.ValType {
	var ts []module.ValType
	for _, l := range letters {
		if l == 'I' {
			ts = append(ts, module.I64)
		} else {
			ts = append(ts, module.I32)
		}
	}
	return ts
}

// Groups gives what grants a function: any of the names, the least first, or
// nothing where it needs no grant. Those on descriptors need what gave the
// descriptor. False if there is no such function.
func Groups(name string) (groups []string, ok bool) {
	if name == procExitName {
		return nil, true
	}
	i := slices.IndexFunc(functions, func(f function) bool { return f.name == name })
	if i < 0 {
		return nil, false
	}
	return append(functions[i].groups, functions[i].descriptor...), true
}

// Ungranted gives, of functions that a module imports, those that answer
// ENOTCAPABLE with some grants, and the groups to grant.
func Ungranted(grants imports.Grants, names []string) (denied, groups []string) {
	for i := range functions {
		f := &functions[i]
		if len(f.groups) == 0 || !slices.Contains(names, f.name) || slices.ContainsFunc(f.groups, grants.Has) {
			continue
		}
		denied = append(denied, f.name)
		if !slices.Contains(groups, f.groups[0]) {
			groups = append(groups, f.groups[0])
		}
	}
	return denied, groups
}

// call is a process within one of the functions. It lives as long as the
// process, and keeps what that has of preview 1.
type call struct {
	*imports.Caller
	function *function // that is called
	table    table
	denied   []string // groups that the log has a line about
}

func (f *function) call(c *imports.Caller, stack []uint64) {
	x := within(c)
	x.function = f
	if len(f.groups) > 0 && !x.granted(f.groups...) {
		stack[0] = uint64(x.refuse(f, stack))
		return
	}
	stack[0] = uint64(f.run(x, stack))
}

// refuse answers for a function that is not granted: arguments and environment
// are empty then, everything else is an error.
func (x *call) refuse(f *function, a []uint64) errno {
	switch f.name {
	case "args_get", "environ_get":
		return success
	case "args_sizes_get", "environ_sizes_get":
		return x.sizes(nil, a)
	}
	return x.deny(f.groups[0])
}

func within(c *imports.Caller) *call {
	if x, ok := c.World.Table.(*call); ok {
		return x
	}
	x := &call{Caller: c}
	c.World.Table = x
	return x
}

func (x *call) granted(groups ...string) bool {
	return slices.ContainsFunc(groups, x.Grants.Has)
}

// deny says once for each group in the log what would grant it.
func (x *call) deny(group string) errno {
	if !slices.Contains(x.denied, group) {
		x.denied = append(x.denied, group)
		line := x.Grants.With(group)
		fix := slog.String("write", line)
		if x.Namespace() == "" { // it is no entry
			fix = slog.String("fix", imports.WithoutEntry(line, group))
		}
		x.Logger().Warn("a function of WASI is not granted and answers ENOTCAPABLE", "function", x.function.name, "needs", group, fix)
	}
	return enotcapable
}
