//go:build linux || darwin

package files

import (
	"strings"
	"testing"
	"time"
)

// op is one call below the sample's root, and what it answers.
type op struct {
	what string
	do   func(d *Directory) error
	want Code
}

func opening(path string, how How, flags Flags, want Code) op {
	return op{"open " + path, func(d *Directory) error {
		f, err := d.Open(path, how, flags)
		if err == nil {
			f.Close()
		} else if f != nil {
			panic("a descriptor with an error")
		}
		return err
	}, want}
}

func statting(path string, follow bool, kind Kind, want Code) op {
	return op{"stat " + path, func(d *Directory) error {
		s, err := d.StatAt(path, follow)
		if err == nil && s.Kind != kind {
			return Code(100) // a wrong kind is no known code
		}
		return err
	}, want}
}

func mkdir(path string, want Code) op {
	return op{"mkdir " + path, func(d *Directory) error { return d.Mkdir(path) }, want}
}

func rmdir(path string, want Code) op {
	return op{"rmdir " + path, func(d *Directory) error { return d.Rmdir(path) }, want}
}

func unlink(path string, want Code) op {
	return op{"unlink " + path, func(d *Directory) error { return d.Unlink(path) }, want}
}

func rename(from, to string, want Code) op {
	return op{"rename " + from + " " + to, func(d *Directory) error { return d.Rename(from, d, to) }, want}
}

func link(from string, follow bool, to string, want Code) op {
	return op{"link " + from + " " + to, func(d *Directory) error { return d.Link(from, follow, d, to) }, want}
}

func symlink(target, path string, want Code) op {
	return op{"symlink " + target + " " + path, func(d *Directory) error { return d.Symlink(target, path) }, want}
}

func readlink(path, target string, want Code) op {
	return op{"readlink " + path, func(d *Directory) error {
		got, err := d.Readlink(path)
		if err == nil && got != target {
			return Code(100)
		}
		return err
	}, want}
}

func setTimes(path string, follow bool, want Code) op {
	return op{"times " + path, func(d *Directory) error {
		return d.SetTimesAt(path, follow, At(time.Unix(1, 0)), At(time.Unix(2, 0)))
	}, want}
}

// ops are the answers of each operation, each on a new sample.
var ops = []op{
	opening("a.txt", 0, Read, 0),
	opening("a.txt", 0, Read|Write, 0),
	opening("./a.txt", 0, 0, 0),
	opening("dir/f", 0, Write, 0),
	opening("dir/.//sub/../../dir/sub/../sub///./g", 0, Read, 0),
	opening("dir", 0, Read, 0),
	opening("dir/", 0, 0, 0),
	opening("dir///", OnlyDirectory, Read, 0),
	opening(".", 0, 0, 0),
	opening(".", OnlyDirectory, MutateDirectory, 0),
	opening(".", 0, NonBlock, 0),
	opening("dir/..", 0, 0, 0),
	opening("dir/sub/../..", 0, 0, 0),
	opening(".", OnlyDirectory, Read|Write, IsDirectory),
	opening("dir", 0, Write, IsDirectory),
	opening("dir", Create, 0, IsDirectory),
	opening("dir", Truncate, 0, IsDirectory),
	opening("dir", Create|Exclusive, 0, Exist),
	opening("new", 0, 0, NoEntry),
	opening("new", Create, 0, 0),
	opening("new", Create|Exclusive, Write, 0),
	opening("new/", Create, 0, IsDirectory),
	opening("dir/new", Create|Truncate, Read, 0),
	opening("nothing/new", Create, 0, NoEntry),
	opening("a.txt/new", Create, 0, NotDirectory),
	opening("a.txt", Create, 0, 0),
	opening("a.txt", Exclusive, 0, 0),
	opening("a.txt", Create|Exclusive, 0, Exist),
	opening("a.txt", OnlyDirectory, 0, NotDirectory),
	opening("a.txt/", 0, 0, NotDirectory),
	opening("a.txt///", 0, 0, NotDirectory),
	opening("a.txt/.", 0, 0, NotDirectory),
	opening("a.txt/..", 0, 0, NotDirectory),
	opening("nothing/..", 0, 0, NoEntry),
	opening("dir", OnlyDirectory|Create, 0, Invalid),
	opening("dir", OnlyDirectory|Truncate, 0, Invalid),
	opening("link", 0, 0, Loop),
	opening("link", Follow, 0, 0),
	opening("link", Create|Exclusive|Follow, 0, Exist),
	opening("link/", Follow, 0, NotDirectory),
	opening("deep", Follow, Write, 0),
	opening("dirlink", 0, 0, Loop),
	opening("dirlink", OnlyDirectory, 0, Loop),
	opening("dirlink", Follow|OnlyDirectory, 0, 0),
	opening("dirlink/", 0, 0, 0),
	opening("dirlink/f", 0, 0, 0),
	opening("dirlink/../a.txt", 0, 0, 0),
	opening("dangling", 0, 0, Loop),
	opening("dangling", OnlyDirectory, 0, Loop),
	opening("dangling", Follow, 0, NoEntry),
	opening("dangling", Follow|Create, 0, 0),
	opening("dangling", Create, 0, Loop),
	opening("loop", 0, 0, Loop),
	opening("loop", Follow, 0, Loop),
	opening("loop/x", Follow, 0, Loop),
	opening("fifo", 0, 0, NotPermitted),
	opening("fifo", 0, Write, NotPermitted),
	opening("fifo", Create, Read|Write, NotPermitted),
	opening("", 0, 0, NoEntry),
	opening("a.txt\x00", 0, 0, Invalid),
	opening("a\xfftxt", 0, 0, IllegalByteSequence),
	opening(strings.Repeat("x", 256), 0, 0, NameTooLong),
	opening(strings.Repeat("x/", 2048), 0, 0, NameTooLong),

	statting("a.txt", false, RegularFile, 0),
	statting("dir", false, DirectoryKind, 0),
	statting("dir/", false, DirectoryKind, 0),
	statting(".", true, DirectoryKind, 0),
	statting("link", false, SymbolicLink, 0),
	statting("link", true, RegularFile, 0),
	statting("link/", false, 0, NotDirectory),
	statting("dirlink/", false, DirectoryKind, 0),
	statting("dirlink", true, DirectoryKind, 0),
	statting("fifo", true, FIFO, 0),
	statting("dangling", false, SymbolicLink, 0),
	statting("dangling", true, 0, NoEntry),
	statting("loop", true, 0, Loop),
	statting("a.txt/", false, 0, NotDirectory),
	statting("z", false, 0, NoEntry),
	statting("", false, 0, NoEntry),

	mkdir("new", 0),
	mkdir("new/", 0),
	mkdir("dir/new", 0),
	mkdir("a.txt", Exist),
	mkdir("dir", Exist),
	mkdir("link", Exist),
	mkdir("dangling", Exist),
	mkdir(".", Exist),
	mkdir("dir/..", Exist),
	mkdir("nothing/new", NoEntry),
	mkdir("", NoEntry),

	rmdir("empty", 0),
	rmdir("empty/", 0),
	rmdir("dir", NotEmpty),
	rmdir("a.txt", NotDirectory),
	rmdir("a.txt/", NotDirectory),
	rmdir("dirlink", NotDirectory),
	rmdir("dirlink/", NotDirectory),
	rmdir("parent/", NotPermitted),
	rmdir(".", Invalid),
	rmdir("empty/.", Invalid),
	rmdir("dir/..", NotEmpty),
	rmdir("z", NoEntry),
	rmdir("", NoEntry),

	unlink("a.txt", 0),
	unlink("link", 0),
	unlink("dirlink", 0),
	unlink("abs", 0),
	unlink("fifo", 0),
	unlink("dir", IsDirectory),
	unlink("dir/", IsDirectory),
	unlink(".", IsDirectory),
	unlink("a.txt/", NotDirectory),
	unlink("link/", NotDirectory),
	unlink("abs/", NotPermitted),
	unlink("z", NoEntry),
	unlink("z/", NoEntry),
	unlink("", NoEntry),

	rename("a.txt", "b", 0),
	rename("a.txt", "a.txt", 0),
	rename("a.txt", "dir/f", 0),
	rename("a.txt", "link", 0),
	rename("link", "dir/link", 0),
	rename("dir", "new", 0),
	rename("dir/", "new", 0),
	rename("dir", "new/", 0),
	rename("dir/", "empty/", 0),
	rename("dir", "empty", 0),
	rename("empty", "dir", NotEmpty),
	rename("empty", "a.txt", NotDirectory),
	rename("a.txt", "empty", IsDirectory),
	rename("a.txt/", "b", NotDirectory),
	rename("a.txt", "b/", NotDirectory),
	rename("dirlink/", "b", NotDirectory),
	rename("dir", "dir/sub/dir", Invalid),
	rename(".", "q", Busy),
	rename("a.txt", ".", Busy),
	rename("dir/..", "q", Busy),
	rename("z", "q", NoEntry),
	rename("", "q", NoEntry),
	rename("a.txt", "", NoEntry),

	link("a.txt", false, "b", 0),
	link("a.txt", false, "dir/b", 0),
	link("link", false, "b", 0),
	link("link", true, "b", 0),
	link("deep", true, "b", 0),
	link("dangling", false, "b", 0),
	link("loop", false, "b", 0),
	link("dangling", true, "b", NoEntry),
	link("loop", true, "b", Loop),
	link("a.txt", false, "a.txt", Exist),
	link("a.txt", false, "dir", Exist),
	link("a.txt", false, "dangling", Exist),
	link("a.txt", false, ".", Exist),
	link("a.txt", false, "b/", NoEntry),
	link("a.txt", false, "dir/", Exist),
	link("a.txt/", false, "b", NotDirectory),
	link("dir", false, "b", NotPermitted),
	link(".", false, "b", NotPermitted),
	link("z", false, "b", NoEntry),
	link("", false, "b", NoEntry),
	link("a.txt", false, "", NoEntry),

	symlink("a.txt", "new", 0),
	symlink("../../up", "new", 0),
	symlink("a.txt", "dir/new", 0),
	symlink("a.txt", "new/", NoEntry),
	symlink("a.txt", "dir/", Exist),
	symlink("a.txt", "link/", NotDirectory),
	symlink("a.txt", "dir", Exist),
	symlink("a.txt", "dangling", Exist),
	symlink("a.txt", ".", Exist),
	symlink("/", "new", NotPermitted),
	symlink("/a.txt", "new", NotPermitted),
	symlink("", "new", NoEntry),
	symlink("a\x00b", "new", Invalid),
	symlink("a\xff", "new", IllegalByteSequence),
	symlink(strings.Repeat("x", MaxPath+1), "new", NameTooLong),

	readlink("link", "a.txt", 0),
	readlink("dirlink/up", "../a.txt", 0),
	readlink("parent", "..", 0),
	readlink("abs", "", NotPermitted),
	readlink("a.txt", "", Invalid),
	readlink("dir", "", Invalid),
	readlink(".", "", Invalid),
	readlink("dirlink/", "", Invalid),
	readlink("z", "", NoEntry),
	readlink("", "", NoEntry),

	setTimes("a.txt", false, 0),
	setTimes("dir", false, 0),
	setTimes(".", false, 0),
	setTimes("link", false, 0),
	setTimes("link", true, 0),
	setTimes("fifo", true, 0),
	setTimes("dangling", false, 0),
	setTimes("dangling", true, NoEntry),
	setTimes("a.txt/", false, NotDirectory),
	setTimes("z", false, NoEntry),
	setTimes("", false, NoEntry),
}

func TestOperations(t *testing.T) {
	both(t, func(t *testing.T, open func(string, bool) *Mount) {
		var d *Directory
		for _, o := range ops {
			t.Run(strings.NewReplacer("/", "|", "\x00", "0").Replace(o.what[:min(len(o.what), 50)]), func(one *testing.T) {
				if d == nil {
					d = root(t, open(sample(t), false))
				}
				want(one, o.what, o.do(d), o.want)
				if o.want == 0 || one.Failed() { // it may have changed something
					d = nil
				}
			})
		}
	})
}
