// Package http is wasi:http of WASI 0.2, over package net/http: types,
// outgoing-handler, and for a component that exports incoming-handler the other
// side of it.
//
// A request that a guest sends is a goroutine of net/http's that holds no
// thread; what its guest waits for is a pollable. Each process has connections
// of its own, within what its network.Policy allows. Redirects are not followed,
// nothing is decompressed, and no proxy is asked.
//
// A request that is served is a [Serving]: one process has it, and the
// goroutine of net/http's that brought it waits for its response.
//
// Package net/http quotes what a server sends unasked in the standard library's own logger,
// which cannot be told otherwise: programs that embed this may want to silence it by
// log.SetOutput, as wippy does.
//
// # Bounds
//
// Headers and trailers have at most 128 KiB; of a body 64 KiB are kept on its way
// out, and 16 KiB on its way in, to which HTTP/2 adds 256 KiB. Each object counts
// against max_handles.
//
// # Lifetimes
//
// Who drops a future, a response, a body or the future of its trailers before
// its end gives up the request: the connection is closed, or the stream of
// HTTP/2 reset. The end of the process does so for all.
package http

import "wippy/wasmhost/wasi/iface"

// Grant is the capability of the interfaces.
const Grant = "wasi:http"

const codeTypes = `
record DNS-error-payload { rcode: option<string>, info-code: option<u16> }
record TLS-alert-received-payload { alert-id: option<u8>, alert-message: option<string> }
record field-size-payload { field-name: option<string>, field-size: option<u32> }
variant error-code {
	DNS-timeout, DNS-error(DNS-error-payload), destination-not-found, destination-unavailable, destination-IP-prohibited,
	destination-IP-unroutable, connection-refused, connection-terminated, connection-timeout, connection-read-timeout,
	connection-write-timeout, connection-limit-reached, TLS-protocol-error, TLS-certificate-error,
	TLS-alert-received(TLS-alert-received-payload), HTTP-request-denied, HTTP-request-length-required,
	HTTP-request-body-size(option<u64>), HTTP-request-method-invalid, HTTP-request-URI-invalid, HTTP-request-URI-too-long,
	HTTP-request-header-section-size(option<u32>), HTTP-request-header-size(option<field-size-payload>),
	HTTP-request-trailer-section-size(option<u32>), HTTP-request-trailer-size(field-size-payload), HTTP-response-incomplete,
	HTTP-response-header-section-size(option<u32>), HTTP-response-header-size(field-size-payload),
	HTTP-response-body-size(option<u64>), HTTP-response-trailer-section-size(option<u32>),
	HTTP-response-trailer-size(field-size-payload), HTTP-response-transfer-coding(option<string>),
	HTTP-response-content-coding(option<string>), HTTP-response-timeout, HTTP-upgrade-failed, HTTP-protocol-error,
	loop-detected, configuration-error, internal-error(option<string>),
}
`

const messageTypes = `
variant method { get, head, post, put, delete, connect, options, trace, patch, other(string) }
variant scheme { HTTP, HTTPS, other(string) }
variant header-error { invalid-syntax, forbidden, immutable }
`

// Interfaces are those of wasi:http that components import.
func Interfaces() []*iface.Interface {
	grants := []string{Grant}
	return []*iface.Interface{
		iface.New("wasi:http/types", grants, codeTypes+messageTypes,
			iface.Func{Name: "http-error-code", Signature: "func(err: borrow<error>) -> option<error-code>", Run: httpErrorCode},

			iface.Func{Name: "[constructor]fields", Signature: "func() -> own<fields>", Run: newFields},
			iface.Func{Name: "[static]fields.from-list", Signature: "func(entries: list<tuple<string, list<u8>>>) -> result<own<fields>, header-error>", Run: fieldsFromList},
			iface.Func{Name: "[method]fields.get", Signature: "func(self: borrow<fields>, name: string) -> list<list<u8>>", Run: fieldsGet},
			iface.Func{Name: "[method]fields.has", Signature: "func(self: borrow<fields>, name: string) -> bool", Run: fieldsHas},
			iface.Func{Name: "[method]fields.set", Signature: "func(self: borrow<fields>, name: string, value: list<list<u8>>) -> result<_, header-error>", Run: fieldsSet},
			iface.Func{Name: "[method]fields.delete", Signature: "func(self: borrow<fields>, name: string) -> result<_, header-error>", Run: fieldsDelete},
			iface.Func{Name: "[method]fields.append", Signature: "func(self: borrow<fields>, name: string, value: list<u8>) -> result<_, header-error>", Run: fieldsAppend},
			iface.Func{Name: "[method]fields.entries", Signature: "func(self: borrow<fields>) -> list<tuple<string, list<u8>>>", Run: fieldsEntries},
			iface.Func{Name: "[method]fields.clone", Signature: "func(self: borrow<fields>) -> own<fields>", Run: fieldsClone},

			iface.Func{Name: "[constructor]outgoing-request", Signature: "func(headers: own<fields>) -> own<outgoing-request>", Run: newRequest},
			iface.Func{Name: "[method]outgoing-request.body", Signature: "func(self: borrow<outgoing-request>) -> result<own<outgoing-body>>", Run: requestBody},
			iface.Func{Name: "[method]outgoing-request.method", Signature: "func(self: borrow<outgoing-request>) -> method", Run: requestMethod},
			iface.Func{Name: "[method]outgoing-request.set-method", Signature: "func(self: borrow<outgoing-request>, method: method) -> result", Run: setMethod},
			iface.Func{Name: "[method]outgoing-request.path-with-query", Signature: "func(self: borrow<outgoing-request>) -> option<string>", Run: requestPath},
			iface.Func{Name: "[method]outgoing-request.set-path-with-query", Signature: "func(self: borrow<outgoing-request>, path-with-query: option<string>) -> result", Run: setPath},
			iface.Func{Name: "[method]outgoing-request.scheme", Signature: "func(self: borrow<outgoing-request>) -> option<scheme>", Run: requestScheme},
			iface.Func{Name: "[method]outgoing-request.set-scheme", Signature: "func(self: borrow<outgoing-request>, scheme: option<scheme>) -> result", Run: setScheme},
			iface.Func{Name: "[method]outgoing-request.authority", Signature: "func(self: borrow<outgoing-request>) -> option<string>", Run: requestAuthority},
			iface.Func{Name: "[method]outgoing-request.set-authority", Signature: "func(self: borrow<outgoing-request>, authority: option<string>) -> result", Run: setAuthority},
			iface.Func{Name: "[method]outgoing-request.headers", Signature: "func(self: borrow<outgoing-request>) -> own<fields>", Run: requestHeaders},

			iface.Func{Name: "[method]incoming-request.method", Signature: "func(self: borrow<incoming-request>) -> method", Run: incomingMethod},
			iface.Func{Name: "[method]incoming-request.path-with-query", Signature: "func(self: borrow<incoming-request>) -> option<string>", Run: incomingPath},
			iface.Func{Name: "[method]incoming-request.scheme", Signature: "func(self: borrow<incoming-request>) -> option<scheme>", Run: incomingScheme},
			iface.Func{Name: "[method]incoming-request.authority", Signature: "func(self: borrow<incoming-request>) -> option<string>", Run: incomingAuthority},
			iface.Func{Name: "[method]incoming-request.headers", Signature: "func(self: borrow<incoming-request>) -> own<fields>", Run: incomingHeaders},
			iface.Func{Name: "[method]incoming-request.consume", Signature: "func(self: borrow<incoming-request>) -> result<own<incoming-body>>", Run: incomingConsume},

			iface.Func{Name: "[constructor]outgoing-response", Signature: "func(headers: own<fields>) -> own<outgoing-response>", Run: newAnswer},
			iface.Func{Name: "[method]outgoing-response.status-code", Signature: "func(self: borrow<outgoing-response>) -> u16", Run: answerStatus},
			iface.Func{Name: "[method]outgoing-response.set-status-code", Signature: "func(self: borrow<outgoing-response>, status-code: u16) -> result", Run: setAnswerStatus},
			iface.Func{Name: "[method]outgoing-response.headers", Signature: "func(self: borrow<outgoing-response>) -> own<fields>", Run: answerHeaders},
			iface.Func{Name: "[method]outgoing-response.body", Signature: "func(self: borrow<outgoing-response>) -> result<own<outgoing-body>>", Run: answerBody},
			iface.Func{Name: "[static]response-outparam.set", Signature: "func(param: own<response-outparam>, response: result<own<outgoing-response>, error-code>)", Run: setOutparam},

			iface.Func{Name: "[constructor]request-options", Signature: "func() -> own<request-options>", Run: newOptions},
			iface.Func{Name: "[method]request-options.connect-timeout", Signature: "func(self: borrow<request-options>) -> option<u64>", Run: which(ofConnect).get},
			iface.Func{Name: "[method]request-options.set-connect-timeout", Signature: "func(self: borrow<request-options>, duration: option<u64>) -> result", Run: which(ofConnect).set},
			iface.Func{Name: "[method]request-options.first-byte-timeout", Signature: "func(self: borrow<request-options>) -> option<u64>", Run: which(ofFirstByte).get},
			iface.Func{Name: "[method]request-options.set-first-byte-timeout", Signature: "func(self: borrow<request-options>, duration: option<u64>) -> result", Run: which(ofFirstByte).set},
			iface.Func{Name: "[method]request-options.between-bytes-timeout", Signature: "func(self: borrow<request-options>) -> option<u64>", Run: which(ofBetweenBytes).get},
			iface.Func{Name: "[method]request-options.set-between-bytes-timeout", Signature: "func(self: borrow<request-options>, duration: option<u64>) -> result", Run: which(ofBetweenBytes).set},

			iface.Func{Name: "[method]outgoing-body.write", Signature: "func(self: borrow<outgoing-body>) -> result<own<output-stream>>", Run: bodyWrite},
			iface.Func{Name: "[static]outgoing-body.finish", Signature: "func(this: own<outgoing-body>, trailers: option<own<fields>>) -> result<_, error-code>", Run: bodyFinish},

			iface.Func{Name: "[method]future-incoming-response.subscribe", Signature: "func(self: borrow<future-incoming-response>) -> own<pollable>", Run: futureSubscribe},
			iface.Func{Name: "[method]future-incoming-response.get", Signature: "func(self: borrow<future-incoming-response>) -> option<result<result<own<incoming-response>, error-code>>>", Run: futureGet},
			iface.Func{Name: "[method]incoming-response.status", Signature: "func(self: borrow<incoming-response>) -> u16", Run: responseStatus},
			iface.Func{Name: "[method]incoming-response.headers", Signature: "func(self: borrow<incoming-response>) -> own<fields>", Run: responseHeaders},
			iface.Func{Name: "[method]incoming-response.consume", Signature: "func(self: borrow<incoming-response>) -> result<own<incoming-body>>", Run: responseConsume},
			iface.Func{Name: "[method]incoming-body.stream", Signature: "func(self: borrow<incoming-body>) -> result<own<input-stream>>", Run: bodyStream},
			iface.Func{Name: "[static]incoming-body.finish", Signature: "func(this: own<incoming-body>) -> own<future-trailers>", Run: incomingFinish},
			iface.Func{Name: "[method]future-trailers.subscribe", Signature: "func(self: borrow<future-trailers>) -> own<pollable>", Run: trailersSubscribe},
			iface.Func{Name: "[method]future-trailers.get", Signature: "func(self: borrow<future-trailers>) -> option<result<result<option<own<fields>>, error-code>>>", Run: trailersGet},
		).With(Fields.Type, Requests.Type, Options.Type, Bodies.Type, Futures.Type, Responses.Type, IncomingBodies.Type, FutureTrailers.Type,
			IncomingRequests.Type, Answers.Type, Outparams.Type),
		iface.New("wasi:http/outgoing-handler", grants, codeTypes,
			iface.Func{Name: "handle", Signature: "func(request: own<outgoing-request>, options: option<own<request-options>>) -> result<own<future-incoming-response>, error-code>", Run: handle}),
	}
}
