package wasi_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/wasi"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/world"
	"wippy/wasmhost/wit"
)

// never are the functions whose result has an error that nothing can cause here.
var never = map[string]string{
	"types-descriptor-get-flags": "the host keeps them",
	"types-descriptor-get-type":  "the host keeps it",

	"tcp-create-socket-create-tcp-socket":   "no system lacks a family",
	"tcp-tcp-socket-keep-alive-enabled":     "the host keeps it",
	"tcp-tcp-socket-set-keep-alive-enabled": "it is supported",
	"tcp-tcp-socket-keep-alive-idle-time":   "the host keeps it",
	"tcp-tcp-socket-keep-alive-interval":    "the host keeps it",
	"tcp-tcp-socket-keep-alive-count":       "the host keeps it",
	"tcp-tcp-socket-hop-limit":              "the host keeps it",
	"tcp-tcp-socket-receive-buffer-size":    "the host keeps it",
	"tcp-tcp-socket-send-buffer-size":       "the host keeps it",
	"udp-create-socket-create-udp-socket":   "no system lacks a family",
	"udp-udp-socket-unicast-hop-limit":      "the host keeps it",
	"udp-udp-socket-receive-buffer-size":    "the host keeps it",
	"udp-udp-socket-send-buffer-size":       "the host keeps it",

	"http-types-request-options-set-connect-timeout":       "it is supported",
	"http-types-request-options-set-first-byte-timeout":    "it is supported",
	"http-types-request-options-set-between-bytes-timeout": "it is supported",
}

// TestFunctions calls every function of every interface by a guest, with what
// works and, where its result may be one, with what is an error.
func TestFunctions(t *testing.T) {
	complete := true
	for _, tt := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"environment", testEnvironment}, {"exit", testExit}, {"standard streams", testStdio}, {"terminals", testTerminals},
		{"input", testInput}, {"output", testOutput}, {"splice", testSplice}, {"broken output", testBrokenOutput}, {"poll", testPoll},
		{"clocks", testClocks}, {"random", testRandom}, {"files", testFiles}, {"file streams", testFileStreams},
		{"paths", testPaths}, {"open", testOpen}, {"directories", testDirectories}, {"times", testTimes},
		{"read only", testReadOnly}, {"gone", testGone}, {"same", testSame},
		{"http fields", testFields}, {"http requests", testRequests}, {"http exchange", testExchange}, {"http errors", testHTTPErrors},
		{"http serving", testServing},
		{"name lookup", testLookup}, {"tcp", testTCP},
		{"udp", testUDP}, {"udp refused", testUDPRefused}, {"udp 6", testUDP6}, {"udp names", testUDPNames},
	} {
		ran := false
		t.Run(tt.name, func(t *testing.T) { ran = true; tt.test(t) })
		complete = complete && ran
	}
	if !complete {
		return
	}
	for _, i := range wasi.Registry() {
		for _, f := range i.Funcs {
			name := f.Name
			if _, rest, ok := strings.Cut(name, "]"); ok {
				name = strings.ReplaceAll(rest, ".", "-")
			}
			name = groupOf(i) + "-" + name
			o := outcomes.of[name]
			switch r := f.Type.Result(); {
			case o == nil || !o.ok:
				t.Errorf("%s#%s is never called, or never works", i.Name, f.Name)
			case r != nil && r.Kind == wit.Result && !o.failed && never[name] == "":
				t.Errorf("%s#%s never fails", i.Name, f.Name)
			}
		}
	}
}

// groupOf gives what the guest calls the functions of an interface by.
func groupOf(i *iface.Interface) string {
	if i.Name == "wasi:http/types" {
		return "http-types"
	}
	return i.Name[strings.LastIndexByte(i.Name, '/')+1:]
}

func testEnvironment(t *testing.T) {
	run(t, setup{
		config: world.Config{Name: "x.wasm", Args: []string{"one", "not \xff"}, CWD: "/work"},
		env:    []world.Variable{{Name: "A", Value: "1"}, {Name: "Ü", Value: ""}},
	}, func(g *guest) {
		g.want(g.call("environment-get-arguments"), `["x.wasm","one","not �"]`)
		g.want(g.call("environment-get-environment"), `[["A","1"],["Ü",""]]`)
		g.want(g.call("environment-initial-cwd"), `"/work"`)
	})
	run(t, setup{}, func(g *guest) {
		g.want(g.call("environment-get-environment"), `[]`)

		g.want(g.call("environment-initial-cwd"), `null`)
	})
}

func testExit(t *testing.T) {
	for _, tt := range []struct {
		name string
		arg  mailbox.Value
		code int
	}{
		{"exit-exit", tab("ok", mailbox.Bool(true)), 0}, {"exit-exit", tab("err", mailbox.Bool(true)), 1},
		{"exit-exit-with-code", num(0), 0}, {"exit-exit-with-code", num(3), 3}, {"exit-exit-with-code", num(255), 255},
	} {
		e := start(t, setup{}, func(g *guest) {
			g.call(tt.name, tt.arg)
			t.Errorf("%s returns", tt.name)
		}).wait()
		if !e.HasCode || e.Code != tt.code || (e.Reason == mailbox.ReasonNormal) != (tt.code == 0) {
			t.Errorf("%s: %s %d %v", tt.name, e.Reason, e.Code, e.Err)
		}
	}
}

func testStdio(t *testing.T) {
	var out, errs bytes.Buffer
	terminal := &process.Terminal{Stdin: strings.NewReader("input"), Stdout: &out, Stderr: &errs}
	run(t, setup{terminal: terminal}, func(g *guest) {
		write(g, g.call("stdout-get-stdout"), "to out")
		write(g, g.call("stderr-get-stderr"), "to err")
		g.want(g.call("streams-input-stream-blocking-read", g.call("stdin-get-stdin"), num(100)), `"input"`)
	})
	if out.String() != "to out" || errs.String() != "to err" {
		t.Errorf("%q %q", out.String(), errs.String())
	}
	s := start(t, setup{}, func(g *guest) { // without a terminal it is the log
		write(g, g.call("stdout-get-stdout"), "a line\nthe rest")
		g.closed("streams-input-stream-read", g.call("stdin-get-stdin"), num(1))
	})
	s.wait()
	for _, line := range []string{`msg="a line"`, `msg="the rest"`} {
		if !strings.Contains(s.log.String(), line) {
			t.Errorf("the log has no %s: %s", line, s.log)
		}
	}
	if e := start(t, setup{limits: process.Limits{MaxOutput: 5}}, func(g *guest) {
		write(g, g.call("stdout-get-stdout"), "too much")
	}).wait(); e.Reason != mailbox.ReasonLimit || !strings.HasPrefix(e.Err.Message, "max_output") {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
}

func write(g *guest, to mailbox.Value, text string) {
	g.t.Helper()
	g.call("streams-output-stream-blocking-write-and-flush", to, str(text))
}

func testTerminals(t *testing.T) {
	terminal := &process.Terminal{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, TTY: [3]bool{true, true, false}}
	run(t, setup{terminal: terminal}, func(g *guest) {
		in, out := g.call("terminal-stdin-get-terminal-stdin"), g.call("terminal-stdout-get-terminal-stdout")
		g.want(g.call("terminal-stderr-get-terminal-stderr"), "null")
		if g.objects() != 2 {
			t.Errorf("%d objects", g.objects())
		}
		g.drop(in, out)
	})
	run(t, setup{}, func(g *guest) {
		g.want(g.call("terminal-stdin-get-terminal-stdin"), "null")
		g.want(g.call("terminal-stdout-get-terminal-stdout"), "null")
	})
}

func testInput(t *testing.T) {
	r, w := io.Pipe()
	in := &process.Terminal{Stdin: r}
	s := start(t, setup{terminal: in}, func(g *guest) {
		s := g.call("stdin-get-stdin")
		const read, skip = "streams-input-stream-read", "streams-input-stream-skip"
		g.want(g.call(read, s, num(10)), `""`) // nothing yet, and the process goes on
		g.want(g.call(skip, s, num(10)), `0`)
		g.want(g.call("streams-input-stream-blocking-read", s, num(3)), `"abc"`)
		p := g.call("streams-input-stream-subscribe", s)
		g.want(g.call("poll-pollable-ready", p), `true`)
		g.want(g.call(read, s, num(0)), `""`)
		g.want(g.call(skip, s, num(2)), `2`)
		g.want(g.call(read, s, mailbox.Uint(1<<63)), `"f"`)
		g.want(g.call("poll-pollable-ready", p), `false`)
		g.want(g.call("streams-input-stream-blocking-skip", s, num(2)), `2`)
		g.want(g.call("streams-input-stream-blocking-read", s, num(2)), `"i"`)
		g.call("poll-pollable-block", p) // the end is ready
		g.closed("streams-input-stream-blocking-read", s, num(1))
		g.closed("streams-input-stream-blocking-skip", s, num(1))
		g.closed(read, s, num(0))
		g.closed(skip, s, num(1))
		g.want(g.call("poll-pollable-ready", p), `true`)
		g.drop(s)
		g.want(g.call("poll-pollable-ready", p), `true`) // of a stream that is gone
		g.drop(p)
		if n := g.objects(); n != 0 {
			t.Errorf("%d objects are left", n)
		}
	})
	<-s.guest.parked
	io.WriteString(w, "abcdef")
	io.WriteString(w, "ghi")
	w.Close()
	if e := s.wait(); e.Reason != mailbox.ReasonNormal {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
}

func testOutput(t *testing.T) {
	var out bytes.Buffer
	run(t, setup{terminal: &process.Terminal{Stdout: &out}}, func(g *guest) {
		s := g.call("stdout-get-stdout")
		const check, write = "streams-output-stream-check-write", "streams-output-stream-write"
		if n := g.call(check, s); number(n) < 4096 {
			t.Errorf("room for %s", json(n))
		}
		g.call(write, s, str("abc"))
		g.call("streams-output-stream-write-zeroes", s, num(3))
		g.call("streams-output-stream-flush", s)
		g.call("streams-output-stream-blocking-flush", s)
		g.call("streams-output-stream-blocking-write-and-flush", s, str(strings.Repeat("x", 4096)))
		g.call("streams-output-stream-blocking-write-zeroes-and-flush", s, num(4096))
		p := g.call("streams-output-stream-subscribe", s)
		g.call("poll-pollable-block", p)
		g.drop(p, s)
	})
	if want := "abc\x00\x00\x00" + strings.Repeat("x", 4096) + strings.Repeat("\x00", 4096); out.String() != want {
		t.Errorf("%d bytes: %.20q", out.Len(), out.String())
	}
	for name, tt := range map[string]struct {
		message, call string
		arg           mailbox.Value
	}{
		"no permit":        {"1 bytes are more than the 0 that check-write permitted", "write", str("x")},
		"zeroes":           {"write-zeroes: 18446744073709551615 bytes are more than the 0", "write-zeroes", mailbox.Uint(1<<64 - 1)},
		"blocking":         {"4097 bytes are more than the 4096 that one call may write", "blocking-write-and-flush", str(strings.Repeat("x", 4097))},
		"blocking, zeroes": {"4097 bytes are more than the 4096 that one call may write", "blocking-write-zeroes-and-flush", num(4097)},
	} {
		fails(t, setup{}, tt.message, func(g *guest) {
			g.call("streams-output-stream-"+tt.call, g.call("stdout-get-stdout"), tt.arg)
			t.Errorf("%s: it goes on", name)
		})
	}
	fails(t, setup{}, "1 bytes are more than the 0 that check-write permitted", func(g *guest) {
		s := g.call("stdout-get-stdout")
		n := g.call("streams-output-stream-check-write", s)
		g.call("streams-output-stream-write", s, str(strings.Repeat("x", int(number(n)))))
		g.call("streams-output-stream-write", s, str("x"))
	})
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// testBrokenOutput has an other end that fails, or wants no more.
func testBrokenOutput(t *testing.T) {
	const stream = "streams-output-stream-"
	run(t, setup{terminal: &process.Terminal{Stdout: brokenWriter{errors.New("no paper")}, Stderr: brokenWriter{io.ErrClosedPipe}, Stdin: strings.NewReader("abc")}}, func(g *guest) {
		for _, name := range []string{"blocking-write-and-flush", "blocking-write-zeroes-and-flush", "write", "write-zeroes", "splice", "blocking-splice"} {
			out := g.call("stdout-get-stdout")
			g.call(stream+"check-write", out)
			args := []mailbox.Value{out, str("x")}
			if strings.Contains(name, "zeroes") {
				args[1] = num(1)
			}
			if strings.Contains(name, "splice") {
				in := g.call("stdin-get-stdin")
				g.call("poll-pollable-block", g.call("streams-input-stream-subscribe", in))
				args = []mailbox.Value{out, in, num(1)}
			}
			err := g.lastFailed(stream+name, args...)
			g.want(g.call("error-error-to-debug-string", err), `"io"`)
			g.want(g.call("types-filesystem-error-code", err), `"io"`)
			g.drop(err)
			g.closed(stream+name, args...)
			g.closed(stream+"check-write", out)
			g.closed(stream+"flush", out)
			g.closed(stream+"blocking-flush", out)
			g.want(g.call("poll-pollable-ready", g.call(stream+"subscribe", out)), "true")
		}
		errs := g.call("stderr-get-stderr")
		g.closed(stream+"blocking-write-and-flush", errs, str("x"))
	})
	fail := errors.New("unplugged")
	run(t, setup{terminal: &process.Terminal{Stdin: io.MultiReader(strings.NewReader("a"), readerFunc(func([]byte) (int, error) { return 0, fail }))}}, func(g *guest) {
		in := g.call("stdin-get-stdin")
		g.want(g.call("streams-input-stream-blocking-read", in, num(5)), `"a"`)
		err := g.lastFailed("streams-input-stream-blocking-read", in, num(5))
		g.want(g.call("error-error-to-debug-string", err), `"io"`)
		g.closed("streams-input-stream-blocking-read", in, num(5))
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func testSplice(t *testing.T) {
	var out bytes.Buffer
	r, w := io.Pipe()
	s := start(t, setup{terminal: &process.Terminal{Stdin: r, Stdout: &out}}, func(g *guest) {
		const splice, blocking = "streams-output-stream-splice", "streams-output-stream-blocking-splice"
		in, to := g.call("stdin-get-stdin"), g.call("stdout-get-stdout")
		g.want(g.call(splice, to, in, num(10)), `0`)
		g.want(g.call(blocking, to, in, num(0)), `0`)
		g.want(g.call(blocking, to, in, num(2)), `2`)
		g.want(g.call(splice, to, in, mailbox.Uint(1<<64-1)), `3`)
		g.closed(blocking, to, in, num(1))
		g.closed(splice, to, in, num(1))
	})
	<-s.guest.parked
	io.WriteString(w, "hello")
	w.Close()
	if e := s.wait(); e.Reason != mailbox.ReasonNormal || out.String() != "hello" {
		t.Errorf("%s: %v, %q", e.Reason, e.Err, out.String())
	}
}

func testPoll(t *testing.T) {
	clock := process.NewManualClock(time.Unix(1000, 0))
	s := start(t, setup{clock: clock}, func(g *guest) {
		after := func(d time.Duration) mailbox.Value {
			return g.call("monotonic-clock-subscribe-duration", num(int(d)))
		}
		late, soon, sooner := after(time.Hour), after(time.Minute), after(time.Second)
		in := g.call("streams-input-stream-subscribe", g.call("stdin-get-stdin"))
		g.want(g.call("poll-poll", arr(late, in, soon, in)), `[1,3]`)
		g.want(g.call("poll-pollable-ready", sooner), `false`)
		g.want(g.call("poll-poll", arr(late, soon, sooner, soon)), `[2]`)
		g.want(g.call("poll-pollable-ready", sooner), `true`)
		g.call("poll-pollable-block", soon)
		g.want(g.call("poll-poll", arr(soon, late, sooner)), `[0,2]`)
		g.call("poll-pollable-block", sooner)
	})
	clock.WaitTimers(1)
	clock.Advance(time.Second)
	clock.WaitTimers(1)
	clock.Advance(time.Minute)
	if e := s.wait(); e.Reason != mailbox.ReasonNormal {
		t.Errorf("%s: %v", e.Reason, e.Err)
	}
	fails(t, setup{}, "poll: the list of pollables is empty", func(g *guest) { g.call("poll-poll", arr()) })
	// Who never waits has its input all the same.
	run(t, setup{terminal: &process.Terminal{Stdin: strings.NewReader("x")}}, func(g *guest) {
		in := g.call("streams-input-stream-subscribe", g.call("stdin-get-stdin"))
		now := g.call("monotonic-clock-subscribe-duration", num(0))
		g.want(g.call("poll-poll", arr(in, now)), `[1]`)
		for len(g.call("poll-poll", arr(in, now)).Table().List) < 2 {
			runtime.Gosched()
		}
	})
}

func testClocks(t *testing.T) {
	clock := process.NewManualClock(time.Unix(1000, 5))
	run(t, setup{clock: clock}, func(g *guest) {
		g.want(g.call("wall-clock-now"), `{"nanoseconds":5,"seconds":1000}`)
		g.want(g.call("wall-clock-resolution"), `{"nanoseconds":1,"seconds":0}`)
		g.want(g.call("monotonic-clock-resolution"), `1`)
		now := number(g.call("monotonic-clock-now"))
		clock.Advance(time.Second)
		if then := number(g.call("monotonic-clock-now")); then != now+1e9 {
			t.Errorf("%d, then %d", now, then)
		}
		p := g.call("monotonic-clock-subscribe-instant", mailbox.Uint(now+1e9))
		g.want(g.call("poll-pollable-ready", p), `true`)
		far := g.call("monotonic-clock-subscribe-instant", mailbox.Uint(1<<64-1))
		g.want(g.call("poll-pollable-ready", far), `false`)
		far = g.call("monotonic-clock-subscribe-duration", mailbox.Uint(1<<64-1))
		g.want(g.call("poll-pollable-ready", far), `false`)
	})
	run(t, setup{clock: process.NewManualClock(time.Unix(-5, 0))}, func(g *guest) {
		g.want(g.call("wall-clock-now"), `{"nanoseconds":0,"seconds":0}`)
	})
}

// counting gives 1, 2, 3 …
type counting struct{ n byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}

func testRandom(t *testing.T) {
	run(t, setup{entropy: &counting{}}, func(g *guest) {
		g.want(g.call("random-get-random-bytes", num(3)), `"\u0001\u0002\u0003"`)
		g.want(g.call("random-get-random-bytes", num(0)), `""`)
		g.want(g.call("insecure-get-insecure-random-bytes", num(2)), `"\u0004\u0005"`)
		for _, name := range []string{"random-get-random-u64", "insecure-get-insecure-random-u64"} {
			a, b := g.call(name), g.call(name)
			if a.Equal(b) {
				t.Errorf("%s gives %s twice", name, json(a))
			}
		}
		if v := g.call("insecure-seed-insecure-seed").Table(); v == nil || len(v.List) != 2 || v.List[0].Equal(v.List[1]) {
			t.Errorf("seed %v", v)
		}
		if n := len(g.call("random-get-random-bytes", num(1<<20)).Str()); n != 1<<20 {
			t.Errorf("%d bytes", n)
		}
	})
	for _, name := range []string{"random-get-random-bytes", "insecure-get-insecure-random-bytes"} {
		fails(t, setup{}, "random bytes are more than the 16777216 that one call gives", func(g *guest) {
			g.call(name, mailbox.Uint(1<<64-1))
		})
	}
}

// TestEveryCode holds the cases of error-code against the codes of package files.
func TestEveryCode(t *testing.T) {
	f := wasi.Registry().Interface("wasi:filesystem/types").Func("[method]descriptor.sync")
	labels := f.Type.Result().Err.Labels
	for c := files.Access; c <= files.CrossDevice; c++ {
		if got := labels[c.Case()]; got != c.Error() {
			t.Errorf("%s is %s", c, got)
		}
	}
	if len(labels) != int(files.CrossDevice) || !slices.Contains(labels, files.Code(files.TooManyFiles-1).Error()) {
		t.Errorf("%d cases", len(labels))
	}
}
