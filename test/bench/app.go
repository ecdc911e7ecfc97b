package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wippy/mailbox"
	"wippy/runtime"
)

// tiny is the smallest useful module: (func (export "add") (param i32 i32) (result i32)).
var tiny = []byte("\x00asm\x01\x00\x00\x00" +
	"\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f" +
	"\x03\x02\x01\x00" +
	"\x07\x07\x01\x03add\x00\x00" +
	"\x0a\x09\x01\x07\x00\x20\x00\x20\x01\x6a\x0b")

// paged is tiny with a page of memory and a data segment: it has state.
var paged = []byte("\x00asm\x01\x00\x00\x00" +
	"\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f" +
	"\x03\x02\x01\x00" +
	"\x05\x03\x01\x00\x01" +
	"\x07\x07\x01\x03add\x00\x00" +
	"\x0a\x09\x01\x07\x00\x20\x00\x20\x01\x6a\x0b" +
	"\x0b\x0a\x01\x00\x41\x00\x0b\x04abcd")

// spin is a loop without end: (func (export "spin") (loop (br 0))).
var spin = []byte("\x00asm\x01\x00\x00\x00" +
	"\x01\x04\x01\x60\x00\x00" +
	"\x03\x02\x01\x00" +
	"\x07\x08\x01\x04spin\x00\x00" +
	"\x0a\x09\x01\x07\x00\x03\x40\x0c\x00\x0b\x0b")

// entries is the application that the benchmarks run; HASH:NAME stands for a binary's hash.
const entries = `
namespace: bench
entries:
  - name: bin
    kind: fs.directory
    directory: .
  - name: processes # as wasm_ping names it, too
    kind: process.host
  - name: terminal
    kind: terminal.host
  - name: tiny
    kind: process.wasm
    fs: bin
    path: tiny.wasm
    hash: HASH:tiny
    method: add
  - name: paged
    kind: process.wasm
    fs: bin
    path: paged.wasm
    hash: HASH:paged
    method: add
  - name: others
    kind: process.host
  - name: spin
    kind: process.wasm
    fs: bin
    path: spin.wasm
    hash: HASH:spin
    method: spin
  - name: loop
    kind: process.lua
    source: while true do end
  - name: ticks
    kind: process.lua
    source: |
      -- The longest that a sleep of a millisecond took beyond that, of n, in seconds.
      local time = require("time")
      local worst, before = 0, time.monotonic():seconds()
      for _ = 1, ... do
        time.sleep(0.001)
        local now = time.monotonic():seconds()
        worst, before = math.max(worst, now - before - 0.001), now
      end
      return worst
  - name: cycles
    kind: process.lua
    source: |
      -- n spawn→EXIT cycles, with up to depth of them in flight.
      local entry, n, depth = ...
      local process = process
      local spawned, ended = 0, 0
      while ended < n do
        while spawned < n and spawned - ended < depth do
          assert(process.spawn_monitored(entry, "bench:processes", 6, 7))
          spawned = spawned + 1
        end
        local event = process.receive()
        assert(event.value == 13)
        ended = ended + 1
      end
  - name: noop
    kind: process.lua
    source: return 13
  - name: echo
    kind: process.lua
    source: |
      local process = process
      while true do
        local event = process.receive()
        process.send(event.from, "pong", event.payload)
      end
  - name: ping
    kind: process.lua
    source: |
      -- n round trips to an echo process of its own.
      local n = ...
      local process = process
      local echo = assert(process.spawn("bench:echo", "bench:processes"))
      for i = 1, n do
        process.send(echo, "ping", i)
        process.receive()
      end
      process.terminate(echo)
  - name: lua_echo
    kind: process.lua
    source: |
      -- As peer.c's echo.
      local process = process
      process.send(..., "ready")
      while true do
        local event = process.receive()
        if event.topic == "stop" then return end
        process.send(event.from, event.topic, event.payload)
      end
  - name: lua_ping
    kind: process.lua
    source: |
      -- As peer.c's ping.
      local entry, n = ...
      local process = process
      local back = 0
      local echo = assert(process.spawn(entry, "bench:processes", process.self()))
      process.receive()
      for i = 1, n do
        process.send(echo, "ping", i)
        if process.receive().payload == i then back = back + 1 end
      end
      process.send(echo, "stop")
      return back
  - name: wasm_echo
    kind: process.wasm
    fs: bin
    path: peer.wasm
    hash: HASH:peer
    method: echo
    imports: [wippy:process]
  - name: wasm_ping
    kind: process.wasm
    fs: bin
    path: peer.wasm
    hash: HASH:peer
    method: ping
    imports: [wippy:process]
  - name: wasm_receive
    kind: process.wasm
    fs: bin
    path: peer.wasm
    hash: HASH:peer
    method: sums
    imports: [wippy:process]
  - name: echoes
    kind: process.lua
    source: |
      -- As cycles, of an entry that gives back a string.
      local entry, n, depth = ...
      local process = process
      local spawned, ended = 0, 0
      while ended < n do
        while spawned < n and spawned - ended < depth do
          assert(process.spawn_monitored(entry, "bench:processes", "hello, world"))
          spawned = spawned + 1
        end
        assert(process.receive().value == "hello, world")
        ended = ended + 1
      end
  - name: component_echo
    kind: process.wasm
    fs: bin
    path: component_echo.wasm
    hash: HASH:component_echo
    method: echo-string
  - name: component_waits
    kind: process.wasm
    fs: bin
    path: component_peer.wasm
    hash: HASH:component_peer
    method: waits
    imports: [wippy:process]
  - name: wasi_sleep
    kind: process.wasm
    fs: bin
    path: preview1.wasm
    hash: HASH:preview1
    method: sleep
  - name: wasi_yields
    kind: process.wasm
    fs: bin
    path: preview1.wasm
    hash: HASH:preview1
    method: yields
  - name: wasi_read
    kind: process.wasm
    fs: bin
    path: preview1.wasm
    hash: HASH:preview1
    method: read
    imports: [wasi:filesystem]
    wasi: {mounts: [{fs: bin, guest: /}]}
  - name: wasi_stats
    kind: process.wasm
    fs: bin
    path: preview1.wasm
    hash: HASH:preview1
    method: stats
    imports: [wasi:filesystem]
    wasi: {mounts: [{fs: bin, guest: /}]}
  - name: p1_reads
    kind: process.wasm
    fs: bin
    path: throughput.wasm
    hash: HASH:throughput
    method: reads
    imports: [wasi:filesystem]
    wasi: {mounts: [{fs: bin, guest: /}]}
  - name: p1_writes
    kind: process.wasm
    fs: bin
    path: throughput.wasm
    hash: HASH:throughput
    method: writes
    imports: [wasi:filesystem]
    wasi: {mounts: [{fs: bin, guest: /}]}
  - name: p1_copies
    kind: process.wasm
    fs: bin
    path: throughput.wasm
    hash: HASH:throughput
    method: copies
    imports: [wasi:cli]
  - name: component_reads
    kind: process.wasm
    fs: bin
    path: component_throughput.wasm
    hash: HASH:component_throughput
    method: reads
    imports: [wasi:filesystem, wasi:io]
    wasi: {mounts: [{fs: bin, guest: /}]}
  - name: component_writes
    kind: process.wasm
    fs: bin
    path: component_throughput.wasm
    hash: HASH:component_throughput
    method: writes
    imports: [wasi:filesystem, wasi:io]
    wasi: {mounts: [{fs: bin, guest: /}]}
  - name: component_stream_reads
    kind: process.wasm
    fs: bin
    path: component_throughput.wasm
    hash: HASH:component_throughput
    method: stream-reads
    imports: [wasi:filesystem, wasi:io]
    wasi: {mounts: [{fs: bin, guest: /}]}
  - name: component_stream_writes
    kind: process.wasm
    fs: bin
    path: component_throughput.wasm
    hash: HASH:component_throughput
    method: stream-writes
    imports: [wasi:filesystem, wasi:io]
    wasi: {mounts: [{fs: bin, guest: /}]}
  - name: idle
    kind: process.lua
    source: process.receive()
  - name: server
    kind: process.wasm
    fs: bin
    path: server.wasm
    hash: HASH:server
    method: wasi:http/incoming-handler#handle
    imports: [wasi:http, wasi:io, wasi:clocks]
    wasi: {network: {allow: []}}
  - name: wasm_idle
    kind: process.wasm
    fs: bin
    path: peer.wasm
    hash: HASH:peer
    method: mirror
    imports: [wippy:process]
`

// guest reads a guest of the tests, from wherever in the module's tree this runs.
func guest(b *testing.B, name string) []byte {
	b.Helper()
	for _, root := range []string{".", filepath.Join("..", "..")} {
		if data, err := os.ReadFile(filepath.Join(root, "test", "guests", "bin", name+".wasm")); err == nil {
			return data
		}
	}
	b.Fatalf("test/guests/bin/%s.wasm is not here: run it in the module's root", name)
	return nil
}

// start gives a running node that ends with the benchmark.
func start(b *testing.B, opts ...runtime.Option) *runtime.Runtime {
	b.Helper()
	rt, stop := open(b, opts...)
	b.Cleanup(stop)
	return rt
}

// open loads the application into a running node. stop returns when nothing of
// the node is left.
func open(b *testing.B, opts ...runtime.Option) (rt *runtime.Runtime, stop func()) {
	b.Helper()
	dir := b.TempDir()
	text := entries
	for name, binary := range map[string][]byte{
		"tiny": tiny, "paged": paged, "spin": spin, "peer": guest(b, "peer"),
		"preview1":   guest(b, "preview1"),
		"throughput": guest(b, "throughput"), "component_throughput": guest(b, "component/throughput"),
		"component_peer": guest(b, "component/peer"), "component_echo": guest(b, "component/echo"),
		"server": guest(b, "component/server"),
	} {
		text = strings.ReplaceAll(text, "HASH:"+name, hash(binary))
		write(b, filepath.Join(dir, name+".wasm"), binary)
	}
	write(b, filepath.Join(dir, "_index.yaml"), []byte(text))
	write(b, filepath.Join(dir, "file"), make([]byte, 4096))
	rt, err := runtime.New(opts...)
	if err != nil {
		b.Fatal(err)
	}
	if err := rt.Load(dir); err != nil {
		b.Fatal(err)
	}
	if err := rt.Check(context.Background()); err != nil {
		b.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		b.Fatal(err)
	}
	return rt, func() {
		rt.KillAll()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := rt.Stop(ctx, "over", 0); err != nil {
			b.Error(err)
		}
		if err := rt.Close(); err != nil {
			b.Error(err)
		}
	}
}

func write(b *testing.B, name string, data []byte) {
	b.Helper()
	if err := os.WriteFile(name, data, 0o666); err != nil {
		b.Fatal(err)
	}
}

// run runs an entry of the application to its end.
func run(b *testing.B, rt *runtime.Runtime, entry string, args ...any) []mailbox.Value {
	b.Helper()
	values, err := rt.Run(context.Background(), "bench:"+entry, "bench:processes", args...)
	if err != nil {
		b.Fatal(err)
	}
	return values
}
