package sockets

import (
	"context"
	"net/netip"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/wasio"
)

// Networks is the resource type network. There is one network.
var Networks = iface.NewResource[struct{}]("network", nil)

func instanceNetwork(p *iface.Process, c *canon.Call) error {
	c.Return(Networks.New(p, struct{}{}))
	return nil
}

// answers is the resource resolve-address-stream: a question, and what came of it.
type answers struct {
	cancel context.CancelFunc
	done   poll.Gate
	addrs  []netip.Addr // once done
	err    error
}

// Close implements world.Handle.
func (a *answers) Close() { a.cancel() }

// Answers is the resource type resolve-address-stream.
var Answers = iface.NewResource("resolve-address-stream", func(p *iface.Process, a *answers) { p.World.Release(a) })

// maxName is how long a name may be, in bytes.
const maxName = 1024

func resolveAddresses(p *iface.Process, c *canon.Call) error {
	if _, err := Networks.Arg(p, c, 0); err != nil {
		return err
	}
	name := c.Str(1)
	if len(name) > maxName {
		return result(c, mailbox.Nil, invalidArgument)
	}
	_, addr, err := network.ParseHost(name)
	if err != nil {
		return result(c, mailbox.Nil, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &answers{cancel: cancel}
	p.World.Own(p, a)
	own := Answers.New(p, a)
	if addr.IsValid() { // nobody is asked
		a.addrs = []netip.Addr{addr}
		a.done.Set(true)
		c.OK(own)
		return nil
	}
	policy := p.World.Network
	go func() {
		a.addrs, a.err = policy.Lookup(ctx, name)
		a.done.Set(true)
	}()
	c.OK(own)
	return nil
}

func resolveNext(p *iface.Process, c *canon.Call) error {
	a, err := Answers.Arg(p, c, 0)
	switch {
	case err != nil:
		return err
	case !a.done.Ready():
		return result(c, mailbox.Nil, wouldBlock)
	case a.err != nil:
		return result(c, mailbox.Nil, a.err)
	case len(a.addrs) == 0:
		c.OK(mailbox.Nil)
		return nil
	}
	next := a.addrs[0]
	a.addrs = a.addrs[1:]
	c.OK(canon.Case(family(next), ipValue(next)))
	return nil
}

var subscribeAnswers = wasio.Subscribe(Answers, func(a *answers) poll.Pollable { return &a.done })
