// Package files gives guests files: the layer below WASI preview 1 and WASI
// 0.2's wasi:filesystem, which are two ways to say the same (SPEC section 2,
// wasi.mounts). It knows neither: no descriptor numbers, rights, streams or
// linear memory. What they have in common is here, the confinement first.
//
// A [Mount] is a directory of the host that guests may use, opened once and
// shared by any number of processes. Its Root is a [Directory]; what a
// directory opens is a Directory or a [File], a [Descriptor] each.
//
// # Confinement
//
// A path is resolved below the directory that it is used with, and nothing it
// names, no symbolic link that it meets, and nobody who renames things
// meanwhile leads out of there: the answer is [NotPermitted]. Absolute paths
// and links that hold one lead out, wherever they point, and a path that goes
// out and comes back does too. Every directory is held by a handle, each call
// acts on one name within a directory that is held, and never follows it if it
// turns out to be a link. What is neither a file nor a directory is not opened
// at all, so that no call waits for a device, pipe or socket.
//
// On Linux the directory that a name is in is found by the kernel (openat2,
// RESOLVE_BENEATH) where it can, and otherwise, as on darwin, by a walk that
// opens one component after the other. On other systems [os.Root] does it.
//
// What this does not do: a hard link, or a mount of the host's, that is below a
// mount gives access to what it names, because whoever put it there could. A
// directory that the host moves out of a mount while a guest holds it stays
// with the guest. If somebody puts a device into the place of a file in the
// very moment that the file is opened, it is opened without waiting and closed
// again, but never read or written. A guest may make links that lead out; they
// lead it nowhere, but other programs of the host that follow them. Disk space is
// not counted here.
//
// # Paths
//
// A path is UTF-8 with slashes between its components, of at most [MaxPath]
// bytes and [MaxDepth] components, and never empty. A slash at the end asks
// for a directory and follows a symbolic link before it. Names that are not
// UTF-8 cannot be used, and listings leave them out.
//
// # Errors
//
// Every error is a [Code].
//
// # Goroutines
//
// Calls are plain system calls and block as the disk does: call them on the
// I/O pool, through Await of a process's context. A Directory, File or Listing
// is used by one goroutine at a time; Close may come from any, at any time,
// and again. Mounts may be used by all at once. The package starts no
// goroutine.
//
// A call that Await abandons goes on by itself, with its descriptor, which
// Close then leaves to it, and with its buffer. So a buffer must be the call's
// own and not a guest's memory, which may be another guest's by then.
//
// # Other systems
//
// darwin has no Allocate, and sets the times of an open file to the
// microsecond. Its directories need to be readable to be passed through.
//
// Windows has what os.Root has. Paths with a backslash or a colon are refused,
// and those that lead through more than eight symbolic links.
// The times of a symbolic link itself, a further name for what one leads to,
// and Allocate are [Unsupported]; the times of a file can be set if it is open
// for writing. Renames and links work within one Directory only, and elsewhere
// answer [CrossDevice]. Append writes at what was the end, so that two
// processes may overwrite each other. Symbolic links and the entries of a
// listing have no inode. The position of a listing is a count of names, so that
// one that is resumed while names come and go may repeat or miss some.
package files
