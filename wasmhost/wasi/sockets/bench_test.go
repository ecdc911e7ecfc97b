package sockets

import (
	"runtime"
	"testing"

	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/world"
)

// BenchmarkDatagram sends and receives one datagram of 512 bytes.
func BenchmarkDatagram(b *testing.B) {
	s := &udp{options: defaults, policy: new(network.Policy), world: new(world.World), users: 1}
	if err := s.bind(loopback); err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	data := string(make([]byte, 512))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.send(data, s.at); err != nil {
			b.Fatal(err)
		}
		if !s.look() {
			b.Fatal("lost")
		}
		s.kept = nil
	}
}

// BenchmarkWaiting is what a UDP socket costs that a guest waits for: bytes/socket
// of heap and stacks.
func BenchmarkWaiting(b *testing.B) {
	for b.Loop() {
		const n = 500
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		sockets := make([]*udp, n)
		for i := range sockets {
			s := &udp{options: defaults, policy: new(network.Policy), world: new(world.World), users: 1}
			if err := s.bind(loopback); err != nil {
				b.Fatal(err)
			}
			defer s.in.Watch(func() {})()
			sockets[i] = s
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/n, "bytes/socket")
		for _, s := range sockets {
			s.Close()
		}
	}
}
