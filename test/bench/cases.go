package main

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
)

func hash(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// benchCase is one benchmark and what is aimed at.
type benchCase struct {
	name string
	run  func(b *testing.B)
	// metric is the unit of the benchmark's own result, per second where it ends in /s.
	metric string
	aim    float64 // zero: none
	less   bool    // the aim is an upper bound
	note   string  // what the numbers alone do not say
}

// reused is what the cases of short processes do not show.
const reused = "its instances are used again"

// cases are all benchmarks.
var cases = []benchCase{
	{"SpawnExit/tiny/one-by-one", cycles("bench:tiny", 1), "cycles/s", 60000, false, reused},
	{"SpawnExit/tiny/16-in-flight", cycles("bench:tiny", 16), "cycles/s", 60000, false, reused},
	{"SpawnExit/paged/16-in-flight", cycles("bench:paged", 16), "cycles/s", 60000, false, reused},
	{"SpawnExit/component/one-by-one", cyclesOf("echoes", "bench:component_echo", 1), "cycles/s", 25000, false, "takes and gives a string; " + reused},
	{"SpawnExit/component/16-in-flight", cyclesOf("echoes", "bench:component_echo", 16), "cycles/s", 25000, false, "takes and gives a string; " + reused},
	{"SpawnExit/lua/16-in-flight", cycles("bench:noop", 16), "cycles/s", 0, false, ""},
	{"Serve/hello/1-client", serving("GET / HTTP/1.1\r\nHost: bench\r\n\r\n", "hello\n", 1), "%-of-plain", 0, false, "a process each, against a handler of net/http's"},
	{"Serve/hello/16-clients", serving("GET / HTTP/1.1\r\nHost: bench\r\n\r\n", "hello\n", 16), "%-of-plain", 0, false, "a process each, against a handler of net/http's"},
	{"Serve/echo/16-clients", serving("POST /e HTTP/1.1\r\nHost: bench\r\nContent-Length: 4\r\n\r\nbody", "body", 16), "%-of-plain", 0, false, "a process each, against a handler of net/http's"},
	{"RoundTrip/lua/1-pair", roundTrips(1), "trips/s", 300000, false, ""},
	{"RoundTrip/lua/2-pairs", roundTrips(2), "trips/s", 300000, false, ""},
	{"RoundTrip/lua-lua", pairTrips("lua_ping", "lua_echo"), "trips/s", 0, false, "topics and replies are looked at"},
	{"RoundTrip/lua-wasm", pairTrips("lua_ping", "wasm_echo"), "trips/s", 0, false, ""},
	{"RoundTrip/wasm-lua", pairTrips("wasm_ping", "lua_echo"), "trips/s", 0, false, ""},
	{"RoundTrip/wasm-wasm", pairTrips("wasm_ping", "wasm_echo"), "trips/s", 0, false, ""},
	{"SendReceive/wasm", ownMessages, "messages/s", 0, false, "to itself: no other process runs"},
	{"Suspend/wasi/yield", repeated("wasi_yields"), "ns/suspend", 0, false, "one switch away and back"},
	{"Suspend/wasi/io-pool", repeated("wasi_stats"), "ns/suspend", 0, false, "fstat on the I/O pool"},
	{"Suspend/wasi/cached-read", repeated("wasi_read", 64), "ns/suspend", 0, false, "64 bytes in memory: it does not suspend"},
	{"Files/p1/read-64K", throughput("p1_reads", 64<<10, nativeReads), "of-native", 1.5, true, "the time that Go takes"},
	{"Files/p1/read-4K", throughput("p1_reads", 4<<10, nativeReads), "of-native", 0, true, ""},
	{"Files/p1/write-64K", throughput("p1_writes", 64<<10, nativeWrites), "of-native", 1.5, true, ""},
	{"Files/p1/write-4K", throughput("p1_writes", 4<<10, nativeWrites), "of-native", 0, true, ""},
	{"Files/component/read-64K", throughput("component_reads", 64<<10, nativeReads), "of-native", 1.5, true, ""},
	{"Files/component/read-4K", throughput("component_reads", 4<<10, nativeReads), "of-native", 0, true, ""},
	{"Files/component/write-64K", throughput("component_writes", 64<<10, nativeWrites), "of-native", 1.5, true, ""},
	{"Files/component/write-4K", throughput("component_writes", 4<<10, nativeWrites), "of-native", 0, true, ""},
	{"Files/component/stream-read-64K", throughput("component_stream_reads", 64<<10, nativeReads), "of-native", 1.5, true, ""},
	{"Files/component/stream-read-4K", throughput("component_stream_reads", 4<<10, nativeReads), "of-native", 0, true, ""},
	{"Files/component/stream-write-64K", throughput("component_stream_writes", 64<<10, nativeWrites), "of-native", 1.5, true, ""},
	{"Files/component/stream-write-4K", throughput("component_stream_writes", 4<<10, nativeWrites), "of-native", 0, true, ""},
	{"Streams/p1/stdin-to-stdout", standardStreams, "of-native", 0, true, "through pipes"},
	{"Sleep/wasi/10k", sleepers(10_000), "of-ideal", 2, true, "100 ms each, two executors"},
	{"Idle/lua/10k", idle("idle", 10_000, 0), "B/process", 20480, true, ""},
	{"Idle/lua/100k", idle("idle", crowd, 0), "B/process", 20480, true, ""},
	{"Idle/wasm/100k", idle("wasm_idle", crowd, 0), "B/process", 0, true, "heap and stacks: the touched pages of its memory come to it"},
	{"Idle/wasm/100k-used", idle("wasm_idle", crowd, 1), "B/process", 0, true, "each has answered a message"},
	{"Idle/component/1k", idle("component_waits", 1000, 0), "B/process", 65536, true, "besides the guest's memory"},
	{"WorstGap/lua/1000-runaways", worstGap("loop", "processes"), "ms", 20, true, "of a sleeper of 1 ms"},
	{"WorstGap/wasm/1000-runaways", worstGap("spin", "processes"), "ms", 20, true, "of a sleeper of 1 ms"},
	{"WorstGap/wasm/other-group", worstGap("spin", "others"), "ms", 20, true, "of a sleeper of 1 ms"},
	{"GC/lua/1000-runaways", collection("loop"), "ms", 250, true, ""},
	{"GC/wasm/1000-runaways", collection("spin"), "ms", 250, true, ""},
	{"KillLatency/lua", killLatency("loop", 100), "µs", 1000, true, "median, 100 others loop"},
	{"KillLatency/wasm", killLatency("spin", 100), "µs", 1000, true, "median, 100 others loop"},
	{"Million/lua", comeAndGo("bench:noop"), "KiB-left", 1024, true, ""},
	{"Million/wasm", comeAndGo("bench:paged"), "KiB-left", 1024, true, reused},
}

// cycles spawns an entry from Lua, monitored, until b.N have ended.
func cycles(entry string, depth int) func(*testing.B) { return cyclesOf("cycles", entry, depth) }

// cyclesOf is cycles with the script that spawns.
func cyclesOf(script, entry string, depth int) func(*testing.B) {
	return func(b *testing.B) {
		rt := start(b)
		b.ReportAllocs()
		b.ResetTimer()
		run(b, rt, script, entry, b.N, depth)
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cycles/s")
	}
}

// roundTrips sends messages to and fro between pairs of Lua processes.
func roundTrips(pairs int) func(*testing.B) {
	return func(b *testing.B) {
		rt := start(b)
		b.ReportAllocs()
		b.ResetTimer()
		var wg sync.WaitGroup
		for range pairs {
			wg.Go(func() { run(b, rt, "ping", (b.N+pairs-1)/pairs) })
		}
		wg.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "trips/s")
	}
}

// repeated has a guest make a call b.N times.
func repeated(entry string, args ...any) func(*testing.B) {
	return func(b *testing.B) {
		rt := start(b)
		b.ResetTimer()
		run(b, rt, entry, append([]any{b.N}, args...)...)
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/suspend")
	}
}

// pairTrips sends messages to and fro between two processes of any kind.
func pairTrips(ping, echo string) func(*testing.B) {
	return func(b *testing.B) {
		rt := start(b)
		b.ReportAllocs()
		b.ResetTimer()
		if back := run(b, rt, ping, "bench:"+echo, b.N); len(back) != 1 || back[0].Float() != float64(b.N) {
			b.Fatal("messages were lost", back)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "trips/s")
	}
}

// ownMessages has a WebAssembly process send messages to itself and take them.
func ownMessages(b *testing.B) {
	rt := start(b)
	b.ReportAllocs()
	b.ResetTimer()
	if got := run(b, rt, "wasm_receive", b.N); got[0].Float() != float64(b.N) {
		b.Fatal("messages were lost", got)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
