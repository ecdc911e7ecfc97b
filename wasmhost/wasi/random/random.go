// Package random is wasi:random of WASI 0.2. All randomness comes from the
// node's source: what is called insecure is as good as the other.
package random

import (
	"encoding/binary"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
)

// Grant is the capability of the interfaces.
const Grant = "wasi:random"

// maxBytes is how many random bytes one call gives. There is no way to give
// fewer than are asked for, so that more traps.
const maxBytes = 16 << 20

// Interfaces are those of wasi:random.
func Interfaces() []*iface.Interface {
	grants := []string{Grant}
	return []*iface.Interface{
		iface.New("wasi:random/random", grants, "",
			iface.Func{Name: "get-random-bytes", Signature: "func(len: u64) -> list<u8>", Run: bytes},
			iface.Func{Name: "get-random-u64", Signature: "func() -> u64", Run: number}),
		iface.New("wasi:random/insecure", grants, "",
			iface.Func{Name: "get-insecure-random-bytes", Signature: "func(len: u64) -> list<u8>", Run: bytes},
			iface.Func{Name: "get-insecure-random-u64", Signature: "func() -> u64", Run: number}),
		iface.New("wasi:random/insecure-seed", grants, "",
			iface.Func{Name: "insecure-seed", Signature: "func() -> tuple<u64, u64>", Run: seed}),
	}
}

func bytes(p *iface.Process, c *canon.Call) error {
	n := c.Uint(0)
	if n > maxBytes {
		return canon.Trapf("%d random bytes are more than the %d that one call gives", n, maxBytes)
	}
	b := p.Buffer(int(n))
	if err := p.World.Random(p, b); err != nil {
		return failed(err)
	}
	c.Return(canon.Bytes(b))
	return nil
}

func number(p *iface.Process, c *canon.Call) error {
	n, err := draw(p)
	c.Return(n)
	return err
}

func seed(p *iface.Process, c *canon.Call) error {
	a, err := draw(p)
	if err != nil {
		return err
	}
	b, err := draw(p)
	c.Return(canon.Record(a, b))
	return err
}

func draw(p *iface.Process) (mailbox.Value, error) {
	b := p.Buffer(8)
	if err := p.World.Random(p, b); err != nil {
		return mailbox.Nil, failed(err)
	}
	return mailbox.Uint(binary.LittleEndian.Uint64(b)), nil
}

// failed is for a source of randomness that gives none, which no guest is told.
func failed(err error) error {
	return mailbox.Errorf(mailbox.Internal, "the source of randomness failed: %w", err)
}
