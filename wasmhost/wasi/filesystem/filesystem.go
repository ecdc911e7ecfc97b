// Package filesystem is wasi:filesystem of WASI 0.2, over package files, which
// confines paths and says what each error means (SPEC section 2, wasi.mounts).
//
// A stream of a file keeps the file open: a guest may drop the descriptor
// before. What a directory has is is-directory to functions on files, and
// a file not-directory to functions on paths.
package filesystem

import (
	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/clocks"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/wasio"
)

// Grant is the capability of the interfaces.
const Grant = "wasi:filesystem"

// types are those of wasi:filesystem/types that its functions name.
const types = clocks.DatetimeType + `
enum descriptor-type { unknown, block-device, character-device, directory, fifo, symbolic-link, regular-file, socket }
flags descriptor-flags { read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory }
record descriptor-stat {
  %type: descriptor-type, link-count: u64, size: u64,
  data-access-timestamp: option<datetime>, data-modification-timestamp: option<datetime>, status-change-timestamp: option<datetime>,
}
flags path-flags { symlink-follow }
flags open-flags { create, directory, exclusive, truncate }
variant new-timestamp { no-change, now, timestamp(datetime) }
record directory-entry { %type: descriptor-type, name: string }
enum error-code {
  access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress,
  interrupted, invalid, io, is-directory, loop, too-many-links, message-size, name-too-long, no-device, no-entry, no-lock,
  insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device,
  overflow, not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device,
}
enum advice { normal, sequential, random, will-need, dont-need, no-reuse }
record metadata-hash-value { lower: u64, upper: u64 }`

// method makes a function of a descriptor's. params are those after the
// descriptor; ok is the type of what comes back, "_" for nothing.
func method(name, params, ok string, run func(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error)) iface.Func {
	return iface.Func{
		Name:      "[method]descriptor." + name,
		Signature: "func(self: borrow<descriptor>" + params + ") -> result<" + ok + ", error-code>",
		Run: func(p *iface.Process, c *canon.Call) error {
			d, err := Descriptors.Arg(p, c, 0)
			if err != nil {
				return err
			}
			v, err := run(p, c, d)
			return answer(c, v, err)
		},
	}
}

// viewing has a function see its bytes where the guest has them.
func viewing(f iface.Func) iface.Func {
	f.Views = true
	return f
}

// answer makes the result of a function: the payload, or the error-code. What
// is no error of a file's ends the process.
func answer(c *canon.Call, v mailbox.Value, err error) error {
	switch err := err.(type) {
	case nil:
		c.OK(v)
	case *canon.Trap:
		return err
	default:
		c.Err(errorCode(err))
	}
	return nil
}

func errorCode(err error) mailbox.Value { return mailbox.Uint(uint64(files.CodeOf(err).Case())) }

// Interfaces are those of wasi:filesystem.
func Interfaces() []*iface.Interface {
	grants := []string{Grant}
	return []*iface.Interface{
		iface.New("wasi:filesystem/preopens", grants, "",
			iface.Func{Name: "get-directories", Signature: "func() -> list<tuple<own<descriptor>, string>>", Run: getDirectories}),
		iface.New("wasi:filesystem/types", grants, types,
			method("read-via-stream", ", offset: u64", "own<input-stream>", readViaStream),
			method("write-via-stream", ", offset: u64", "own<output-stream>", writeViaStream),
			method("append-via-stream", "", "own<output-stream>", appendViaStream),
			method("advise", ", offset: u64, length: u64, advice: advice", "_", advise),
			method("sync-data", "", "_", syncData),
			method("get-flags", "", "descriptor-flags", getFlags),
			method("get-type", "", "descriptor-type", getType),
			method("set-size", ", size: u64", "_", setSize),
			method("set-times", ", data-access-timestamp: new-timestamp, data-modification-timestamp: new-timestamp", "_", setTimes),
			method("read", ", length: u64, offset: u64", "tuple<list<u8>, bool>", read),
			viewing(method("write", ", buffer: list<u8>, offset: u64", "u64", write)),
			method("read-directory", "", "own<directory-entry-stream>", readDirectory),
			method("sync", "", "_", syncAll),
			method("create-directory-at", ", path: string", "_", createDirectoryAt),
			method("stat", "", "descriptor-stat", stat),
			method("stat-at", ", path-flags: path-flags, path: string", "descriptor-stat", statAt),
			method("set-times-at", ", path-flags: path-flags, path: string, data-access-timestamp: new-timestamp, data-modification-timestamp: new-timestamp", "_", setTimesAt),
			method("link-at", ", old-path-flags: path-flags, old-path: string, new-descriptor: borrow<descriptor>, new-path: string", "_", linkAt),
			method("open-at", ", path-flags: path-flags, path: string, open-flags: open-flags, %flags: descriptor-flags", "own<descriptor>", openAt),
			method("readlink-at", ", path: string", "string", readlinkAt),
			method("remove-directory-at", ", path: string", "_", removeDirectoryAt),
			method("rename-at", ", old-path: string, new-descriptor: borrow<descriptor>, new-path: string", "_", renameAt),
			method("symlink-at", ", old-path: string, new-path: string", "_", symlinkAt),
			method("unlink-file-at", ", path: string", "_", unlinkFileAt),
			iface.Func{Name: "[method]descriptor.is-same-object", Signature: "func(self: borrow<descriptor>, other: borrow<descriptor>) -> bool", Run: isSameObject},
			method("metadata-hash", "", "metadata-hash-value", metadataHash),
			method("metadata-hash-at", ", path-flags: path-flags, path: string", "metadata-hash-value", metadataHashAt),
			iface.Func{Name: "[method]directory-entry-stream.read-directory-entry", Signature: "func(self: borrow<directory-entry-stream>) -> result<option<directory-entry>, error-code>", Run: readDirectoryEntry},
			iface.Func{Name: "filesystem-error-code", Signature: "func(err: borrow<error>) -> option<error-code>", Run: filesystemErrorCode},
		).With(Descriptors.Type, entryStreams.Type),
	}
}

// filesystemErrorCode tells what an error of a stream was, if it was of a file.
func filesystemErrorCode(p *iface.Process, c *canon.Call) error {
	err, trap := wasio.Errors.Arg(p, c, 0)
	if trap != nil {
		return trap
	}
	if code, ok := err.(files.Code); ok {
		c.Return(errorCode(code))
	}
	return nil
}

// getDirectories opens the mounts, anew each time.
func getDirectories(p *iface.Process, c *canon.Call) error {
	preopens, err := p.World.Preopens(p)
	if err != nil {
		return mailbox.Errorf(mailbox.Failed, "the mounts cannot be opened: %w", err)
	}
	list := make([]mailbox.Value, len(preopens))
	for i, o := range preopens {
		list[i] = canon.Record(newDescriptor(p, o.Dir), iface.Text(o.Guest))
	}
	c.Return(canon.List(list))
	return nil
}
