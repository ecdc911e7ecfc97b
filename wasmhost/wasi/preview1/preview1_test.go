package preview1

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wippy/runtime/process"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/wasi/streams"
)

func TestAllFunctions(t *testing.T) {
	if n := len(Module().Funcs); n != 46 {
		t.Errorf("there are %d functions, want 46", n)
	}
}

// TestDocumented makes sure that the guide's table says what grants what.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "wasi.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Module().Names() {
		groups := "nothing"
		if needs, _ := Groups(name); len(needs) > 0 {
			groups = "`" + strings.Join(needs, "` or `") + "`"
		}
		var line string
		for l := range strings.Lines(string(text)) {
			if strings.HasPrefix(l, "| ") && strings.Contains(l, "`"+name+"`") {
				line = l
			}
		}
		if cells := strings.Split(line, "|"); len(cells) < 3 || strings.TrimSpace(strings.Split(cells[2], ";")[0]) != groups {
			t.Errorf("docs/wasi.md: want a line of the table with `%s` and %s, got %q", name, groups, line)
		}
	}
}

func TestUngranted(t *testing.T) {
	names := []string{"fd_write", "random_get", "path_open", "path_link", "proc_exit", "args_get"}
	functions, groups := Ungranted(imports.Grants{cli}, names)
	if !slices.Equal(functions, []string{"path_link", "path_open", "random_get"}) || !slices.Equal(groups, []string{filesystem, random}) {
		t.Error(functions, groups)
	}
}

// TestNothingGranted is what a program meets that starts up without grants.
func TestNothingGranted(t *testing.T) {
	g := newGuest(t, nil)
	g.space = "app"
	g.put(0, "xxxxxxxxxxxxxxxx")
	g.want(t, success, "args_sizes_get", 0, 4)
	g.want(t, success, "environ_sizes_get", 8, 12)
	if g.u64(0) != 0 || g.u64(8) != 0 {
		t.Error("it has arguments or an environment")
	}
	g.want(t, success, "args_get", 0, 4)
	g.want(t, success, "environ_get", 0, 4)
	g.want(t, ebadf, "fd_prestat_get", 3, 0)
	g.want(t, success, "clock_time_get", realtime, 0, 0)
	if g.u64(0) != 1000e9 {
		t.Error(g.u64(0))
	}
	g.want(t, success, "clock_time_get", monotonic, 0, 0)
	g.want(t, success, "clock_res_get", monotonic, 0)
	g.want(t, success, "sched_yield")
	for fd := range uint64(3) {
		g.want(t, enotcapable, "fd_fdstat_get", fd, 0)
	}
	for range 3 {
		g.want(t, enotcapable, "fd_write", 1, 0, 0, 8)
		g.want(t, enotcapable, "random_get", 0, 8)
		g.want(t, enotcapable, "path_unlink_file", 3, 0, 1)
		g.want(t, enotcapable, "sock_shutdown", 3, 0)
	}
	if n := strings.Count(g.log.String(), "\n"); n != 4 {
		t.Errorf("%d lines in the log, want 4:\n%s", n, g.log.String())
	}
	if want := `needs=wasi:cli write="imports: [wasi:cli]"`; !strings.Contains(g.log.String(), want) {
		t.Errorf("no %s in\n%s", want, g.log.String())
	}
	bare := newGuest(t, nil)
	bare.want(t, enotcapable, "random_get", 0, 8)
	if want := `fix="run it with --grant wasi:random, or as an entry with imports: [wasi:random]"`; !strings.Contains(bare.log.String(), want) {
		t.Errorf("no %s in\n%s", want, bare.log.String())
	}
}

func TestExit(t *testing.T) {
	g := newGuest(t, nil)
	for _, code := range []int{0, 1, 255, 1 << 31} {
		_, ended := g.call("proc_exit", uint64(code))
		e, ok := ended.(*imports.Exit)
		if !ok || e.Result.Code != code || !e.Result.HasCode || (e.Result.Err == nil) != (code == 0) {
			t.Errorf("%d: %v", code, ended)
		}
	}
	g.want(t, enotsup, "proc_raise", 6)
}

func TestStrings(t *testing.T) {
	g := newGuest(t, everything)
	g.want(t, success, "args_sizes_get", 0, 4)
	g.want(t, success, "args_get", 100, 200)
	if g.u32(0) != 3 || g.u32(4) != 11 || string(g.memory.bytes[200:211]) != "x.wasm\x00a\x00b\x00" || g.u32(104) != 207 {
		t.Error(g.memory.bytes[:220])
	}
	g.want(t, success, "environ_sizes_get", 0, 4)
	g.want(t, success, "environ_get", 100, 200)
	if g.u32(0) != 2 || string(g.memory.bytes[200:211]) != "K=v\x00PWD=/w\x00" {
		t.Errorf("%q", g.memory.bytes[200:220])
	}
	if _, ended := g.call("args_get", memorySize-4, 200); !trapped(ended) {
		t.Error(ended)
	}
}

func trapped(ended any) bool { _, ok := ended.(*imports.Trap); return ok }

// list reads a directory through a buffer of so many bytes.
func list(t *testing.T, g *guest, fd, room uint64) (names []string) {
	var cookie uint64
	for {
		g.want(t, success, "fd_readdir", fd, 1000, room, cookie, 900)
		used := uint64(g.u32(900))
		b := g.memory.bytes[1000 : 1000+used]
		for len(b) >= direntSize {
			n := int(le.Uint32(b[16:]))
			if len(b) < direntSize+n {
				break
			}
			names = append(names, string(b[direntSize:direntSize+n]))
			cookie = le.Uint64(b)
			b = b[direntSize+n:]
		}
		if used < room {
			return names
		}
	}
}

func TestReaddir(t *testing.T) {
	g := newGuest(t, everything)
	for i := range 3 * maxEntries / 2 {
		at, n := g.put(60000, "sub/"+strings.Repeat("n", 1+i%50)+string(rune('a'+i/50)))
		g.want(t, success, "path_create_directory", 3, at, n)
	}
	fd := g.open(t, "sub", directoryFlag, fdReaddirRight)
	want := list(t, g, fd, 50000)
	if len(want) != 3*maxEntries/2+4 || want[0] != "." || want[1] != ".." {
		t.Fatalf("%d names: %q", len(want), want)
	}
	for _, room := range []uint64{80, 100, 257, 4096} {
		if got := list(t, g, fd, room); !slices.Equal(got, want) {
			t.Errorf("through %d bytes: %d names, want %d", room, len(got), len(want))
		}
	}
	g.want(t, enotdir, "fd_readdir", g.open(t, "file", 0, fdReadRight), 1000, 100, 0, 900)
	g.want(t, success, "fd_readdir", fd, 1000, 0, 5, 900)
}

// TestPositions reads and writes with and without a position.
func TestPositions(t *testing.T) {
	g := newGuest(t, everything)
	fd := g.open(t, "file", 0, fdReadRight|fdWriteRight)
	v := g.vector(0, 100, 3)
	g.want(t, success, "fd_read", fd, v, 1, 8)
	g.want(t, success, "fd_seek", fd, ^uint64(0), fromEnd, 16)
	if string(g.memory.bytes[100:103]) != "con" || g.u64(16) != 6 {
		t.Errorf("%q, %d", g.memory.bytes[100:103], g.u64(16))
	}
	g.want(t, success, "fd_write", fd, v, 1, 8)
	g.want(t, success, "fd_tell", fd, 16)
	g.want(t, success, "fd_pread", fd, g.vector(0, 200, 100), 1, 0, 8)
	if got := string(g.memory.bytes[200 : 200+g.u32(8)]); got != "contencon" || g.u64(16) != 9 {
		t.Errorf("%q, %d", got, g.u64(16))
	}
	g.want(t, einval, "fd_seek", fd, ^uint64(9), fromCurrent, 16)
	g.want(t, einval, "fd_seek", fd, 1<<63, fromStart, 16)
	g.want(t, einval, "fd_seek", fd, 0, 3, 16)
	g.want(t, espipe, "fd_seek", 1, 0, fromStart, 16)
	g.want(t, espipe, "fd_pread", 0, v, 1, 0, 8)
	g.want(t, eisdir, "fd_read", 3, v, 1, 8)
	g.want(t, success, "fd_fdstat_set_flags", fd, appendFlag)
	g.want(t, success, "fd_seek", fd, 0, fromStart, 16)
	g.want(t, success, "fd_write", fd, g.vector(0, 100, 3), 1, 8)
	g.want(t, success, "fd_tell", fd, 16)
	if g.u64(16) != 12 {
		t.Errorf("it appended to %d", g.u64(16))
	}
	g.want(t, enotsup, "fd_fdstat_set_flags", fd, syncFlag)
	g.want(t, einval, "fd_fdstat_set_flags", fd, 1<<5)
}

func TestGather(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		want  []int
	}{
		{nil, []int{0}},
		{[]int{1, 2, 3}, []int{6}},
		{[]int{maxGather, 1}, []int{maxGather, 1}},
		{[]int{1, maxGather, 1, 1}, []int{1, maxGather, 2}},
		{[]int{maxGather / 2, maxGather / 2, 1}, []int{maxGather, 1}},
	} {
		var buffers [][]byte
		for _, n := range c.sizes {
			buffers = append(buffers, make([]byte, n))
		}
		var got []int
		for first := true; first || len(buffers) > 0; first = false {
			var p []byte
			p, buffers = gather(buffers)
			got = append(got, len(p))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.sizes, got, c.want)
		}
	}
}

func TestNonBlocking(t *testing.T) {
	g := newGuest(t, everything)
	r := make(chan struct{})
	g.terminal = &process.Terminal{Stdin: readerFunc(func([]byte) (int, error) { <-r; return 0, os.ErrClosed })}
	defer close(r)
	g.want(t, success, "fd_fdstat_set_flags", 0, nonblockFlag)
	g.want(t, eagain, "fd_read", 0, g.vector(0, 100, 3), 1, 8)
	g.want(t, success, "fd_fdstat_get", 0, 0)
	if g.memory.bytes[2] != nonblockFlag {
		t.Error(g.memory.bytes[:24])
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// subscribe writes a subscription.
func (g *guest) subscribe(i int, tag byte, fd uint32, timeout time.Duration) {
	b := g.memory.bytes[i*subscriptionSize:][:subscriptionSize]
	clear(b)
	b[0], b[8] = byte(i), tag
	le.PutUint32(b[16:], fd)
	le.PutUint64(b[24:], uint64(timeout))
}

func TestPoll(t *testing.T) {
	g := newGuest(t, everything)
	const events, count = 10000, 9000
	g.subscribe(0, clockEvent, monotonic, time.Minute)
	g.subscribe(1, clockEvent, realtime, time.Second)
	g.subscribe(2, clockEvent, monotonic, time.Second)
	g.want(t, success, "poll_oneoff", 0, events, 3, count)
	if g.u32(count) != 2 || g.memory.bytes[events] != 1 || g.memory.bytes[events+eventSize] != 2 {
		t.Error(g.u32(count), g.memory.bytes[events:events+2*eventSize])
	}
	g.subscribe(1, readEvent, 77, 0)
	g.subscribe(2, writeEvent, 1, 0)
	g.want(t, success, "poll_oneoff", 0, events, 3, count)
	if g.u32(count) != 2 || le.Uint16(g.memory.bytes[events+8:]) != uint16(ebadf) || g.memory.bytes[events+10] != readEvent {
		t.Error(g.u32(count), g.memory.bytes[events:events+2*eventSize])
	}
	g.subscribe(0, clockEvent, 2, 0) // of processor time
	g.want(t, success, "poll_oneoff", 0, events, 1, count)
	if le.Uint16(g.memory.bytes[events+8:]) != uint16(einval) {
		t.Error(g.memory.bytes[events : events+eventSize])
	}
	g.subscribe(0, 3, 0, 0)
	g.want(t, einval, "poll_oneoff", 0, events, 1, count)
	g.want(t, einval, "poll_oneoff", 0, events, 0, count)
}

// TestRights gives rights up for good.
func TestRights(t *testing.T) {
	g := newGuest(t, everything)
	g.want(t, success, "fd_fdstat_set_rights", 3, uint64(directoryRights&^pathUnlinkFileRight), uint64(fdReadRight))
	at, n := g.put(60000, "file")
	g.want(t, enotcapable, "path_unlink_file", 3, at, n)
	g.want(t, enotcapable, "fd_fdstat_set_rights", 3, uint64(directoryRights), 0)
	g.want(t, enotcapable, "path_open", 3, 0, at, n, 0, uint64(fdWriteRight), 0, 0, 0)
	fd := g.open(t, "file", 0, fdReadRight)
	g.want(t, success, "fd_fdstat_get", fd, 0)
	if got := rights(g.u64(8)); got != fdReadRight {
		t.Errorf("it has the rights %b", got)
	}
}

func TestSockets(t *testing.T) {
	g := newGuest(t, everything)
	for _, name := range []string{"sock_accept", "sock_recv", "sock_send", "sock_shutdown"} {
		g.want(t, enotsock, name, 3)
		g.want(t, ebadf, name, 99)
	}
}

// FuzzCalls makes any calls with any memory. Each ends as a call may.
func FuzzCalls(f *testing.F) {
	funcs := Module().Funcs
	for i := range funcs {
		f.Add([]byte{byte(i), 3, 0, 1, 16, 2, 8, 4, 9}, []byte("file\x00sub/../file\x00/etc/passwd"))
	}
	f.Fuzz(func(t *testing.T, calls, content []byte) {
		g := newGuest(t, everything)
		copy(g.memory.bytes, content)
		for range 50 {
			if len(calls) == 0 {
				break
			}
			f := funcs[int(calls[0])%len(funcs)]
			calls = calls[1:]
			args := make([]uint64, len(f.Type.Params))
			for i := range args {
				if len(calls) > 0 {
					switch b := calls[0]; {
					case b >= 250: // huge
						args[i] = uint64(int64(b) - 256)
					case b >= 200: // at the end of the memory
						args[i] = memorySize - uint64(b-200)
					default:
						args[i] = uint64(b)
					}
					calls = calls[1:]
				}
			}
			_, ended := g.call(f.Name, args...)
			if _, exits := ended.(*imports.Exit); ended != nil && !exits && !trapped(ended) && !process.Unwinding(ended) {
				t.Fatalf("%s%v: %v", f.Name, args, ended)
			}
			if n := g.caller.World.Handles(); n > 21 {
				t.Fatalf("%d handles", n)
			}
		}
	})
}

// TestNeverWaits asks for input again and again, and waits in none of the calls:
// input comes all the same.
func TestNeverWaits(t *testing.T) {
	const events, count = 10000, 9000
	for name, ask := range map[string]func(g *guest) bool{
		"fd_read": func(g *guest) bool {
			no, _ := g.call("fd_read", stdin, g.vector(0, 100, 3), 1, 8)
			return no == success && g.u32(8) == 1
		},
		"poll_oneoff": func(g *guest) bool {
			g.subscribe(0, clockEvent, monotonic, 0)
			g.subscribe(1, readEvent, stdin, 0)
			g.want(t, success, "poll_oneoff", 0, events, 2, count)
			return g.u32(count) == 2
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGuest(t, everything)
				g.terminal = &process.Terminal{Stdin: strings.NewReader("x")}
				g.want(t, success, "fd_fdstat_set_flags", stdin, nonblockFlag)
				if ask(g) {
					t.Error("there is input before anybody asks for it")
				}
				synctest.Wait()
				if !ask(g) {
					t.Error("no input")
				}
			})
		})
	}
}

// lastWords is an input that ends with its last byte.
type lastWords struct{ streams.Input }

func (lastWords) Ready() bool { return true }

func (lastWords) Read(_ process.Context, p []byte) (int, error) { return copy(p, "end"), io.EOF }

// TestEndWithBytes reads bytes that come together with the end, into a buffer of just
// their length: they are not lost.
func TestEndWithBytes(t *testing.T) {
	g := newGuest(t, everything)
	x := within(&g.caller)
	x.begin()
	x.table.open[stdin].in = lastWords{}
	g.want(t, success, "fd_read", stdin, g.vector(0, 100, 3), 1, 8)
	if g.u32(8) != 3 || string(g.memory.bytes[100:103]) != "end" {
		t.Errorf("%d bytes, %q", g.u32(8), g.memory.bytes[100:103])
	}
}

// fickle is an input that another process takes from: it is ready or not by turns.
type fickle struct {
	streams.Input
	ready []bool
}

func (f *fickle) Ready() bool {
	is := f.ready[0]
	f.ready = f.ready[1:]
	return is
}

// TestPollTaken has another process take what this one is woken for: it goes on
// waiting, as there is always an event.
func TestPollTaken(t *testing.T) {
	g := newGuest(t, everything)
	in := &fickle{ready: []bool{true, false, true, true}}
	x := within(&g.caller)
	x.begin()
	x.table.open[stdin].in = in
	const events, count = 10000, 9000
	g.subscribe(0, readEvent, stdin, 0)
	g.want(t, success, "poll_oneoff", 0, events, 1, count)
	if g.u32(count) != 1 || len(in.ready) != 0 {
		t.Errorf("%d events, and %d looks are left", g.u32(count), len(in.ready))
	}
}

// TestFailedAppend leaves the position where it is.
func TestFailedAppend(t *testing.T) {
	g := newGuest(t, everything)
	fd := g.open(t, "file", 0, fdReadRight|fdWriteRight)
	g.want(t, success, "fd_fdstat_set_flags", fd, appendFlag)
	g.want(t, success, "fd_seek", fd, 3, fromStart, 16)
	g.want(t, success, "fd_write", fd, 0, 0, 8) // nothing at all
	within(&g.caller).table.open[fd].file.Close()
	g.want(t, ebadf, "fd_write", fd, g.vector(0, 100, 3), 1, 8)
	g.want(t, success, "fd_tell", fd, 16)
	if g.u64(16) != 3 {
		t.Errorf("the position is %d", g.u64(16))
	}
}
