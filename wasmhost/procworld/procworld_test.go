package procworld

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/wasmhost/imports"
)

// TestNames holds the functions against the WIT and the header.
func TestNames(t *testing.T) {
	names := func(text, pattern string) []string {
		var found []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			found = append(found, m[1])
		}
		slices.Sort(found)
		return found
	}
	want := slices.Sorted(slices.Values(Module().Names()))
	if got := names(WIT, `(?m)^  %?([a-z-]+): func\(`); !slices.Equal(got, want) {
		t.Errorf("the WIT has %q, the module %q", got, want)
	}
	if got := names(Header, `WIPPY_IMPORT\("([a-z-]+)"\)`); !slices.Equal(got, want) {
		t.Errorf("the header has %q, the module %q", got, want)
	}
	if !strings.Contains(Header, `import_module("`+Name+`")`) || !strings.Contains(WIT, `"`+Name+`"`) {
		t.Errorf("%s is not what the WIT and the header name", Name)
	}
}

const where = 1024 // of results

func TestSend(t *testing.T) {
	g := newGuest()
	to, toLen := g.put(0, "<1.1.9>")
	topic, topicLen := g.put(16, "topic")
	g.put(64, "texté\xff")
	encoded, _ := mailbox.TableValue([]mailbox.Value{mailbox.Int(1)}, nil).Append(nil)
	_, n := g.put(80, string(encoded))
	g.putValue(128, caseNil, 0)
	g.putValue(144, caseBoolean, 1)
	g.putValue(160, caseInteger, ^uint64(4))
	g.putValue(176, caseNumber, number(1.5))
	g.putValue(192, caseText, 64|6<<32)
	g.putValue(208, caseBytes, 64|7<<32)
	g.putValue(224, caseEncoded, 80|n<<32)
	mustReturn(t, g.call("send", to, toLen, topic, topicLen, 128, 7, where))
	if g.memory.bytes[where] != 0 || !slices.Equal(g.calls, []string{"send <1.1.9> topic"}) {
		t.Errorf("result %d, calls %q", g.memory.bytes[where], g.calls)
	}
	if got, want := fmt.Sprint(g.sent), `[nil true -5 1.5 "texté" "texté\xff" table (1 elements)]`; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
}

// TestErrors shows what comes back as an error, and that nothing else was done.
func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		tag   byte
		value uint64
		count uint64
		want  string
	}{
		{"opaque", caseOpaque, 0, 1, "the values: an opaque value cannot be sent"},
		{"not encoded", caseEncoded, 0 | 1<<32, 1, "encoded value: byte 0: expected a value's tag, 0x10 to 0x1a, found 0x3c"},
		{"too many", caseNil, 0, maxValues + 1, ""},
	} {
		g := newGuest()
		to, toLen := g.put(0, "<1.1.9>")
		g.putValue(128, tt.tag, tt.value)
		ended := g.call("send", to, toLen, 0, 0, 128, tt.count, where)
		if tt.want == "" { // the memory ends before
			if _, trapped := ended.(*imports.Trap); !trapped {
				t.Errorf("%s: %v", tt.name, ended)
			}
			continue
		}
		mustReturn(t, ended)
		b := g.memory.bytes[where:]
		if b[0] != 1 || b[8] != 0 || b[9] != 0 || g.str(where+12) != tt.want || len(g.calls) > 0 {
			t.Errorf("%s: %v %q %q", tt.name, b[:10], g.str(where+12), g.calls)
		}
	}
	g := newGuest()
	g.fail = mailbox.Errorf(mailbox.Unavailable, "full")
	to, toLen := g.put(0, "<1.1.9>")
	for _, call := range [][]uint64{{6, 0, 0}, {6, 0, 0}} {
		mustReturn(t, g.call("send", to, toLen, call[1], call[2], 0, 0, where))
		if b := g.memory.bytes[where:]; b[0] != 1 || b[8] != 4 || b[9] != 1 || g.str(where+12) != "full" || b[24] != caseNil {
			t.Errorf("%v", b[:40])
		}
	}
	g.fail = errors.New("odd")
	mustReturn(t, g.call("monitor", to, toLen, where))
	if b := g.memory.bytes[where:]; b[0] != 1 || b[8] != 11 || g.str(where+12) != "odd" {
		t.Errorf("%v", b[:40])
	}
}

// TestMuch bounds what lists that name one string many times come to.
func TestMuch(t *testing.T) {
	g := newGuest()
	g.memory.bytes = make([]byte, 8<<20)
	for i := range uint32(9) {
		g.putValue(i*valueSize, caseBytes, 0|(8<<20)<<32)
	}
	mustReturn(t, g.call("send", 0, 0, 0, 0, 0, 9, where))
	if got := g.str(where + 12); got != "the values: more than 67108864 bytes in one call" {
		t.Errorf("got %q", got)
	}
}

func TestTraps(t *testing.T) {
	far := uint64(memorySize - 4)
	for _, tt := range []struct {
		name  string
		stack []uint64
		want  string
	}{
		{"self", []uint64{far}, "the result's address: 8 bytes at 0xfffc are outside of the memory, which has 65536"},
		{"self", []uint64{2}, "the result's address: the address 0x2 is no multiple of 4"},
		{"self", []uint64{0xfffffffc}, "the result's address: 8 bytes at 0xfffffffc are outside of the memory, which has 65536"},
		{"send", []uint64{far, 5, 0, 0, 0, 0, where}, "the destination: 5 bytes at 0xfffc are outside of the memory, which has 65536"},
		{"send", []uint64{1, 1 << 20, 0, 0, 0, 0, where}, "the destination: 1048576 bytes at 0x1 are outside of the memory, which has 65536"},
		{"send", []uint64{0, 0, 2000, 1, 0, 0, where}, "the topic: the string is not UTF-8"},
		{"send", []uint64{0, 0, 0, 0, 4, 1, where}, "the values: the address 0x4 is no multiple of 8"},
		{"send", []uint64{0, 0, 0, 0, 8, 0xffffffff, where}, "the values: 4294967295 elements of 16 bytes are more than a memory has"},
		{"send", []uint64{0, 0, 0, 0, 8, 5000, where}, "the values: 80000 bytes at 0x8 are outside of the memory, which has 65536"},
		{"send", []uint64{0, 0, 0, 0, 2000, 1, where}, "the values: 255 is no case of value, which has 8"},
		{"receive", []uint64{2, 0, where}, "the duration: 2 is no case of option, which has 2"},
		{"receive-match", []uint64{1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, where}, "the pattern's event: 4 is no case of event-type, which has 4"},
		{"receive-match", []uint64{0, 0, 1, far, 9, 0, 0, 0, 0, 0, 0, 0, where}, "the pattern's from: 9 bytes at 0xfffc are outside of the memory, which has 65536"},
		{"receive-any", []uint64{1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, where}, "the pattern's event: 5 is no case of any-event-type, which has 5"},
		{"receive-any", []uint64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4}, "the result's address: the address 0x4 is no multiple of 8"},
		{"upgrade", []uint64{0, 0, 0, 0, 4}, "the result's address: the address 0x4 is no multiple of 8"},
		{"upgrade", []uint64{0, 0, 4, 1, where}, "the state: the address 0x4 is no multiple of 8"},
		{"group-join", []uint64{0, 0, 2, 0, 0, where}, "the destination: 2 is no case of option, which has 2"},
		{"group-leave", []uint64{far, 5, 0, 0, 0}, "the group: 5 bytes at 0xfffc are outside of the memory, which has 65536"},
		{"group-members", []uint64{2000, 1, where}, "the group: the string is not UTF-8"},
		{"group-broadcast", []uint64{0, 0, far, 5, 0, 0, where}, "the topic: 5 bytes at 0xfffc are outside of the memory, which has 65536"},
		{"group-monitor", []uint64{0, 0, far}, "the result's address: the address 0xfffc is no multiple of 8"},
		{"send-after", []uint64{1, far, 5, 0, 0, 0, 0, where}, "the destination: 5 bytes at 0xfffc are outside of the memory, which has 65536"},
		{"spawn", []uint64{0, 0, 0, 0, 4, 1, 0, where}, "the arguments: the address 0x4 is no multiple of 8"},
		{"exec", []uint64{0, 0, far, 5, 0, 0, where}, "the group: 5 bytes at 0xfffc are outside of the memory, which has 65536"},
		{"link", []uint64{2000, 1, where}, "the destination: the string is not UTF-8"},
		{"unlink", []uint64{far, 5}, "the destination: 5 bytes at 0xfffc are outside of the memory, which has 65536"},
		{"register", []uint64{0, 0, 2, 0, 0, where}, "the destination: 2 is no case of option, which has 2"},
		{"lookup", []uint64{0, 0, far}, "the result's address: 12 bytes at 0xfffc are outside of the memory, which has 65536"},
		{"unregister", []uint64{0, 0, 4}, "the result's address: the address 0x4 is no multiple of 8"},
		{"info", []uint64{0, 0, memorySize - 64}, "the result's address: 128 bytes at 0xffc0 are outside of the memory, which has 65536"},
		{"list", []uint64{3, 0, 0, where}, "the group: 3 is no case of option, which has 2"},
		{"fail", []uint64{99, 0, 0, 0, 0, 0, 0}, "the error's kind: 99 is no case of error-kind, which has 13"},
		{"fail", []uint64{0, 0, 0, 0, 8, 0, 0}, "the error's value: 8 is no case of value, which has 8"},
		{"fail", []uint64{0, 0, 0, 0, caseText, far, 5}, "the error's value: 5 bytes at 0xfffc are outside of the memory, which has 65536"},
		{"fail", []uint64{0, 0, 0, 0, caseOpaque, 0, 0}, "fail: the error's value: an opaque value cannot be sent"},
		{"exit", []uint64{4096, 1}, "exit: the values: an opaque value cannot be sent"},
	} {
		g := newGuest()
		for i := range 16 {
			g.memory.bytes[2000+i] = 0xff
		}
		g.memory.bytes[4096] = caseOpaque
		trap, ok := g.call(tt.name, tt.stack...).(*imports.Trap)
		if !ok || trap.Message != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, trap, tt.want)
		}
		if len(g.calls) > 0 {
			t.Errorf("%s: it did %q", tt.want, g.calls)
		}
	}
}

// TestEvents pins the layout of events down, at the offsets of the canonical ABI.
func TestEvents(t *testing.T) {
	g := newGuest()
	mustReturn(t, g.call("receive", 1, 0, where))
	if g.memory.bytes[where] != 0 {
		t.Error("an event out of nothing")
	}
	failure := &mailbox.Error{Kind: mailbox.Failed, Message: "boom", Value: mailbox.Int(3)}
	g.events = []*mailbox.Event{
		{Type: mailbox.Message, From: "<1.1.5>", Topic: "t", Values: []mailbox.Value{mailbox.Uint(1 << 63), mailbox.String("\xff"), mailbox.Uint(5)}},
		{Type: mailbox.ExitEvent, From: "<1.1.6>", Ref: 9, Exit: &mailbox.Exit{Entry: "app:e", Reason: mailbox.ReasonError, Code: -2, HasCode: true, Err: failure}},
		{Type: mailbox.LinkDown, From: "<1.1.7>", Exit: &mailbox.Exit{Reason: "new"}},
		{Type: mailbox.CancelEvent, From: "<1.1.8>", Cancel: &mailbox.Cancel{Reason: "r", Deadline: time.Unix(102, 0)}},
	}
	mustReturn(t, g.call("receive", 0, 0, where))
	b := g.memory.bytes[where:]
	values := g.u32(where + 32)
	if b[0] != 1 || b[8] != 0 || g.str(where+16) != "<1.1.5>" || g.str(where+24) != "t" || g.u32(where+36) != 3 {
		t.Errorf("message %v", b[:104])
	}
	if m := g.memory.bytes[values:]; m[0] != caseEncoded || m[16] != caseBytes || g.str(values+24) != "\xff" || m[32] != caseInteger || m[40] != 5 {
		t.Errorf("values %v", m[:48])
	}
	mustReturn(t, g.call("receive", 0, 0, where))
	b = g.memory.bytes[where:]
	if b[8] != 1 || g.str(where+16) != "<1.1.6>" || g.u64(where+24) != 9 || g.str(where+32) != "app:e" || b[40] != 1 || g.u32(where+48) != 0 ||
		b[52] != 1 || int32(g.u32(where+56)) != -2 || b[64] != 1 || b[72] != 10 || b[73] != 0 || g.str(where+76) != "boom" ||
		b[88] != caseInteger || g.u64(where+96) != 3 {
		t.Errorf("exit %v", b[:104])
	}
	mustReturn(t, g.call("receive", 0, 0, where))
	b = g.memory.bytes[where:]
	if b[8] != 2 || g.str(where+16) != "<1.1.7>" || b[24] != 7 || b[32] != 0 {
		t.Errorf("link-down %v", b[:104])
	}
	mustReturn(t, g.call("receive", 0, 0, where))
	b = g.memory.bytes[where:]
	if b[8] != 3 || g.str(where+16) != "<1.1.8>" || g.str(where+24) != "r" || g.u64(where+32) != 2e9 {
		t.Errorf("cancel %v", b[:104])
	}
}

// TestWaits makes sure that only who waited gets its time back: a time-out that
// is over at once must not keep a guest from being preempted.
func TestWaits(t *testing.T) {
	g := newGuest()
	mustReturn(t, g.call("receive", 1, 0, where))
	g.delay = time.Millisecond
	mustReturn(t, g.call("receive", 1, 0, where))
	if g.waits != 0 {
		t.Error("a receive without a time-out waited")
	}
	mustReturn(t, g.call("receive", 1, 1, where))
	mustReturn(t, g.call("receive", 0, 0, where))
	if g.waits != 2 {
		t.Errorf("%d waits", g.waits)
	}
}

func TestMatch(t *testing.T) {
	g := newGuest()
	g.events = []*mailbox.Event{
		{Type: mailbox.Message, From: "a", Topic: "one"},
		{Type: mailbox.ExitEvent, From: "b", Ref: 4, Exit: &mailbox.Exit{}},
		{Type: mailbox.Message, From: "b", Topic: "two"},
		{Type: mailbox.ExitEvent, From: "b", Ref: 5, Exit: &mailbox.Exit{}},
	}
	from, _ := g.put(0, "b")
	topic, _ := g.put(8, "two")
	for _, tt := range []struct {
		stack []uint64
		left  int
	}{
		{[]uint64{0, 0, 1, from, 1, 1, topic, 3, 0, 0, 1, 0, where}, 3},
		{[]uint64{1, 1, 0, 0, 0, 0, 0, 0, 1, 5, 1, 0, where}, 2},
		{[]uint64{1, 1, 0, 0, 0, 0, 0, 0, 1, 5, 1, 0, where}, 2},
		{[]uint64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, where}, 1},
		{[]uint64{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, where}, 1},
	} {
		mustReturn(t, g.call("receive-match", tt.stack...))
		if len(g.events) != tt.left {
			t.Errorf("%v: %d events are left, want %d", tt.stack, len(g.events), tt.left)
		}
	}
}

func TestOthers(t *testing.T) {
	g := newGuest()
	entry, _ := g.put(0, "worker")
	group, _ := g.put(8, "other:group")
	mustReturn(t, g.call("spawn", entry, 6, group, 11, 0, 0, bondMonitor, where))
	if g.memory.bytes[where] != 0 || g.str(where+8) != "<1.1.2>" {
		t.Errorf("spawn: %v", g.memory.bytes[where:where+40])
	}
	mustReturn(t, g.call("monitor", entry, 6, where))
	if g.memory.bytes[where] != 0 || g.u64(where+8) != 7 {
		t.Errorf("monitor: %v", g.memory.bytes[where:where+40])
	}
	mustReturn(t, g.call("cancel", entry, 6, group, 5, 0, 0, where))
	mustReturn(t, g.call("cancel", entry, 6, group, 5, 1, 1500, where))
	mustReturn(t, g.call("terminate", entry, 6, where))
	want := []string{
		"spawn app:worker other:group true false", "monitor worker", "cancel worker other 5s", "cancel worker other 1.5µs", "terminate worker",
	}
	if !slices.Equal(g.calls, want) {
		t.Errorf("got %q", g.calls)
	}
	text, n := g.put(16, "printed\n")
	mustReturn(t, g.call("print", text, n, where))
	if !strings.Contains(g.log.String(), "msg=printed\n") {
		t.Errorf("log %q", g.log.String())
	}
	if end, ok := g.call("exit", 0, 0).(*imports.Exit); !ok || len(end.Result.Values) > 0 {
		t.Errorf("exit: %v", end)
	}
}

func TestJSON(t *testing.T) {
	for text, want := range map[string]string{
		`[1, -2, 18446744073709551615, 2.5, "é\n", true, null, {"b": {}, "a": [0]}]`: `[1,-2,18446744073709551615,2.5,"é\n",true,null,{"a":[0],"b":{}}]`,
		` 1e3 `:                  `1000`,
		`[1`:                     `JSON: byte 2: it ends too early`,
		`1 2`:                    `JSON: byte 3: expected the end`,
		`1e999`:                  `JSON: byte 5: 1e999 is beyond what a number holds`,
		``:                       `JSON: byte 0: it ends too early`,
		`{"a":1,"a":2}`:          `a table cannot be encoded: expected a key that the table does not have yet, got "a"`,
		strings.Repeat("[", 200): `JSON: byte 129: it is nested too deep`,
	} {
		g := newGuest()
		at, n := g.put(0, text)
		mustReturn(t, g.call("from-json", at, n, where))
		if g.memory.bytes[where] == 0 {
			mustReturn(t, g.call("to-json", uint64(g.u32(where+8)), uint64(g.u32(where+12)), where))
		}
		got := g.str(where + 8)
		if g.memory.bytes[where] == 1 {
			got = g.str(where + 12)
		}
		if got != want {
			t.Errorf("%.40s: got %s, want %s", text, got, want)
		}
	}
}

// FuzzCall calls every function with whatever parameters and memory: it
// returns, traps, or ends the process, and does nothing else.
func FuzzCall(f *testing.F) {
	names := Module().Names()
	for i := range names {
		f.Add(uint8(i), []byte("<1.1.1> topic \x10\x14\x05 {\"a\": [1]}"), uint32(0), uint32(7), uint32(8), uint32(5), uint32(16), uint32(1), uint32(where), uint32(where))
		f.Add(uint8(i), []byte{6, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 3, 0, 0, 0, 0x17, 0, 0}, uint32(0), uint32(1), uint32(0), uint32(1), uint32(0), uint32(1), uint32(where), uint32(where))
	}
	f.Fuzz(func(t *testing.T, which uint8, memory []byte, a, b, c, d, e, n, w, x uint32) {
		g := newGuest()
		copy(g.memory.bytes, memory)
		g.caller.Args = []mailbox.Value{mailbox.String("x")}
		g.events = []*mailbox.Event{{From: "<1.1.1>", Topic: "topic", Values: []mailbox.Value{mailbox.Float(1)}}}
		stack := []uint64{uint64(a), uint64(b), uint64(c), uint64(d), uint64(e), uint64(n), uint64(w), uint64(x), uint64(a), uint64(b), uint64(c), uint64(d), uint64(w)}
		name := names[int(which)%len(names)]
		params := len(Module().Func(name).Type.Params)
		if params < len(stack) && params > 0 {
			stack[params-1] = uint64(w)
		}
		switch p := g.call(name, stack[:params]...).(type) {
		case nil, *imports.Trap, *imports.Exit:
		default:
			t.Fatalf("%s panicked: %v", name, p)
		}
	})
}

// FuzzJSON parses and prints.
func FuzzJSON(f *testing.F) {
	f.Add(`{"a": [1, 2.5, null, true, "x"]}`)
	f.Add(`{1:2}`)
	f.Add(`[}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parseJSON([]byte(text))
		if err != nil {
			return
		}
		again, err := parseJSON(v.AppendJSON(nil))
		if err != nil || !again.Equal(v) && !strings.Contains(text, "{") {
			t.Fatalf("%s: %s, then %v %v", text, v.AppendJSON(nil), again, err)
		}
	})
}
