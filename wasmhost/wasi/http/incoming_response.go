package http

import (
	"wippy/mailbox"
	"wippy/runtime/process"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/wasio"
)

// future is the resource future-incoming-response.
type future struct {
	*exchange
	taken bool
}

// Futures is the resource type future-incoming-response. To drop one whose
// response nobody took gives the request up.
var Futures = iface.NewResource("future-incoming-response", func(_ *iface.Process, f *future) {
	if !f.taken {
		f.abort(errAborted)
	}
})

var futureSubscribe = wasio.Subscribe(Futures, func(f *future) poll.Pollable { return &f.done })

func futureGet(p *iface.Process, c *canon.Call) error {
	f, err := Futures.Arg(p, c, 0)
	switch {
	case err != nil:
		return err
	case !f.done.Ready():
		return nil
	case f.taken:
		c.Return(mailbox.Uint(1))
		return nil
	case f.err != nil:
		f.taken = true
		c.Return(canon.Case(0, canon.Case(1, f.err.code)))
		return nil
	}
	own := Responses.New(p, &response{exchange: f.exchange}) // which may end the process
	f.taken = true
	c.Return(canon.Case(0, canon.Case(0, own)))
	return nil
}

// response is the resource incoming-response.
type response struct {
	*exchange
	consumed bool
}

// Responses is the resource type incoming-response.
var Responses = iface.NewResource("incoming-response", func(_ *iface.Process, r *response) {
	if !r.consumed {
		r.abort(errAborted)
	}
})

var (
	responseStatus  = Responses.Getter(func(_ *iface.Process, r *response) mailbox.Value { return mailbox.Uint(uint64(r.response.StatusCode)) })
	responseHeaders = Responses.Getter(func(p *iface.Process, r *response) mailbox.Value { return Fields.New(p, fieldsOf(r.response.Header)) })
)

func responseConsume(p *iface.Process, c *canon.Call) error {
	r, err := Responses.Arg(p, c, 0)
	if err != nil {
		return err
	}
	if r.consumed {
		c.Err(mailbox.Nil)
		return nil
	}
	in := process.NewInput(r.exchange)
	own := IncomingBodies.New(p, &incomingBody{source: r.exchange, in: bodyInput{in}, more: in})
	r.consumed = true
	c.OK(own)
	return nil
}
