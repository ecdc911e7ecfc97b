package wasi_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"wippy/wasmhost/component"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/linker"
	"wippy/wasmhost/wasi"
	"wippy/wasmhost/wit"
)

// typeOf gives the type of a function as a component knows it.
func typeOf(t *testing.T, iface, name string) wit.Func {
	t.Helper()
	return wasi.Registry().Interface(iface).Func(name).Type
}

// TestVersions takes every 0.2.x and nothing else.
func TestVersions(t *testing.T) {
	for _, v := range []string{"0.2.0", "0.2.1", "0.2.6", "0.2.12", "0.2.99"} {
		r := wasi.Registry().Resolver("x.wasm", "app:x", all)
		f, err := r.Func("wasi:io/poll@"+v, typeOf(t, "wasi:io/poll", "poll"))
		if err != nil || f == nil {
			t.Errorf("%s: %v", v, err)
		}
		if r.Resource("wasi:io/poll@"+v, "pollable") == nil {
			t.Errorf("%s has no pollable", v)
		}
		if !r.Used("wasi:io/poll") || r.Used("wasi:io/streams") {
			t.Error("what is used")
		}
	}
	for _, v := range []string{"@0.2.0-rc-2023-11-10", "@0.3.0", "@1.2.0", "@0.1.2", ""} {
		r := wasi.Registry().Resolver("x.wasm", "app:x", all)
		_, err := r.Func("wasi:io/poll"+v, typeOf(t, "wasi:io/poll", "poll"))
		want := "x.wasm imports wasi:io/poll" + v + "; there is wasi:io/poll in the versions 0.2.x only; build it for WASI 0.2"
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", v, err, want)
		}
		if r.Resource("wasi:io/poll"+v, "pollable") != nil {
			t.Errorf("%s has a pollable", v)
		}
	}
}

// TestUnknown asks for what there is not.
func TestUnknown(t *testing.T) {
	read := typeOf(t, "wasi:io/streams", "[method]input-stream.read")
	named := func(f wit.Func, name string) wit.Func { f.Name = name; return f }
	for _, tt := range []struct {
		iface string
		f     wit.Func
		want  string
	}{
		{"wasi:io/strems@0.2.0", read, "x.wasm imports wasi:io/strems@0.2.0, which nothing provides; did you mean wasi:io/streams?"},
		{"wasi:random/dice@0.2.0", read, "x.wasm imports wasi:random/dice@0.2.0, which nothing provides; wasi:random has random, insecure, insecure-seed"},
		{"acme:rockets/launch@1.0.0", read, "x.wasm imports acme:rockets/launch@1.0.0, which nothing provides"},
		{"", read, "x.wasm imports a function that is of no interface, which nothing provides"},
		{"wasi:io/streams@0.2.0", named(read, "[method]input-stream.raed"), "x.wasm imports [method]input-stream.raed of wasi:io/streams@0.2.0, which has no such function; did you mean [method]input-stream.read?"},
		{"wasi:random/insecure-seed@0.2.0", named(read, "x"), "x.wasm imports x of wasi:random/insecure-seed@0.2.0, which has no such function; it has insecure-seed"},
		{"wasi:cli/terminal-input@0.2.0", named(read, "x"), "x.wasm imports x of wasi:cli/terminal-input@0.2.0, which has no such function; it has types only"},
	} {
		_, err := wasi.Registry().Resolver("x.wasm", "app:x", all).Func(tt.iface, tt.f)
		if err == nil || err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
}

// TestOtherTypes asks for functions by types that they are not of.
func TestOtherTypes(t *testing.T) {
	u32, u64, str := &wit.Type{Kind: wit.U32}, &wit.Type{Kind: wit.U64}, &wit.Type{Kind: wit.String}
	borrow := func(name string) *wit.Type {
		return &wit.Type{Kind: wit.Borrow, Resource: &wit.Resource{Name: name}}
	}
	own := func(name string) *wit.Type { return &wit.Type{Kind: wit.Own, Resource: &wit.Resource{Name: name}} }
	streamError := func(cases ...string) *wit.Type {
		return &wit.Type{Kind: wit.Variant, Name: "stream-error", Cases: []wit.Case{{Name: cases[0], Type: own("error")}, {Name: cases[1]}}}
	}
	right := streamError("last-operation-failed", "closed")
	result := func(ok, err *wit.Type) []wit.Param {
		return []wit.Param{{Type: &wit.Type{Kind: wit.Result, OK: ok, Err: err}}}
	}
	list := &wit.Type{Kind: wit.List, Elem: &wit.Type{Kind: wit.U8}}
	f := func(results []wit.Param, params ...*wit.Type) wit.Func {
		f := wit.Func{Name: "[method]input-stream.read", Results: results}
		for _, p := range params {
			f.Params = append(f.Params, wit.Param{Name: "whatever", Type: p})
		}
		return f
	}
	for _, good := range []wit.Func{
		f(result(list, right), borrow("input-stream"), u64), f(result(list, right), borrow(""), u64),
	} {
		if _, err := wasi.Registry().Resolver("x.wasm", "app:x", all).Func("wasi:io/streams@0.2.0", good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []wit.Func{
		f(nil, borrow("input-stream"), u64), f(result(list, right), borrow("input-stream"), u32), f(result(list, right), borrow("input-stream")),
		f(result(list, right), borrow("output-stream"), u64), f(result(list, right), own("input-stream"), u64), f(result(str, right), borrow("input-stream"), u64),
		f(result(nil, right), borrow("input-stream"), u64), f(result(list, nil), borrow("input-stream"), u64),
		f(result(list, streamError("closed", "last-operation-failed")), borrow("input-stream"), u64),
		f(append(result(list, right), result(list, right)...), borrow("input-stream"), u64),
	} {
		_, err := wasi.Registry().Resolver("x.wasm", "app:x", all).Func("wasi:io/streams@0.2.0", bad)
		if err == nil || !strings.HasPrefix(err.Error(), "x.wasm imports [method]input-stream.read of wasi:io/streams@0.2.0 as func(") ||
			!strings.HasSuffix(err.Error(), "; expected func(self: borrow<input-stream>, len: u64) -> result<list<u8>, stream-error>") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestDenied grants too little.
func TestDenied(t *testing.T) {
	link := func(entry string, grants ...string) string {
		r := wasi.Registry().Resolver("x.wasm", entry, grants)
		_, err := host.Link(background, "x.wasm", readGuest(t, "wasi"), r)
		if err == nil {
			return ""
		}
		if _, ok := errors.AsType[*wasi.Problem](err); !ok {
			t.Errorf("%T: %v", err, err)
		}
		return err.Error()
	}
	got := strings.Split(link("app:x", "wasi:cli", "wasi:io", "wasi:filesystem"), "\n")
	want := []string{
		"x.wasm imports wasi:clocks/monotonic-clock@0.2.6 (now), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:clocks/wall-clock@0.2.6 (now), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:sockets/instance-network@0.2.6 (instance-network), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:sockets/ip-name-lookup@0.2.6 (resolve-addresses), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:sockets/tcp@0.2.6 ([method]tcp-socket.start-bind), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:sockets/udp-create-socket@0.2.6 (create-udp-socket), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:sockets/udp@0.2.6 ([method]udp-socket.start-bind), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:sockets/tcp-create-socket@0.2.6 (create-tcp-socket), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:http/types@0.2.6 (http-error-code), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:http/outgoing-handler@0.2.6 (handle), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:random/random@0.2.6 (get-random-bytes), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:random/insecure@0.2.6 (get-insecure-random-bytes), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
		"x.wasm imports wasi:random/insecure-seed@0.2.6 (insecure-seed), which app:x does not grant; write imports: [wasi:cli, wasi:io, wasi:filesystem, wasi:clocks, wasi:http, wasi:random, wasi:sockets]",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, tt := range []struct{ entry, grants, want string }{
		{"app:x", "", "x.wasm imports wasi:io/poll@0.2.0 (poll), which app:x does not grant; add imports: [wasi:io]"},
		{"app:x", "wasi:cli", "x.wasm imports wasi:io/poll@0.2.0 (poll), which app:x does not grant; write imports: [wasi:cli, wasi:io]"},
		{"", "wasi:cli", "x.wasm imports wasi:io/poll@0.2.0 (poll), which a component without an entry is not granted; give --grant wasi:io, or run it as an entry with imports: [wasi:cli, wasi:io]"},
		{"app:x", "wasi:io", ""}, {"app:x", "wasi:poll", ""},
	} {
		_, err := wasi.Registry().Resolver("x.wasm", tt.entry, strings.Fields(tt.grants)).Func("wasi:io/poll@0.2.0", typeOf(t, "wasi:io/poll", "poll"))
		if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
	r := wasi.Registry().Resolver("x.wasm", "app:x", imports.Grants{"wasi:poll"})
	if _, err := r.Func("wasi:io/streams@0.2.0", typeOf(t, "wasi:io/streams", "[method]input-stream.read")); err == nil {
		t.Error("wasi:poll grants streams")
	}
}

// TestTypesNeedNoGrant links what imports interfaces for their types.
func TestTypesNeedNoGrant(t *testing.T) {
	c := readGuest(t, "wasi_types")
	if _, err := host.Link(background, "types.wasm", c, wasi.Registry().Resolver("types.wasm", "app:x", nil)); err != nil {
		t.Error(err)
	}
	if !slices.ContainsFunc(linker.Imports(c), func(i linker.Import) bool {
		return i.Name == "wasi:io/streams@0.2.0" && i.Sort == component.SortInstance
	}) {
		t.Error("the guest imports nothing")
	}
}
