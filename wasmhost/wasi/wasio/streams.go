package wasio

import (
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
)

// StreamsInterface is wasi:io/streams.
var StreamsInterface = iface.New("wasi:io/streams", []string{Grant}, `
variant stream-error { last-operation-failed(own<error>), closed }`,
	iface.Func{Name: "[method]input-stream.read", Signature: "func(self: borrow<input-stream>, len: u64) -> result<list<u8>, stream-error>", Run: read},
	iface.Func{Name: "[method]input-stream.blocking-read", Signature: "func(self: borrow<input-stream>, len: u64) -> result<list<u8>, stream-error>", Run: blockingRead},
	iface.Func{Name: "[method]input-stream.skip", Signature: "func(self: borrow<input-stream>, len: u64) -> result<u64, stream-error>", Run: skip},
	iface.Func{Name: "[method]input-stream.blocking-skip", Signature: "func(self: borrow<input-stream>, len: u64) -> result<u64, stream-error>", Run: blockingSkip},
	iface.Func{Name: "[method]input-stream.subscribe", Signature: "func(self: borrow<input-stream>) -> own<pollable>", Run: subscribeInput},
	iface.Func{Name: "[method]output-stream.check-write", Signature: "func(self: borrow<output-stream>) -> result<u64, stream-error>", Run: checkWrite},
	iface.Func{Name: "[method]output-stream.write", Signature: "func(self: borrow<output-stream>, contents: list<u8>) -> result<_, stream-error>", Views: true, Run: write},
	iface.Func{Name: "[method]output-stream.blocking-write-and-flush", Signature: "func(self: borrow<output-stream>, contents: list<u8>) -> result<_, stream-error>", Views: true, Run: blockingWriteAndFlush},
	iface.Func{Name: "[method]output-stream.flush", Signature: "func(self: borrow<output-stream>) -> result<_, stream-error>", Run: flush},
	iface.Func{Name: "[method]output-stream.blocking-flush", Signature: "func(self: borrow<output-stream>) -> result<_, stream-error>", Run: flush},
	iface.Func{Name: "[method]output-stream.subscribe", Signature: "func(self: borrow<output-stream>) -> own<pollable>", Run: subscribeOutput},
	iface.Func{Name: "[method]output-stream.write-zeroes", Signature: "func(self: borrow<output-stream>, len: u64) -> result<_, stream-error>", Run: writeZeroes},
	iface.Func{Name: "[method]output-stream.blocking-write-zeroes-and-flush", Signature: "func(self: borrow<output-stream>, len: u64) -> result<_, stream-error>", Run: blockingWriteZeroesAndFlush},
	iface.Func{Name: "[method]output-stream.splice", Signature: "func(self: borrow<output-stream>, src: borrow<input-stream>, len: u64) -> result<u64, stream-error>", Run: splice},
	iface.Func{Name: "[method]output-stream.blocking-splice", Signature: "func(self: borrow<output-stream>, src: borrow<input-stream>, len: u64) -> result<u64, stream-error>", Run: blockingSplice},
).With(Inputs.Type, Outputs.Type)

// The cases of stream-error.
const (
	lastOperationFailed = 0
	closed              = 1
)

// maxRead is how much one call reads, in bytes, whatever the guest asks for.
const maxRead = 64 << 10

// fail gives a stream-error: closed for what says that the stream is at its end, and
// otherwise the error itself. The stream is closed after either.
func fail(p *iface.Process, c *canon.Call, err error) {
	if err == errClosed {
		c.Err(caseClosed)
		return
	}
	c.Err(canon.Case(lastOperationFailed, NewError(p, err)))
}
