// Package sockets is wasi:sockets of WASI 0.2: network, instance-network,
// ip-name-lookup, tcp, udp and what makes their sockets, over the system's.
// What waits is a goroutine that holds no thread; guests wait for pollables.
//
// network.Policy says what may be reached: it is asked for every connection and for
// the destination of every datagram. To listen, a TCP socket needs an entry of
// the list that has its own address; whoever connects to it may be anybody. A
// UDP socket that has one receives from anybody, others from whom they may send to.
//
// # Lifetimes
//
// A connection is closed once its socket and both streams are dropped, and what was
// written is sent or some seconds have passed; a UDP socket once it and its
// streams are dropped; at the end of the process everything at once.
//
// # What a socket costs
//
// A connection that a guest waits for has a goroutine with 16 KiB to read into, one
// that sends has another until it is done, a socket that connects or listens one. A UDP
// socket has one for each direction that it is waited for in, and holds nothing but a
// datagram at most: what comes stays with the system until the guest takes
// it, and is lost where the system's buffer is full.
package sockets

import (
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
)

// Grant is the capability of the interfaces.
const Grant = "wasi:sockets"

// of makes a method of a resource. signature is its type without self.
func of[S any](r *iface.Resource[S], name, signature string, run method[S]) iface.Func {
	return plain(r, name, signature, run.of(r))
}

// plain is of for one whose result is none.
func plain[S any](r *iface.Resource[S], name, signature string, run func(*iface.Process, *canon.Call) error) iface.Func {
	self := "self: borrow<" + r.Type.Name + ">"
	if signature[1] != ')' {
		self += ", "
	}
	return iface.Func{Name: "[method]" + r.Type.Name + "." + name, Signature: "func(" + self + signature[1:], Run: run}
}

// Interfaces are those of wasi:sockets.
func Interfaces() []*iface.Interface {
	grants := []string{Grant}
	return []*iface.Interface{
		iface.New("wasi:sockets/network", grants, "").With(Networks.Type),
		iface.New("wasi:sockets/instance-network", grants, "",
			iface.Func{Name: "instance-network", Signature: "func() -> own<network>", Run: instanceNetwork}),
		iface.New("wasi:sockets/ip-name-lookup", grants, types+ipTypes,
			iface.Func{Name: "resolve-addresses", Signature: "func(network: borrow<network>, name: string) -> result<own<resolve-address-stream>, error-code>", Run: resolveAddresses},
			iface.Func{Name: "[method]resolve-address-stream.resolve-next-address", Signature: "func(self: borrow<resolve-address-stream>) -> result<option<ip-address>, error-code>", Run: resolveNext},
			iface.Func{Name: "[method]resolve-address-stream.subscribe", Signature: "func(self: borrow<resolve-address-stream>) -> own<pollable>", Run: subscribeAnswers},
		).With(Answers.Type),
		tcpInterface(grants),
		iface.New("wasi:sockets/tcp-create-socket", grants, types+familyType,
			iface.Func{Name: "create-tcp-socket", Signature: "func(address-family: ip-address-family) -> result<own<tcp-socket>, error-code>", Run: createTCP}),
		udpInterface(grants),
		iface.New("wasi:sockets/udp-create-socket", grants, types+familyType,
			iface.Func{Name: "create-udp-socket", Signature: "func(address-family: ip-address-family) -> result<own<udp-socket>, error-code>", Run: createUDP}),
	}
}

// fails is the type of a method that may fail, with that of one that gives nothing.
func fails(result string) string { return "() -> result<" + result + ", error-code>" }
func with(params string) string  { return "(" + params + ") -> result<_, error-code>" }

const pollable = "() -> own<pollable>"

func tcpInterface(grants []string) *iface.Interface {
	f := func(name, signature string, run method[*tcp]) iface.Func { return of(TCPs, name, signature, run) }
	return iface.New("wasi:sockets/tcp", grants, types+familyType+addressTypes+"enum shutdown-type { receive, send, both }\n",
		f("start-bind", with("network: borrow<network>, local-address: ip-socket-address"), startBind),
		f("finish-bind", fails("_"), finishBind),
		f("start-connect", with("network: borrow<network>, remote-address: ip-socket-address"), startConnect),
		f("finish-connect", fails("tuple<own<input-stream>, own<output-stream>>"), finishConnect),
		f("start-listen", fails("_"), startListen),
		f("finish-listen", fails("_"), finishListen),
		f("accept", fails("tuple<own<tcp-socket>, own<input-stream>, own<output-stream>>"), accept),
		f("local-address", fails("ip-socket-address"), localAddress),
		f("remote-address", fails("ip-socket-address"), remoteAddress),
		plain(TCPs, "is-listening", "() -> bool", isListening),
		plain(TCPs, "address-family", "() -> ip-address-family", addressFamily),
		f("set-listen-backlog-size", with("value: u64"), setBacklog),
		f("keep-alive-enabled", fails("bool"), keepAlive),
		f("set-keep-alive-enabled", with("value: bool"), setKeepAlive),
		f("keep-alive-idle-time", fails("u64"), get[*tcp](func(o *options) uint64 { return uint64(o.idle) })),
		f("set-keep-alive-idle-time", with("value: u64"), set[*tcp](func(o *options, n uint64) { o.idle = seconds(n) })),
		f("keep-alive-interval", fails("u64"), get[*tcp](func(o *options) uint64 { return uint64(o.interval) })),
		f("set-keep-alive-interval", with("value: u64"), set[*tcp](func(o *options, n uint64) { o.interval = seconds(n) })),
		f("keep-alive-count", fails("u32"), get[*tcp](func(o *options) uint64 { return uint64(o.count) })),
		f("set-keep-alive-count", with("value: u32"), set[*tcp](func(o *options, n uint64) { o.count = uint32(min(n, 127)) })),
		f("hop-limit", fails("u8"), get[*tcp](hops)),
		f("set-hop-limit", with("value: u8"), set[*tcp](setHopsTo)),
		f("receive-buffer-size", fails("u64"), get[*tcp](receiveBuffer)),
		f("set-receive-buffer-size", with("value: u64"), set[*tcp](setReceiveBuffer)),
		f("send-buffer-size", fails("u64"), get[*tcp](sendBuffer)),
		f("set-send-buffer-size", with("value: u64"), set[*tcp](setSendBuffer)),
		plain(TCPs, "subscribe", pollable, subscribeTCP),
		f("shutdown", with("shutdown-type: shutdown-type"), shutdown),
	).With(TCPs.Type)
}

const datagramTypes = `
record incoming-datagram { data: list<u8>, remote-address: ip-socket-address }
record outgoing-datagram { data: list<u8>, remote-address: option<ip-socket-address> }
`

func udpInterface(grants []string) *iface.Interface {
	f := func(name, signature string, run method[*udp]) iface.Func { return of(UDPs, name, signature, run) }
	send := of(Outgoing, "send", "(datagrams: list<outgoing-datagram>) -> result<u64, error-code>", sending)
	send.Views = true
	return iface.New("wasi:sockets/udp", grants, types+familyType+addressTypes+datagramTypes,
		f("start-bind", with("network: borrow<network>, local-address: ip-socket-address"), startBindUDP),
		f("finish-bind", fails("_"), finishBindUDP),
		f("stream", "(remote-address: option<ip-socket-address>) -> result<tuple<own<incoming-datagram-stream>, own<outgoing-datagram-stream>>, error-code>", stream),
		f("local-address", fails("ip-socket-address"), localAddressUDP),
		f("remote-address", fails("ip-socket-address"), remoteAddressUDP),
		plain(UDPs, "address-family", "() -> ip-address-family", addressFamilyUDP),
		f("unicast-hop-limit", fails("u8"), get[*udp](hops)),
		f("set-unicast-hop-limit", with("value: u8"), set[*udp](setHopsTo)),
		f("receive-buffer-size", fails("u64"), get[*udp](receiveBuffer)),
		f("set-receive-buffer-size", with("value: u64"), set[*udp](setReceiveBuffer)),
		f("send-buffer-size", fails("u64"), get[*udp](sendBuffer)),
		f("set-send-buffer-size", with("value: u64"), set[*udp](setSendBuffer)),
		plain(UDPs, "subscribe", pollable, subscribeUDP),
		of(Incoming, "receive", "(max-results: u64) -> result<list<incoming-datagram>, error-code>", receive),
		plain(Incoming, "subscribe", pollable, subscribeIncoming),
		of(Outgoing, "check-send", fails("u64"), checkSend),
		send,
		plain(Outgoing, "subscribe", pollable, subscribeOutgoing),
	).With(UDPs.Type, Incoming.Type, Outgoing.Type)
}
