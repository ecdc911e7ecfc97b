package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// TestPsWatch lists a node again and again, until it is interrupted.
func TestPsWatch(t *testing.T) {
	node := newSession()
	node.start(t, `print("ready") process.receive(nil, {type = "CANCEL"})`)
	node.stdout.wait(t, "ready")
	for _, flag := range []string{"--json", "--sort=memory"} {
		watch := newSession()
		go func() { watch.result <- watch.run([]string{"ps", "--watch", "--interval", "100ms", flag}) }()
		for range 2 {
			watch.stdout.wait(t, "<1.2.1>")
			watch.stdout.clear()
		}
		watch.signals <- os.Interrupt
		watch.wantExit(t, 130)
		if watch.stderr.String() != "" {
			t.Errorf("standard error:\n%s", watch.stderr)
		}
	}
	// The node ends while it is watched.
	watch := newSession()
	go func() { watch.result <- watch.run([]string{"ps", "-w", "--interval", "100ms"}) }()
	watch.stdout.wait(t, "<1.2.1>")
	node.signals <- os.Interrupt
	node.wantExit(t, 130)
	watch.wantExit(t, 1)
	if !strings.Contains(watch.stderr.String(), "no node of this user runs here") {
		t.Errorf("standard error:\n%s", watch.stderr)
	}
}

func (o *output) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Reset()
}

func TestTable(t *testing.T) {
	columns := []column{{title: "PID"}, {title: "ENTRY", least: 5}, {title: "FUEL", right: true}, {title: "NAMES", least: 4}}
	rows := [][]string{
		{"<1.1.1>", "app:worker", "12.3k", "name"},
		{"<1.1.22>", "app:ünïcödé", "7", ""},
	}
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, `
PID       ENTRY         FUEL  NAMES
<1.1.1>   app:worker   12.3k  name
<1.1.22>  app:ünïcödé      7
`},
		{33, `
PID       ENTRY       FUEL  NAMES
<1.1.1>   app:work…  12.3k  name
<1.1.22>  app:ünïc…      7
`},
		{20, `
PID       ENTRY   F…
<1.1.1>   app:…  12…
<1.1.22>  app:…    …
`},
	} {
		var out bytes.Buffer
		printTable(&out, columns, rows, c.width)
		if got := "\n" + out.String(); got != c.want {
			t.Errorf("at a width of %d:%s", c.width, got)
		}
	}
}

func TestCells(t *testing.T) {
	for text, want := range map[string]int{"": 0, "añb": 3, "日本": 4, "e\u0301": 1, "🙂!": 3, "\ufffd": 1} {
		if got := cells(text); got != want {
			t.Errorf("%q takes %d, want %d", text, got, want)
		}
	}
	for width := range 7 {
		if got := cells(cutAt("日本語x", width)); width > 0 && got > width {
			t.Errorf("cut at %d it takes %d", width, got)
		}
	}
}

func TestFirstLines(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb\nc\n":          "a\nb\nc\n",
		"a\nb\nc\nd\n":       "a\nb\n… 2 more lines\n",
		"a\nb\nc\nd\ne\nf\n": "a\nb\n… 4 more lines\n",
		"":                   "",
	} {
		if got := string(firstLines([]byte(text), 3)); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestRedrawn(t *testing.T) {
	if got, want := string(redrawn([]byte("a\nbc\n"))), "\x1b[H\x1b[Ka\n\x1b[Kbc\n\x1b[K\x1b[J"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestShortTexts(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 59*time.Second + 999*time.Millisecond: "59s", 62 * time.Second: "1m02s", time.Hour + 5*time.Minute: "1h05m",
		49 * time.Hour: "2d01h", 1000 * 24 * time.Hour: "1000d00h",
	} {
		if got := briefly(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
	for n, want := range map[uint64]string{
		0: "0", 999: "999", 1000: "1.00k", 9994: "9.99k", 9995: "10.0k", 99949: "99.9k", 99951: "100k", 999_499: "999k", 999_500: "1.00M", 1 << 63: "9.22E",
	} {
		if got := scaled(n, 1000, ""); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
	for n, want := range map[uint64]string{0: "0B", 1023: "1023B", 1024: "1.00KiB", 5 << 20: "5.00MiB", 1<<64 - 1: "16.0EiB"} {
		if got := scaled(n, 1024, "B"); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
	if got := string(escapeControls([]byte(`{"name":"a` + "\u009b2J\x7fé" + `"}`))); got != `{"name":"a\u009b2J\u007fé"}` {
		t.Errorf("JSON with control characters is %s", got)
	}
	if got := visible("a\x1b[31m\nb\u202e"); strings.ContainsAny(got, "\x1b\n\u202e") {
		t.Errorf("a terminal would act on %q", got)
	}
}
