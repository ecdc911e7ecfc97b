package linker_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/component"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/wit"
)

// guests gives a real guest, of the directory that WIPPY_GUESTS names.
// WIPPY_CACHE may name one in which compiled code is kept.
func guests(t testing.TB, name string) []byte {
	dir := os.Getenv("WIPPY_GUESTS")
	if dir == "" {
		t.Skip("set WIPPY_GUESTS to a directory of .wasm files")
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skip(err)
	}
	return b
}

func linkBytes(t testing.TB, binary []byte, r linker.Resolver) *linker.Plan {
	c, err := component.Read(binary)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newHost(t, wasmhost.Options{CacheDir: os.Getenv("WIPPY_CACHE")}).Link(background, "guest.wasm", c, r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const hostInterface = "guests:rich/host@0.1.0"

// richHost is what js_rich imports.
func richHost(logs *[]string) *provider {
	blobs := map[uint32]string{}
	dropped := &canon.ResourceType{Name: "blob", Drop: func(_ context.Context, rep uint32) error {
		delete(blobs, rep)
		return nil
	}}
	p := &provider{funcs: map[string]*canon.Host{}, resources: map[string]*canon.ResourceType{hostInterface + "#blob": dropped}}
	for name, f := range map[string]func(*canon.Call){
		"log": func(c *canon.Call) { *logs = append(*logs, strings.Clone(c.Str(0))) },
		"now": func(c *canon.Call) { c.Return(mailbox.Uint(12345)) },
		"[constructor]blob": func(c *canon.Call) {
			rep := uint32(len(blobs) + 1)
			blobs[rep] = c.Str(0)
			c.Return(mailbox.Uint(uint64(rep)))
		},
		"[method]blob.size": func(c *canon.Call) { c.Return(mailbox.Uint(uint64(len(blobs[c.Rep(0)])))) },
		"[method]blob.read": func(c *canon.Call) {
			b, off, n := blobs[c.Rep(0)], c.Uint(1), c.Uint(2)
			if off+n > uint64(len(b)) {
				c.Err(mailbox.String("oob"))
				return
			}
			c.OK(mailbox.String(b[off : off+n]))
		},
	} {
		p.funcs[hostInterface+"#"+name] = &canon.Host{Name: name, Func: func(c *canon.Call) error { f(c); return nil }}
	}
	return p
}

// TestRich calls every function of a JavaScript engine's component, and compares
// with what another host answered.
func TestRich(t *testing.T) {
	binary := guests(t, "js_rich.pure.wasm")
	text, err := os.ReadFile(filepath.Join(os.Getenv("WIPPY_GUESTS"), "..", "rich.expected.json"))
	if err != nil {
		t.Skip(err)
	}
	var want map[string]any
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	var logs []string
	plan := linkBytes(t, binary, richHost(&logs))
	r := start(t, plan, process.Limits{})
	everything := tab("a", mailbox.Bool(true), "b", num(255), "c", num(-128), "d", num(65535), "e", num(-32768), "f", num(4294967295),
		"g", num(-2147483648), "h", mailbox.Uint(1<<64-1), "i", mailbox.Int(-1<<63), "j", num(1.5), "k", num(3.141592653589793), "l", str("é"), "m", str("str"))
	point := func(x, y float64) mailbox.Value { return tab("x", num(x), "y", num(y)) }
	yes := mailbox.Bool(true)
	for _, tt := range []struct {
		method string
		args   []mailbox.Value
		want   mailbox.Value
	}{
		{"compute", []mailbox.Value{num(7), num(5)}, num(want["compute"].(float64))},
		{"echo-string", []mailbox.Value{str("héllo 🌍\x00z")}, str(want["echoString"].(string))},
		{"echo-char", []mailbox.Value{str("🦀")}, str(want["echoChar"].(string))},
		{"echo-everything", []mailbox.Value{everything}, everything},
		{"sum-list", []mailbox.Value{arr(num(4294967295), num(2), num(1))}, mailbox.Uint(4294967298)},
		{"reverse-bytes", []mailbox.Value{str("\x01\x02\x03")}, str("\x03\x02\x01")},
		{"reverse-strings", []mailbox.Value{arr(str("a"), str(""), str("ccc"))}, arr(str("ccc"), str(""), str("a"))},
		{"nested", []mailbox.Value{arr(arr(tab("some", str("a")), tab()), arr(), arr(tab("some", str("b"))))}, arr(arr(tab(), tab("some", str("a"))), arr(), arr(tab("some", str("b"))))},
		{"next-color", []mailbox.Value{str("blue")}, str(want["nextColor"].(string))},
		{"invert", []mailbox.Value{tab("read", yes, "f9", yes)}, tab("write", yes, "exec", yes, "f3", yes, "f4", yes, "f5", yes, "f6", yes, "f7", yes, "f8", yes)},
		{"area", []mailbox.Value{tab("tag", str("circle"), "value", num(2))}, tab("ok", num(want["circle"].(float64)))},
		{"area", []mailbox.Value{tab("tag", str("rect"), "value", arr(num(2), num(3)))}, tab("ok", num(want["rect"].(float64)))},
		{"area", []mailbox.Value{tab("tag", str("named"), "value", str("x"))}, tab("err", str("named:x"))},
		{"area", []mailbox.Value{tab("tag", str("poly"), "value", arr(point(0, 0), point(4, 0), point(0, 3)))}, tab("ok", num(want["poly"].(float64)))},
		{"area", []mailbox.Value{str("nothing")}, tab("ok", num(0))},
		{"maybe", []mailbox.Value{mailbox.Nil}, mailbox.Nil},
		{"maybe", []mailbox.Value{num(0)}, tab()},
		{"maybe", []mailbox.Value{num(5)}, tab("some", num(6))},
		{"div", []mailbox.Value{num(7), num(2)}, tab("ok", num(want["div"].(float64)))},
		{"div", []mailbox.Value{num(7), num(0)}, tab("err", str("division by zero"))},
		{"unit-result", []mailbox.Value{mailbox.Bool(true)}, tab("ok", yes)},
		{"unit-result", []mailbox.Value{mailbox.Bool(false)}, tab("err", yes)},
		{"swap", []mailbox.Value{arr(str("k"), num(9))}, arr(num(9), str("k"))},
		{"run-host", []mailbox.Value{num(10)}, str(want["runHost"].(string))},
	} {
		got := r.call(tt.method, tt.args...)
		if !got.Equal(tt.want) {
			t.Errorf("%s(%v) is %v, want %v", tt.method, tt.args, got, tt.want)
		}
	}
	if len(logs) != 1 || logs[0] != "hello 10" {
		t.Errorf("logged %q", logs)
	}
	// The guest takes the handle that it is given for what it is of: both are 1
	// where no other handle was made before.
	r = start(t, plan, process.Limits{})
	counter := func(start float64) mailbox.Value { return r.call("[constructor]counter", num(start)) }
	a, b := counter(10), counter(5)
	got := []mailbox.Value{r.call("[method]counter.increment", a, num(3)), r.call("[method]counter.value", a), r.call("peek", a)}
	got = append(got, r.call("peek", r.call("[static]counter.merge", a, b)))
	for i, v := range want["counter"].([]any) {
		if !got[i].Equal(num(v.(float64))) {
			t.Errorf("counter: %v, want %v", got, want["counter"])
		}
	}
	t.Logf("%d bytes of memory, %d units of fuel", r.Memory(), r.node.fuel)
}

// TestQuickJS calls what is known to work of another engine's component.
func TestQuickJS(t *testing.T) {
	var logs []string
	r := start(t, linkBytes(t, guests(t, "js_rich.qjs.wasm"), wasi{richHost(&logs)}), process.Limits{})
	if got := r.call("compute", num(7), num(5)); !got.Equal(num(200435867)) {
		t.Error(got)
	}
	if got := r.call("echo-string", str("héllo 🌍\x00z")); !got.Equal(str("héllo 🌍\x00z")) {
		t.Error(got)
	}
	if got := r.call("echo-char", str("🦀")); !got.Equal(str("🦀")) {
		t.Error(got)
	}
}

// wasi is as much of WASI as a guest needs that prints nothing.
type wasi struct{ *provider }

func (w wasi) Func(iface string, f wit.Func) (*canon.Host, error) {
	if !strings.HasPrefix(iface, "wasi:") {
		return w.provider.Func(iface, f)
	}
	name := iface + "#" + f.Name
	return &canon.Host{Name: name, Func: func(c *canon.Call) error {
		switch f.Name {
		case "get-environment", "get-directories":
			c.Return(canon.List(nil))
		case "insecure-seed":
			c.Return(canon.Record(mailbox.Uint(1), mailbox.Uint(2)))
		case "now":
			c.Return(mailbox.Uint(1))
		default:
			return errors.New(name + " is called")
		}
		return nil
	}}, nil
}
