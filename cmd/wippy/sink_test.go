package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// gate is a standard error that takes nothing until it is opened.
type gate struct {
	*output
	asked  chan struct{} // closed at the first write
	once   sync.Once
	opened chan struct{}
}

func newGate() *gate {
	return &gate{output: newOutput(), asked: make(chan struct{}), opened: make(chan struct{})}
}

func (g *gate) Write(p []byte) (int, error) {
	g.once.Do(func() { close(g.asked) })
	<-g.opened
	return g.output.Write(p)
}

func newTestSink(w io.Writer, max int) *sink {
	return &sink{w: w, max: max, notice: func(lost uint64) []byte { return fmt.Appendf(nil, "lost %d\n", lost) }}
}

// TestSinkDrops has lines dropped where they find no room, and counted where they would have stood.
func TestSinkDrops(t *testing.T) {
	g := newGate()
	s := newTestSink(g, 40)
	log := lines{s}
	line := func(format string, args ...any) { fmt.Fprintf(log, format+"\n", args...) }
	for i := range 10 { // of 10 bytes
		line("line %04d", i)
	}
	fmt.Fprint(s, "the command line's\n") // is never dropped
	line("behind it")
	if s.lostLines() != 7 {
		t.Errorf("%d are lost", s.lostLines())
	}
	close(g.opened)
	<-s.passed()
	line("again")
	s.flush(nil, nil)
	if want := "line 0000\nline 0001\nline 0002\nline 0003\nlost 6\nthe command line's\nlost 1\nagain\n"; g.String() != want {
		t.Errorf("got\n%swant\n%s", g, want)
	}
}

// TestSinkLongLine takes a line that is longer than all of the room, where nothing else waits.
func TestSinkLongLine(t *testing.T) {
	out := newOutput()
	s := newTestSink(out, 10)
	long := strings.Repeat("x", 3*sinkPiece) + "\n"
	s.patience = time.Minute
	fmt.Fprint(s, "before it\n")
	fmt.Fprint(lines{s}, long)
	s.flush(nil, nil)
	if out.String() != "before it\n"+long || s.lostLines() != 0 {
		t.Errorf("%d bytes, %d lost", len(out.String()), s.lostLines())
	}
}

// TestSinkWaits has a line wait for room that there soon is.
func TestSinkWaits(t *testing.T) {
	g := newGate()
	s := newTestSink(g, 20)
	s.patience = time.Minute
	taken := make(chan struct{})
	go func() {
		defer close(taken)
		for range 1000 {
			fmt.Fprintln(lines{s}, "line 0000")
		}
	}()
	<-g.asked
	close(g.opened)
	<-taken
	s.flush(nil, nil)
	if n := strings.Count(g.String(), "line 0000\n"); n != 1000 || s.lostLines() != 0 {
		t.Errorf("%d lines, %d lost", n, s.lostLines())
	}
}

// TestSinkHalf takes nothing again before half of the room is free.
func TestSinkHalf(t *testing.T) {
	step := make(chan struct{})
	out := newOutput()
	s := newTestSink(stepped{out, step}, 4*sinkPiece)
	big := bytes.Repeat([]byte("#"), sinkPiece-1)
	big = append(big, '\n')
	for range 5 { // the last is lost
		_, _ = lines{s}.Write(big)
	}
	wait := func(n uint64) { // until n were written
		s.mu.Lock()
		done := make(chan struct{})
		if s.written >= n*sinkPiece {
			close(done)
		} else {
			s.waiting = append(s.waiting, waiter{n * sinkPiece, done})
		}
		s.mu.Unlock()
		<-done
	}
	step <- struct{}{}
	wait(1)
	fmt.Fprintln(lines{s}, "too early")
	step <- struct{}{}
	wait(2)
	fmt.Fprintln(lines{s}, "early enough")
	close(step)
	s.flush(nil, nil)
	if text := strings.ReplaceAll(out.String(), "#", ""); text != "\n\n\n\nlost 2\nearly enough\n" {
		t.Errorf("%q", text)
	}
}

// stepped takes one write for each token.
type stepped struct {
	io.Writer
	step chan struct{}
}

func (s stepped) Write(p []byte) (int, error) {
	<-s.step
	return s.Writer.Write(p)
}

// TestSinkOrder keeps the order of each who writes, and whole lines, whoever else writes.
func TestSinkOrder(t *testing.T) {
	out := newOutput()
	s := newTestSink(out, sinkBytes)
	const writers, each = 4, 500
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			to := []io.Writer{s, lines{s}, behind{s}}
			for i := range each {
				fmt.Fprintf(to[i%len(to)], "%d %d\n", w, i)
			}
		})
	}
	all.Wait()
	s.flush(nil, nil)
	next := make([]int, writers)
	for line := range strings.Lines(out.String()) {
		var w, i int
		if _, err := fmt.Sscanf(line, "%d %d\n", &w, &i); err != nil || w >= writers || next[w] != i {
			t.Fatalf("%q where %v are next", line, next)
		}
		next[w]++
	}
	if s.lostLines() != 0 || next[0] != each {
		t.Errorf("%d are lost, %v written", s.lostLines(), next)
	}
}

// TestSinkFlush ends at a signal or a time, and does not wait in vain twice.
func TestSinkFlush(t *testing.T) {
	g := newGate()
	s := newTestSink(g, 40)
	defer func() { close(g.opened); <-s.passed() }()
	fmt.Fprintln(s, "it waits")
	signals := make(chan os.Signal, 1)
	signals <- os.Interrupt
	s.flush(nil, signals)
	s.flush(nil, nil)
	if g.String() != "" {
		t.Errorf("written: %s", g)
	}
}

// blockedPipe is the end of a full pipe that is written to. read reads what was not there at first, and
// goes on until the other end is closed.
func blockedPipe(t *testing.T) (w *os.File, read func() string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	filled := 0
	if err := w.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Skip("pipes have no deadlines here: ", err)
	}
	for err == nil {
		var n int
		n, err = w.Write(make([]byte, 4096))
		filled += n
	}
	if err := w.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return w, func() string {
		all, _ := io.ReadAll(r)
		return string(all[filled:])
	}
}

// TestBlockedLog has processes log more than a pipe that nobody reads takes, and than is queued: they
// go on, the metrics tell what is lost, and the first signal ends the node.
func TestBlockedLog(t *testing.T) {
	w, _ := blockedPipe(t)
	s := newSession()
	s.cli.stderr, s.patience = w, 100*time.Millisecond
	file := filepath.Join(t.TempDir(), "main.lua")
	script := `
		local log = require("log")
		local text = string.rep("x", 1000)
		for i = 1, 3000 do log.info(text) end
		print("ready")
		print("asked by " .. process.receive(nil, {type = "CANCEL"}).reason)
		for i = 1, 3000 do log.info(text) end`
	if err := os.WriteFile(file, []byte(script), 0o666); err != nil {
		t.Fatal(err)
	}
	// The address is logged, where nobody can read it.
	address := freeAddress(t)
	go func() { s.result <- s.run([]string{"run", "--metrics", address, file}) }()
	s.stdout.wait(t, "ready")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if !regexp.MustCompile(`(?m)^wippy_log_lines_dropped_total [12]\d\d\d$`).Match(body) {
		t.Errorf("%v; nothing is dropped:\n%s", err, body)
	}
	s.signals <- syscall.SIGTERM
	s.wantExit(t, 143)
	if want := "ready\nasked by terminated\n"; s.stdout.String() != want {
		t.Errorf("standard output:\n%s", s.stdout)
	}
}

// freeAddress is an address that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestBlockedLogGoesOn reads the pipe late: what was queued comes in order, what was dropped is told, and
// what the command line says at the end is last.
func TestBlockedLogGoesOn(t *testing.T) {
	w, read := blockedPipe(t)
	s := newSession()
	s.cli.stderr = w
	s.start(t, `
		local log = require("log")
		local text = string.rep("x", 1000)
		for i = 1, 2000 do log.info(text, {i = i}) end
		print("ready")
		process.receive(nil, {type = "CANCEL"})
		error("of its own", 0)`)
	s.stdout.wait(t, "ready")
	got := make(chan string)
	go func() { got <- read() }()
	s.signals <- os.Interrupt
	s.wantExit(t, 130)
	w.Close()
	var fields []string
	for line := range strings.Lines(<-got) {
		switch m := regexp.MustCompile(`"i":(\d+)|"msg":"(lines of the log were dropped).*"lines":(\d+)|^wippy: (.*)`).FindStringSubmatch(line); {
		case strings.HasPrefix(line, "\t"): // where it failed
		case m == nil:
			t.Errorf("a line %q", line)
		default:
			fields = append(fields, m[1]+m[2]+m[3]+m[4])
		}
	}
	n := len(fields)
	if n < 502 || fields[n-1] != "of its own" {
		t.Fatalf("%d lines: %q", n, fields)
	}
	var lost int
	if _, err := fmt.Sscanf(fields[n-2], "lines of the log were dropped%d", &lost); err != nil || lost+n-2 != 2000 {
		t.Errorf("%q after %d lines of 2000", fields[n-2], n-2)
	}
	for i, f := range fields[:n-2] {
		if f != fmt.Sprint(i+1) {
			t.Fatalf("line %d is %s", i+1, f)
		}
	}
}

// TestBlockedServices ends the services of an application by one signal.
func TestBlockedServices(t *testing.T) {
	w, _ := blockedPipe(t)
	s := newSession()
	s.cli.stderr, s.patience = w, 100*time.Millisecond
	s.startApp(t, `version: "1.0"
namespace: app
entries:
- {name: terminal, kind: terminal.host}
- name: noise
  kind: process.lua
  modules: [log]
  source: |
    for i = 1, 3000 do require("log").info(string.rep("x", 1000)) end
    print("ready")
    process.receive({type = "CANCEL"})
- {name: noisy, kind: process.service, process: noise, group: terminal}
`)
	s.stdout.wait(t, "ready")
	s.signals <- syscall.SIGTERM
	s.wantExit(t, 0)
}

// complains is a module that writes a line to its standard error.
var complains = []byte("\x00asm\x01\x00\x00\x00" +
	"\x01\x0c\x02\x60\x04\x7f\x7f\x7f\x7f\x01\x7f\x60\x00\x00" + // types
	"\x02\x23\x01\x16wasi_snapshot_preview1\x08fd_write\x00\x00" +
	"\x03\x02\x01\x01" + "\x05\x03\x01\x00\x01" + // a function, a memory
	"\x07\x13\x02\x06memory\x02\x00\x06_start\x00\x01" +
	"\x0a\x0f\x01\x0d\x00\x41\x02\x41\x00\x41\x01\x41\x10\x10\x00\x1a\x0b" + // fd_write(2, 0, 1, 16)
	"\x0b\x12\x01\x00\x41\x00\x0b\x0c\x08\x00\x00\x00\x04\x00\x00\x00err\n")

// TestBlockedErrors has a guest print to a standard error that takes nothing: that one waits, others
// go on, and the end of the main process ends it.
func TestBlockedErrors(t *testing.T) {
	w, _ := blockedPipe(t)
	s := newSession()
	s.cli.stderr, s.patience = w, 100*time.Millisecond
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bin/complains.wasm": string(complains),
		"_index.yaml": `version: "1.0"
namespace: app
entries:
- {name: terminal, kind: terminal.host}
- {name: processes, kind: process.host}
- {name: bin, kind: fs.directory, directory: ./bin}
- {name: complains, kind: process.wasm, fs: bin, path: complains.wasm, hash: "` + hashOf(complains) + `", method: _start, imports: ["wasi:cli"]}
- name: other
  kind: process.lua
  source: |
    local e = process.receive()
    while e.type == "MESSAGE" do
      process.send(e.from, "echo", e.payload)
      e = process.receive()
    end
- name: main
  kind: process.lua
  meta: {command: {name: main}}
  modules: [log]
  source: |
    assert(process.spawn_monitored("app:complains", "app:terminal"))
    local other = assert(process.spawn("app:other", "app:processes"))
    for i = 1, 2000 do
      require("log").info(string.rep("x", 1000))
      process.send(other, "question", i)
      local e = process.receive()
      assert(e.type == "MESSAGE" and e.payload == i)
    end
    return "they went on"
`,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	go func() { s.result <- s.run([]string{"--app", dir, "run", "main"}) }()
	s.wantExit(t, 0)
	if s.stdout.String() != "they went on\n" {
		t.Errorf("standard output:\n%s", s.stdout)
	}
}

// hashOf is a binary's hash as an entry has it.
func hashOf(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }

// TestPrintBehindLog keeps the order of what is logged and printed where both go to one file.
func TestPrintBehindLog(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "both"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := newSession()
	s.cli.stdout, s.cli.stderr = file, file
	s.start(t, `
		local log = require("log")
		for i = 1, 200 do log.info("log") print("print") end
		return "result"`)
	s.wantExit(t, 0)
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	one := regexp.MustCompile(`^(\{[^\n]*"msg":"log"[^\n]*\}\nprint\n){200}result\n$`)
	if !one.Match(text) {
		t.Errorf("out of order:\n%s", text)
	}
}

// BenchmarkLog is a line of the log, to a file.
func BenchmarkLog(b *testing.B) {
	for _, to := range []string{"direct", "sink"} {
		b.Run(to, func(b *testing.B) {
			file, err := os.Create(filepath.Join(b.TempDir(), "log"))
			if err != nil {
				b.Fatal(err)
			}
			defer file.Close()
			s := newTestSink(file, sinkBytes)
			s.patience = time.Minute
			var w io.Writer = file
			if to == "sink" {
				w = lines{s}
			}
			log := slog.New(slog.NewJSONHandler(w, nil)).With("entry", "shop:orders", "pid", "<1.1.7>", "group", "shop:processes")
			for b.Loop() {
				log.Info("order taken", "id", 4711)
			}
			s.flush(nil, nil)
			b.ReportMetric(float64(s.lostLines())/float64(b.N), "lost/op")
		})
	}
}
