package wasi_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/world"
)

// withDir is the world of a process that has a directory as "/".
func withDir(t testing.TB, dir string) setup {
	return setup{config: world.Config{Mounts: []world.Mount{{Guest: "/", Files: mount(t, dir, false)}}}}
}

// root gives the first of the directories.
func root(g *guest) mailbox.Value {
	g.t.Helper()
	list := g.call("preopens-get-directories").Table()
	if list == nil || len(list.List) == 0 {
		g.fatal("there are no directories")
	}
	for _, other := range list.List[1:] {
		g.drop(other.Table().List[0])
	}
	return list.List[0].Table().List[0]
}

const descriptor = "types-descriptor-"

// open opens a file or directory, following links.
func open(g *guest, dir mailbox.Value, path string, how, what []string) mailbox.Value {
	g.t.Helper()
	return g.call(descriptor+"open-at", dir, flags("symlink-follow"), str(path), flags(how...), flags(what...))
}

var (
	create    = []string{"create"}
	reading   = []string{"read"}
	readWrite = []string{"read", "write"}
	follow    = flags("symlink-follow")
	noFollow  = flags()
)

func testFiles(t *testing.T) {
	dir := t.TempDir()
	run(t, withDir(t, dir), func(g *guest) {
		d := root(g)
		f := open(g, d, "f", create, readWrite)
		g.want(g.call(descriptor+"write", f, str("hello"), num(2)), `5`)
		g.want(g.call(descriptor+"read", f, num(100), num(0)), `["\u0000\u0000hello",true]`)
		g.want(g.call(descriptor+"read", f, num(3), num(2)), `["hel",false]`)
		g.want(g.call(descriptor+"read", f, mailbox.Uint(1<<64-1), num(7)), `["",true]`)
		g.call(descriptor+"set-size", f, num(4))
		g.want(field(g.call(descriptor+"stat", f), "size"), `4`)
		g.want(g.call(descriptor+"get-type", f), `"regular-file"`)
		g.want(g.call(descriptor+"get-type", d), `"directory"`)
		g.want(g.call(descriptor+"get-flags", f), `{"read":true,"write":true}`)
		for _, a := range []string{"normal", "sequential", "random", "will-need", "dont-need", "no-reuse"} {
			g.call(descriptor+"advise", f, num(0), num(10), str(a))
		}
		g.call(descriptor+"sync", f)
		g.call(descriptor+"sync-data", f)
		g.call(descriptor+"sync", d)
		big := strings.Repeat("0123456789", 200_000)
		g.want(g.call(descriptor+"write", f, str(big), num(0)), `2000000`)
		at := 0
		for {
			r := g.call(descriptor+"read", f, num(len(big)), num(at)).Table().List
			if r[0].Str() != big[at:at+len(r[0].Str())] {
				t.Fatalf("another text at %d", at)
			}
			if at += len(r[0].Str()); r[1].Bool() {
				break
			}
		}
		if at != len(big) {
			t.Errorf("read %d of %d bytes", at, len(big))
		}

		g.fails(files.IsDirectory, descriptor+"read", d, num(1), num(0))
		g.fails(files.IsDirectory, descriptor+"write", d, str("x"), num(0))
		g.fails(files.IsDirectory, descriptor+"set-size", d, num(1))
		g.fails(files.IsDirectory, descriptor+"advise", d, num(0), num(0), str("normal"))
		g.fails(files.Invalid, descriptor+"advise", f, mailbox.Uint(1<<63), num(0), str("normal"))
		g.fails(files.Invalid, descriptor+"read", f, num(1), mailbox.Uint(1<<63))
		g.fails(files.Invalid, descriptor+"write", f, str("x"), mailbox.Uint(1<<63))
		g.fails(files.FileTooLarge, descriptor+"write", f, str("xy"), mailbox.Uint(1<<63-1))
		g.fails(files.FileTooLarge, descriptor+"set-size", f, mailbox.Uint(1<<64-1))
		only := open(g, d, "f", nil, reading)
		g.fails(files.BadDescriptor, descriptor+"write", only, str("x"), num(0))
		g.fails(files.BadDescriptor, descriptor+"set-size", only, num(0))
		g.call(descriptor+"sync", only)
		write := open(g, d, "f", nil, []string{"write"})
		g.fails(files.BadDescriptor, descriptor+"read", write, num(1), num(0))
		synced := open(g, d, "f", nil, []string{"write", "file-integrity-sync", "data-integrity-sync", "requested-write-sync"})
		g.want(g.call(descriptor+"get-flags", synced), `{"data_integrity_sync":true,"file_integrity_sync":true,"requested_write_sync":true,"write":true}`)
		g.want(g.call(descriptor+"write", synced, str("synced"), num(0)), `6`)
		g.drop(synced, write, only, f, d)
		if g.objects() != 0 || g.caller.World.Handles() != 0 {
			t.Errorf("%d objects and %d handles are left", g.objects(), g.caller.World.Handles())
		}
	})
}

func testFileStreams(t *testing.T) {
	dir := t.TempDir()
	run(t, withDir(t, dir), func(g *guest) {
		d := root(g)
		f := open(g, d, "f", create, readWrite)
		out := g.call(descriptor+"write-via-stream", f, num(3))
		write(g, out, "one")
		write(g, out, "two")
		more := g.call(descriptor+"append-via-stream", f)
		write(g, more, "three")
		g.call("streams-output-stream-check-write", out)
		g.call("streams-output-stream-write", out, str("TH"))
		in := g.call(descriptor+"read-via-stream", f, num(4))
		other := g.call(descriptor+"read-via-stream", f, num(0))
		g.drop(f) // the streams keep the file
		g.want(g.call("streams-input-stream-read", in, num(4)), `"netw"`)
		g.want(g.call("streams-input-stream-skip", other, num(5)), `5`)
		g.want(g.call("streams-input-stream-blocking-read", in, num(100)), `"oTHree"`)
		g.want(g.call("streams-output-stream-splice", more, other, num(100)), `9`)
		g.want(g.call("streams-input-stream-blocking-skip", other, num(100)), `9`)
		g.closed("streams-input-stream-blocking-read", other, num(1))
		g.want(g.call("streams-input-stream-read", in, num(100)), `"etwoTHree"`)
		g.closed("streams-input-stream-read", in, num(100))
		g.want(g.call("poll-pollable-ready", g.call("streams-input-stream-subscribe", in)), `true`)

		g.fails(files.IsDirectory, descriptor+"read-via-stream", d, num(0))
		g.fails(files.IsDirectory, descriptor+"write-via-stream", d, num(0))
		g.fails(files.IsDirectory, descriptor+"append-via-stream", d)
		only := open(g, d, "f", nil, reading)
		g.fails(files.BadDescriptor, descriptor+"write-via-stream", only, num(0))
		g.fails(files.BadDescriptor, descriptor+"append-via-stream", only)
		writer := open(g, d, "f", nil, []string{"write"})
		g.fails(files.BadDescriptor, descriptor+"read-via-stream", writer, num(0))

		far := g.call(descriptor+"write-via-stream", writer, mailbox.Uint(1<<63-1))
		err := g.lastFailed("streams-output-stream-blocking-write-and-flush", far, str("xy"))
		g.want(g.call("types-filesystem-error-code", err), `"file-too-large"`)
		g.want(g.call("error-error-to-debug-string", err), `"file-too-large"`)
		g.closed("streams-output-stream-check-write", far)
		beyond := g.call(descriptor+"read-via-stream", only, mailbox.Uint(1<<64-1))
		for _, name := range []string{"read", "skip"} {
			in := g.call(descriptor+"read-via-stream", only, mailbox.Uint(1<<64-1))
			g.want(g.call("types-filesystem-error-code", g.lastFailed("streams-input-stream-"+name, in, num(1))), `"invalid"`)
		}
		g.closed("streams-output-stream-splice", far, beyond, num(1))
	})
	got, err := os.ReadFile(filepath.Join(dir, "f"))
	if want := "\x00\x00\x00onetwoTHreeetwoTHree"; err != nil || string(got) != want {
		t.Errorf("%q, want %q (%v)", got, want, err)
	}
}

func testPaths(t *testing.T) {
	dir := t.TempDir()
	s := withDir(t, dir)
	s.config.Mounts = append(s.config.Mounts, world.Mount{Guest: "/other", Files: mount(t, t.TempDir(), false)})
	run(t, s, func(g *guest) {
		list := g.call("preopens-get-directories").Table().List
		d, other := list[0].Table().List[0], list[1].Table().List[0]
		g.want(list[1].Table().List[1], `"/other"`)
		g.call(descriptor+"create-directory-at", d, str("sub"))
		g.fails(files.Exist, descriptor+"create-directory-at", d, str("sub"))
		sub := open(g, d, "sub", []string{"directory"}, []string{"read", "mutate-directory"})
		f := open(g, sub, "f", create, readWrite)
		g.fails(files.NotDirectory, descriptor+"create-directory-at", f, str("x"))

		g.call(descriptor+"symlink-at", d, str("sub/f"), str("link"))
		g.want(g.call(descriptor+"readlink-at", d, str("link")), `"sub/f"`)
		g.fails(files.Invalid, descriptor+"readlink-at", d, str("sub/f"))
		g.fails(files.NotPermitted, descriptor+"symlink-at", d, str("/etc/passwd"), str("away"))
		g.fails(files.Exist, descriptor+"symlink-at", d, str("x"), str("link"))
		g.call(descriptor+"symlink-at", d, str("../.."), str("out"))
		for _, path := range []string{"out", "out/x", "../x", "/etc"} {
			g.fails(files.NotPermitted, descriptor+"stat-at", d, follow, str(path))
		}
		g.want(field(g.call(descriptor+"stat-at", d, noFollow, str("link")), "type"), `"symbolic-link"`)
		g.want(field(g.call(descriptor+"stat-at", d, follow, str("link")), "type"), `"regular-file"`)
		g.fails(files.NoEntry, descriptor+"stat-at", d, follow, str("none"))
		g.fails(files.NoEntry, descriptor+"stat-at", d, follow, str(""))
		g.fails(files.Invalid, descriptor+"stat-at", d, follow, str("a\x00b"))
		g.fails(files.NameTooLong, descriptor+"stat-at", d, follow, str(strings.Repeat("x/", 3000)))
		g.fails(files.NotDirectory, descriptor+"stat-at", f, follow, str("x"))

		g.call(descriptor+"link-at", d, noFollow, str("sub/f"), sub, str("again"))
		g.want(field(g.call(descriptor+"stat", f), "link_count"), `2`)
		g.fails(files.Exist, descriptor+"link-at", d, noFollow, str("sub/f"), sub, str("again"))
		g.fails(files.NoEntry, descriptor+"link-at", d, noFollow, str("none"), d, str("x"))
		g.fails(files.NotPermitted, descriptor+"link-at", d, noFollow, str("sub"), d, str("x"))
		g.fails(files.CrossDevice, descriptor+"link-at", d, noFollow, str("sub/f"), other, str("x"))
		g.fails(files.NotDirectory, descriptor+"link-at", d, noFollow, str("sub/f"), f, str("x"))
		g.fails(files.NotDirectory, descriptor+"link-at", f, noFollow, str("sub/f"), d, str("x"))

		g.call(descriptor+"rename-at", sub, str("again"), d, str("moved"))
		g.fails(files.NoEntry, descriptor+"rename-at", sub, str("again"), d, str("moved"))
		g.fails(files.CrossDevice, descriptor+"rename-at", d, str("moved"), other, str("moved"))
		g.fails(files.NotDirectory, descriptor+"rename-at", d, str("moved"), f, str("x"))

		g.call(descriptor+"unlink-file-at", d, str("moved"))
		g.fails(files.IsDirectory, descriptor+"unlink-file-at", d, str("sub"))
		g.fails(files.NoEntry, descriptor+"unlink-file-at", d, str("moved"))
		g.fails(files.NotEmpty, descriptor+"remove-directory-at", d, str("sub"))
		g.fails(files.NotDirectory, descriptor+"remove-directory-at", d, str("link"))
		g.call(descriptor+"unlink-file-at", sub, str("f"))
		g.call(descriptor+"remove-directory-at", d, str("sub"))
	})
}

func testOpen(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("f", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	run(t, withDir(t, dir), func(g *guest) {
		const openAt = descriptor + "open-at"
		d := root(g)
		fails := func(code files.Code, path string, paths mailbox.Value, how, what []string) {
			t.Helper()
			g.fails(code, openAt, d, paths, str(path), flags(how...), flags(what...))
		}
		fails(files.NoEntry, "none", follow, nil, reading)
		fails(files.Exist, "f", follow, []string{"create", "exclusive"}, readWrite)
		fails(files.NotDirectory, "f", follow, []string{"directory"}, reading)
		fails(files.Invalid, "x", follow, []string{"create", "directory"}, readWrite)
		fails(files.Loop, "link", noFollow, nil, reading)
		fails(files.IsDirectory, ".", follow, nil, readWrite)
		fails(files.NotPermitted, "../x", follow, nil, reading)
		f := open(g, d, "link", nil, nil) // without flags it can be read
		g.want(g.call(descriptor+"get-flags", f), `{"read":true}`)
		g.fails(files.NotDirectory, openAt, f, follow, str("x"), flags(), flags("read"))
		open(g, d, "f", []string{"truncate"}, readWrite)
		g.want(field(g.call(descriptor+"stat", f), "size"), `0`)
		open(g, d, "new", []string{"create", "exclusive"}, readWrite)
		for _, what := range [][]string{reading, nil, {"read", "mutate-directory"}} {
			sub := open(g, d, ".", []string{"directory"}, what)
			g.want(g.call(descriptor+"get-flags", sub), `{"mutate_directory":true,"read":true}`)
		}
	})
}

func testDirectories(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for i := range 150 {
		name := strings.Repeat("x", i+1)
		want = append(want, name)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, withDir(t, dir), func(g *guest) {
		const next = "types-directory-entry-stream-read-directory-entry"
		d := root(g)
		s, again := g.call(descriptor+"read-directory", d), g.call(descriptor+"read-directory", d)
		f := open(g, d, "x", nil, reading)
		g.fails(files.NotDirectory, descriptor+"read-directory", f)
		g.drop(d) // the streams go on
		g.call(next, again)
		var names []string
		for e := g.call(next, s); !e.IsNil(); e = g.call(next, s) {
			g.want(field(e, "type"), `"regular-file"`)
			names = append(names, field(e, "name").Str())
		}
		g.want(g.call(next, s), `null`)
		slices.Sort(names)
		if !slices.Equal(names, want) {
			t.Errorf("%d names, want %d", len(names), len(want))
		}
		g.drop(s)
	})
}

func testTimes(t *testing.T) {
	dir := t.TempDir()
	run(t, withDir(t, dir), func(g *guest) {
		const setAt = descriptor + "set-times-at"
		d := root(g)
		f := open(g, d, "f", create, readWrite)
		at := func(seconds, nanos mailbox.Value) mailbox.Value {
			return tab("tag", str("timestamp"), "value", tab("seconds", seconds, "nanoseconds", nanos))
		}
		keep, now := str("no-change"), str("now")
		g.call(descriptor+"set-times", f, at(num(10), num(1000)), at(num(20), num(2000)))
		g.want(field(g.call(descriptor+"stat", f), "data_access_timestamp"), `{"nanoseconds":1000,"seconds":10}`)
		g.want(field(g.call(descriptor+"stat", f), "data_modification_timestamp"), `{"nanoseconds":2000,"seconds":20}`)
		g.call(setAt, d, follow, str("f"), keep, at(num(30), num(0)))
		g.want(field(g.call(descriptor+"stat", f), "data_access_timestamp"), `{"nanoseconds":1000,"seconds":10}`)
		g.want(field(g.call(descriptor+"stat", f), "data_modification_timestamp"), `{"nanoseconds":0,"seconds":30}`)
		g.call(setAt, d, noFollow, str("f"), now, keep)
		if s := number(field(field(g.call(descriptor+"stat", f), "data_access_timestamp"), "seconds")); s < 1e9 {
			t.Errorf("now is %d", s)
		}
		g.fails(files.Invalid, descriptor+"set-times", f, at(num(1), num(1_000_000_000)), keep)
		g.fails(files.Overflow, descriptor+"set-times", f, keep, at(mailbox.Uint(1<<63), num(0)))
		g.fails(files.Overflow, setAt, d, follow, str("f"), keep, at(mailbox.Uint(1<<64-1), num(0)))
		g.fails(files.NoEntry, setAt, d, follow, str("none"), now, now)
		g.fails(files.NotDirectory, setAt, f, follow, str("none"), now, now)
	})
}

// testReadOnly wants everything that changes something to fail with read-only.
func testReadOnly(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := setup{config: world.Config{Mounts: []world.Mount{{Guest: "/", Files: mount(t, dir, true)}}}}
	run(t, s, func(g *guest) {
		d := root(g)
		g.want(g.call(descriptor+"get-flags", d), `{"read":true}`)
		f := open(g, d, "f", nil, reading)
		g.want(g.call(descriptor+"read", f, num(10), num(0)), `["text",true]`)
		now := str("now")
		for name, args := range map[string][]mailbox.Value{
			"create-directory-at": {d, str("x")}, "remove-directory-at": {d, str("x")}, "unlink-file-at": {d, str("f")},
			"symlink-at": {d, str("f"), str("x")}, "link-at": {d, follow, str("f"), d, str("x")}, "rename-at": {d, str("f"), d, str("x")},
			"set-times-at": {d, follow, str("f"), now, now}, "set-times": {f, now, now},
		} {
			g.fails(files.ReadOnly, descriptor+name, args...)
		}
		for _, how := range []string{"create", "truncate"} {
			g.fails(files.ReadOnly, descriptor+"open-at", d, follow, str("f"), flags(how), flags("read"))
		}
		g.fails(files.ReadOnly, descriptor+"open-at", d, follow, str("f"), flags(), flags("write"))
		g.fails(files.ReadOnly, descriptor+"open-at", d, follow, str("."), flags(), flags("mutate-directory"))
		g.want(g.call(descriptor+"get-flags", open(g, d, ".", nil, reading)), `{"read":true}`)
	})
}

// testGone has the node take the directory away.
func testGone(t *testing.T) {
	dir := t.TempDir()
	m := mount(t, dir, false)
	run(t, setup{config: world.Config{Mounts: []world.Mount{{Guest: "/", Files: m}}}}, func(g *guest) {
		d := root(g)
		f := open(g, d, "f", create, readWrite)
		out := g.call(descriptor+"write-via-stream", f, num(0))
		names := g.call(descriptor+"read-directory", d)
		m.Close()
		for _, name := range []string{"sync", "sync-data", "stat", "metadata-hash"} {
			g.fails(files.BadDescriptor, descriptor+name, f)
		}
		g.fails(files.BadDescriptor, "types-directory-entry-stream-read-directory-entry", names)
		g.fails(files.BadDescriptor, descriptor+"metadata-hash-at", d, follow, str("f"))
		g.fails(files.BadDescriptor, descriptor+"read-directory", d)
		g.want(g.call("types-filesystem-error-code", g.lastFailed("streams-output-stream-blocking-write-and-flush", out, str("x"))), `"bad-descriptor"`)
		g.want(g.call(descriptor+"is-same-object", f, f), `false`)
	})
	fails(t, setup{config: world.Config{Mounts: []world.Mount{{Guest: "/", Files: m}}}}, "the mounts cannot be opened: the directory of /: bad-descriptor", func(g *guest) {
		g.call("preopens-get-directories")
	})
}

func testSame(t *testing.T) {
	dir := t.TempDir()
	run(t, withDir(t, dir), func(g *guest) {
		d, again := root(g), root(g)
		f, other := open(g, d, "f", create, readWrite), open(g, d, "g", create, readWrite)
		g.want(g.call(descriptor+"is-same-object", d, again), `true`)
		g.want(g.call(descriptor+"is-same-object", d, f), `false`)
		g.want(g.call(descriptor+"is-same-object", f, other), `false`)
		hash := g.call(descriptor+"metadata-hash", f)
		g.want(g.call(descriptor+"metadata-hash-at", d, follow, str("f")), json(hash))
		if g.call(descriptor+"metadata-hash", other).Equal(hash) {
			t.Error("two files have one hash")
		}
		g.call(descriptor+"write", f, str("x"), num(0))
		if g.call(descriptor+"metadata-hash", f).Equal(hash) {
			t.Error("what was written does not change the hash")
		}
		g.fails(files.NoEntry, descriptor+"metadata-hash-at", d, follow, str("none"))
		g.fails(files.NotDirectory, descriptor+"metadata-hash-at", f, follow, str("none"))
	})
}
