package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"wippy/internal/neterr"
	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/wasio"
)

// The cases of error-code, in their order.
const (
	dnsTimeout = iota
	dnsError
	destinationNotFound
	destinationUnavailable
	ipProhibited
	ipUnroutable
	connectionRefused
	connectionTerminated
	connectionTimeout
	connectionReadTimeout
	connectionWriteTimeout
	connectionLimit
	tlsProtocolError
	tlsCertificateError
	tlsAlertReceived
	requestDenied
	requestLengthRequired
	requestBodySize
	requestMethodInvalid
	requestURIInvalid
	requestURITooLong
	requestHeaderSectionSize
	requestHeaderSize
	requestTrailerSectionSize
	requestTrailerSize
	responseIncomplete
	responseHeaderSectionSize
	responseHeaderSize
	responseBodySize
	responseTrailerSectionSize
	responseTrailerSize
	responseTransferCoding
	responseContentCoding
	responseTimeout
	upgradeFailed
	protocolError
	loopDetected
	configurationError
	internalError
)

// Error is an error-code, and an error for people.
type Error struct {
	code mailbox.Value // by position
	text string
}

func (e *Error) Error() string { return e.text }

func plain(code int, text string) *Error { return &Error{mailbox.Uint(uint64(code)), text} }

// The errors of what takes too long, and of what nobody wants any more.
var (
	errConnectTimeout = plain(connectionTimeout, "the connection took too long")
	errFirstByte      = plain(responseTimeout, "the response took too long")
	errBetweenBytes   = plain(connectionReadTimeout, "the next bytes of the body took too long")
	errAborted        = plain(connectionTerminated, "the request was given up")
	errSwitched       = plain(protocolError, "the server switches to another protocol, which nobody asked for")
)

// systemCodes are what the system's errors are to a guest.
var systemCodes = map[neterr.Kind]int{
	neterr.Refused: connectionRefused, neterr.TimedOut: connectionTimeout, neterr.Reset: connectionTerminated, neterr.Aborted: connectionTerminated,
	neterr.Unreachable: ipUnroutable, neterr.NoAddress: ipUnroutable, neterr.Unsupported: ipUnroutable,
	neterr.Denied:  ipProhibited,                                   // by the machine's own rules
	neterr.TooMany: connectionLimit, neterr.InUse: connectionLimit, // no descriptor or no port is left
}

// codeOf gives the error-code of an error of package net/http's; it is nil for nil.
func codeOf(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	is := func(code int) *Error { return plain(code, err.Error()) }
	if _, ok := errors.AsType[*network.Refused](err); ok {
		return is(requestDenied)
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsTimeout {
			return is(dnsTimeout)
		}
		rcode := mailbox.Nil
		if e.IsNotFound {
			rcode = mailbox.String("NXDOMAIN")
		}
		return &Error{canon.Case(dnsError, canon.Record(rcode, mailbox.Nil)), err.Error()}
	}
	if e, ok := errors.AsType[tls.AlertError](err); ok {
		return &Error{canon.Case(tlsAlertReceived, canon.Record(mailbox.Uint(uint64(e)), iface.Text(e.Error()))), err.Error()}
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, host := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	text := err.Error()
	if code, ok := systemCodes[neterr.Of(err)]; ok {
		return is(code)
	}
	switch {
	case unknown, host, invalid, verify:
		return is(tlsCertificateError)
	case record, strings.Contains(text, "tls: "):
		return is(tlsProtocolError)
	case errors.Is(err, network.ErrName):
		return is(requestURIInvalid)
	case errors.Is(err, context.Canceled), errors.Is(err, net.ErrClosed):
		return errAborted
	case strings.Contains(text, "headers exceeded"), strings.Contains(text, "response header list larger"):
		return &Error{canon.Case(responseHeaderSectionSize, mailbox.Uint(maxFields)), text}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return is(responseIncomplete)
	case errors.Is(err, io.EOF), contains(text, terminated):
		return is(connectionTerminated)
	case strings.Contains(text, "transfer encoding"):
		return &Error{canon.Case(responseTransferCoding, mailbox.Nil), text}
	case strings.HasPrefix(text, "stream error: "): // of HTTP/2: the peer gave it up
		if contains(text, violations) {
			return is(protocolError)
		}
		return is(connectionTerminated)
	case strings.Contains(text, "long trailer"):
		return &Error{canon.Case(responseTrailerSectionSize, mailbox.Nil), text}
	case strings.Contains(text, "malformed"), strings.Contains(text, "http2: "), strings.Contains(text, "invalid"),
		strings.Contains(text, "transport connection broken"): // by what the server sent
		return is(protocolError)
	}
	return &Error{canon.Case(internalError, iface.Text(text)), text}
}

// What package net/http says, and gives no type, of a connection that the peer
// ended, and of a stream of HTTP/2 that it reset for our mistake.
var (
	terminated = []string{"connection closed", "server closed", "GOAWAY", "connection lost", "connection force closed"}
	violations = []string{"PROTOCOL_ERROR", "FLOW_CONTROL_ERROR", "FRAME_SIZE_ERROR", "COMPRESSION_ERROR", "STREAM_CLOSED"}
)

func contains(text string, any []string) bool {
	return slices.ContainsFunc(any, func(s string) bool { return strings.Contains(text, s) })
}

// httpErrorCode is the function http-error-code.
func httpErrorCode(p *iface.Process, c *canon.Call) error {
	of, err := wasio.Errors.Arg(p, c, 0)
	if err != nil {
		return err
	}
	if e, ok := errors.AsType[*Error](of); ok {
		c.Return(e.code)
	}
	return nil
}
