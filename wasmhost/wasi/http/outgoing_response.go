package http

import (
	"net/http"

	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
)

// answer is the resource outgoing-response.
type answer struct {
	status  int
	headers *fields
	body    *pipe // nil until it is asked for
}

// Answers is the resource type outgoing-response.
var Answers = iface.NewResource("outgoing-response", func(_ *iface.Process, a *answer) {
	if a.body != nil {
		a.body.Close() // nobody will read it
	}
})

func newAnswer(p *iface.Process, c *canon.Call) error {
	f, err := Fields.Take(p, c.Rep(0))
	if err == nil {
		c.Return(Answers.New(p, &answer{status: http.StatusOK, headers: f.freeze()}))
	}
	return err
}

var (
	answerStatus  = Answers.Getter(func(_ *iface.Process, a *answer) mailbox.Value { return mailbox.Uint(uint64(a.status)) })
	answerHeaders = Answers.Getter(func(p *iface.Process, a *answer) mailbox.Value { return Fields.New(p, a.headers) })
)

// isStatus tells whether a response can have the status, which is the last one
// for its request: so it is not 1xx.
func isStatus(n uint64) bool { return n >= 200 && n <= 999 }

func setAnswerStatus(p *iface.Process, c *canon.Call) error {
	a, err := Answers.Arg(p, c, 0)
	if err != nil {
		return err
	}
	if !isStatus(c.Uint(1)) {
		c.Err(mailbox.Nil)
		return nil
	}
	a.status = int(c.Uint(1))
	c.OK(mailbox.Nil)
	return nil
}

func answerBody(p *iface.Process, c *canon.Call) error {
	a, err := Answers.Arg(p, c, 0)
	if err != nil {
		return err
	}
	length, ok := a.headers.contentLength()
	if a.body != nil || !ok {
		c.Err(mailbox.Nil)
		return nil
	}
	body := newPipe(length)
	body.response = true
	own := Bodies.New(p, &outgoingBody{pipe: body}) // which may end the process
	a.body = body
	c.OK(own)
	return nil
}

// invalid gives the error-code of a response to r that cannot be sent; nil if it can.
func (a *answer) invalid(r *http.Request) *Error {
	length, ok := a.headers.contentLength()
	switch {
	case !ok:
		return plain(protocolError, "content-length of the response is no number")
	case length > 0 && a.body == nil && r.Method != http.MethodHead && a.status != http.StatusNotModified:
		return &Error{canon.Case(responseBodySize, mailbox.Uint(0)), "the response has a content-length and no body"}
	}
	return nil
}

// Outparams is the resource type response-outparam. One that is dropped was
// never set.
var Outparams = iface.NewResource("response-outparam", func(_ *iface.Process, s *Serving) {
	s.refuse(errDropped, http.StatusInternalServerError)
})

func setOutparam(p *iface.Process, c *canon.Call) error {
	s, err := Outparams.Take(p, c.Rep(0))
	if err != nil {
		return err
	}
	which, payload := c.Case(1)
	if which != 0 {
		e := &Error{payload, "the guest answered with an error"}
		s.refuse(e, statusOf(e))
		return nil
	}
	a, err := Answers.Take(p, uint32(payload.Uint()))
	if err != nil {
		s.refuse(errUnset, http.StatusInternalServerError)
		return err
	}
	if e := a.invalid(s.request); e != nil {
		if a.body != nil {
			a.body.Close()
		}
		s.refuse(e, http.StatusInternalServerError)
		return nil
	}
	s.answer(a)
	return nil
}

// statusOf gives the status of the response to a request that a guest answered
// with an error-code.
func statusOf(e *Error) int {
	which, _ := canon.CaseOf(e.code)
	switch which {
	case dnsTimeout, connectionTimeout, connectionReadTimeout, connectionWriteTimeout, responseTimeout:
		return http.StatusGatewayTimeout
	case dnsError, destinationNotFound, destinationUnavailable, ipProhibited, ipUnroutable, connectionRefused, connectionTerminated,
		tlsProtocolError, tlsCertificateError, tlsAlertReceived,
		responseIncomplete, responseHeaderSectionSize, responseHeaderSize, responseBodySize, responseTrailerSectionSize, responseTrailerSize,
		responseTransferCoding, responseContentCoding, upgradeFailed, protocolError:
		return http.StatusBadGateway
	case connectionLimit:
		return http.StatusServiceUnavailable
	case requestDenied:
		return http.StatusForbidden
	case requestLengthRequired:
		return http.StatusLengthRequired
	case requestBodySize:
		return http.StatusRequestEntityTooLarge
	case requestMethodInvalid:
		return http.StatusMethodNotAllowed
	case requestURIInvalid:
		return http.StatusBadRequest
	case requestURITooLong:
		return http.StatusRequestURITooLong
	case requestHeaderSectionSize, requestHeaderSize, requestTrailerSectionSize, requestTrailerSize:
		return http.StatusRequestHeaderFieldsTooLarge
	case loopDetected:
		return http.StatusLoopDetected
	}
	return http.StatusInternalServerError
}
