// Package sockets is wasi:sockets of WASI 0.2 but for UDP: network,
// instance-network, ip-name-lookup, tcp and tcp-create-socket, over package net.
// What waits is a goroutine that holds no thread; guests wait for pollables.
// network.Policy says what may be reached. A listening socket needs an entry of
// the list that has its own address; whoever connects to it may be anybody.
//
// # Lifetimes
//
// A connection is closed once its socket and both streams are dropped, and what was
// written is sent or some seconds have passed; at the end of the process at once.
package sockets

import (
	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
)

// Grant is the capability of the interfaces.
const Grant = "wasi:sockets"

// Interfaces are those of wasi:sockets.
func Interfaces() []*iface.Interface {
	grants := []string{Grant}
	self := func(result string) string {
		return "func(self: borrow<tcp-socket>) -> result<" + result + ", error-code>"
	}
	with := func(param string) string {
		return "func(self: borrow<tcp-socket>, " + param + ") -> result<_, error-code>"
	}
	f := func(name, signature string, run func(*iface.Process, *canon.Call, *tcp) (mailbox.Value, error)) iface.Func {
		return iface.Func{Name: "[method]tcp-socket." + name, Signature: signature, Run: on(run)}
	}
	return []*iface.Interface{
		iface.New("wasi:sockets/network", grants, "").With(Networks.Type),
		iface.New("wasi:sockets/instance-network", grants, "",
			iface.Func{Name: "instance-network", Signature: "func() -> own<network>", Run: instanceNetwork}),
		iface.New("wasi:sockets/ip-name-lookup", grants, types+ipTypes,
			iface.Func{Name: "resolve-addresses", Signature: "func(network: borrow<network>, name: string) -> result<own<resolve-address-stream>, error-code>", Run: resolveAddresses},
			iface.Func{Name: "[method]resolve-address-stream.resolve-next-address", Signature: "func(self: borrow<resolve-address-stream>) -> result<option<ip-address>, error-code>", Run: resolveNext},
			iface.Func{Name: "[method]resolve-address-stream.subscribe", Signature: "func(self: borrow<resolve-address-stream>) -> own<pollable>", Run: subscribeAnswers},
		).With(Answers.Type),
		iface.New("wasi:sockets/tcp", grants, types+familyType+addressTypes+"enum shutdown-type { receive, send, both }\n",
			f("start-bind", with("network: borrow<network>, local-address: ip-socket-address"), startBind),
			f("finish-bind", self("_"), finish(bindStarted, bound)),
			f("start-connect", with("network: borrow<network>, remote-address: ip-socket-address"), startConnect),
			f("finish-connect", self("tuple<own<input-stream>, own<output-stream>>"), finishConnect),
			f("start-listen", self("_"), startListen),
			f("finish-listen", self("_"), finish(listenStarted, listening)),
			f("accept", self("tuple<own<tcp-socket>, own<input-stream>, own<output-stream>>"), accept),
			f("local-address", self("ip-socket-address"), localAddress),
			f("remote-address", self("ip-socket-address"), remoteAddress),
			iface.Func{Name: "[method]tcp-socket.is-listening", Signature: "func(self: borrow<tcp-socket>) -> bool", Run: isListening},
			iface.Func{Name: "[method]tcp-socket.address-family", Signature: "func(self: borrow<tcp-socket>) -> ip-address-family", Run: addressFamily},
			f("set-listen-backlog-size", with("value: u64"), setBacklog),
			f("keep-alive-enabled", self("bool"), keepAlive),
			f("set-keep-alive-enabled", with("value: bool"), setKeepAlive),
			f("keep-alive-idle-time", self("u64"), get(func(o *options) uint64 { return uint64(o.idle) })),
			f("set-keep-alive-idle-time", with("value: u64"), set(func(o *options, n uint64) { o.idle = seconds(n) })),
			f("keep-alive-interval", self("u64"), get(func(o *options) uint64 { return uint64(o.interval) })),
			f("set-keep-alive-interval", with("value: u64"), set(func(o *options, n uint64) { o.interval = seconds(n) })),
			f("keep-alive-count", self("u32"), get(func(o *options) uint64 { return uint64(o.count) })),
			f("set-keep-alive-count", with("value: u32"), set(func(o *options, n uint64) { o.count = uint32(min(n, 127)) })),
			f("hop-limit", self("u8"), get(func(o *options) uint64 { return uint64(o.hops) })),
			f("set-hop-limit", with("value: u8"), set(func(o *options, n uint64) { o.hops = uint8(n) })),
			f("receive-buffer-size", self("u64"), get(func(o *options) uint64 { return o.receive })),
			f("set-receive-buffer-size", with("value: u64"), set(func(o *options, n uint64) { o.receive = min(n, maxBuffer) })),
			f("send-buffer-size", self("u64"), get(func(o *options) uint64 { return o.send })),
			f("set-send-buffer-size", with("value: u64"), set(func(o *options, n uint64) { o.send = min(n, maxBuffer) })),
			iface.Func{Name: "[method]tcp-socket.subscribe", Signature: "func(self: borrow<tcp-socket>) -> own<pollable>", Run: subscribeTCP},
			f("shutdown", with("shutdown-type: shutdown-type"), shutdown),
		).With(TCPs.Type),
		iface.New("wasi:sockets/tcp-create-socket", grants, types+familyType,
			iface.Func{Name: "create-tcp-socket", Signature: "func(address-family: ip-address-family) -> result<own<tcp-socket>, error-code>", Run: createTCP}),
	}
}
