// A worker that fetches: run(path) asks the API that the variable API_URL names
// for a path, and returns the status and the body of its answer.
//
// It is a component of WASI 0.2 without libc: what it imports and exports is
// written by hand, as the canonical ABI lays it out for http_worker.wit. It waits
// twice — for the answer, and for each piece of its body — and never knows that
// its process is suspended then.
//
// go run ./test/guests/build makes ../wasm/http_worker.wasm of it, and writes the
// hash into ../_index.yaml.

#include <stdbool.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name))) extern
#define EXPORT(name) __attribute__((export_name(name)))

#define ENVIRONMENT "wasi:cli/environment@0.2.12"
#define POLL "wasi:io/poll@0.2.12"
#define STREAMS "wasi:io/streams@0.2.12"
#define TYPES "wasi:http/types@0.2.12"
#define HANDLER "wasi:http/outgoing-handler@0.2.12"

typedef int32_t handle;
typedef struct { char *at; uint32_t length; } string;

// What functions give back, as it lies in memory.

// The variant error-code, whose payloads are only handed on.
typedef struct { uint8_t tag; uint64_t payload[3]; } error_code;
enum { HTTP_response_incomplete = 25 };

typedef struct { string name, value; } variable;
typedef struct { variable *at; uint32_t length; } variables;
typedef struct { uint8_t failed; handle ok; } result_handle;
typedef struct { uint8_t failed; union { handle response; error_code error; }; } result_response;
typedef struct { uint8_t some; struct { uint8_t taken; result_response result; } __attribute__((aligned(8))) value; } option_response;
typedef struct { uint8_t failed; union { string ok; struct { uint8_t closed; handle error; } end; }; } result_bytes;
typedef struct { uint8_t some; error_code value; } option_error;

// What this component gives back.
typedef struct { uint16_t status; string body; } answer;
typedef struct { uint8_t tag; union { string url; uint16_t status; error_code code; }; } failure;
enum { failure_bad_url, failure_status, failure_http };
typedef struct { uint8_t failed; union { answer ok; failure error; }; } outcome;

IMPORT(ENVIRONMENT, "get-environment") void get_environment(variables *);
IMPORT(POLL, "[method]pollable.block") void block(handle);
IMPORT(POLL, "[resource-drop]pollable") void drop_pollable(handle);
IMPORT(STREAMS, "[method]input-stream.blocking-read") void blocking_read(handle, uint64_t, result_bytes *);
IMPORT(TYPES, "[constructor]fields") handle new_fields(void);
IMPORT(TYPES, "[constructor]outgoing-request") handle new_request(handle headers);
IMPORT(TYPES, "[method]outgoing-request.set-scheme") int32_t set_scheme(handle, int32_t some, int32_t tag, const char *, uint32_t);
IMPORT(TYPES, "[method]outgoing-request.set-authority") int32_t set_authority(handle, int32_t some, const char *, uint32_t);
IMPORT(TYPES, "[method]outgoing-request.set-path-with-query") int32_t set_path(handle, int32_t some, const char *, uint32_t);
IMPORT(HANDLER, "handle") void send(handle request, int32_t some, handle options, result_response *);
IMPORT(TYPES, "[method]future-incoming-response.subscribe") handle subscribe(handle);
IMPORT(TYPES, "[method]future-incoming-response.get") void get(handle, option_response *);
IMPORT(TYPES, "[method]incoming-response.status") int32_t status_of(handle);
IMPORT(TYPES, "[method]incoming-response.consume") void consume(handle, result_handle *body);
IMPORT(TYPES, "[method]incoming-body.stream") void stream_of(handle, result_handle *stream);
IMPORT(TYPES, "http-error-code") void http_error_code(handle, option_error *);

// The memory only grows: a process runs once, and its end frees all, objects of
// the host too. What it may hold is its entry's max_memory.

extern char __heap_base;
static char *top = &__heap_base;

EXPORT("cabi_realloc") void *cabi_realloc(char *old, uint32_t had, uint32_t align, uint32_t size) {
	if (had && old + had == top) { // the latest grows where it is
		top = old;
		had = 0;
	}
	char *at = (char *)(((uintptr_t)top + align - 1) & -(uintptr_t)align);
	if (size > UINT32_MAX - (uintptr_t)at) __builtin_trap();
	top = at + size;
	uintptr_t room = (uintptr_t)__builtin_wasm_memory_size(0) << 16;
	if ((uintptr_t)top > room && __builtin_wasm_memory_grow(0, (((uintptr_t)top - room) >> 16) + 1) == (uintptr_t)-1) __builtin_trap();
	for (uint32_t i = 0; i < had; i++) at[i] = old[i];
	return at;
}

static string join(string a, string b) {
	char *at = cabi_realloc(0, 0, 1, a.length + b.length);
	for (uint32_t i = 0; i < a.length; i++) at[i] = a.at[i];
	for (uint32_t i = 0; i < b.length; i++) at[a.length + i] = b.at[i];
	return (string){at, a.length + b.length};
}

static bool begins(string s, const char *with) {
	uint32_t i = 0;
	for (; with[i]; i++)
		if (i == s.length || s.at[i] != with[i]) return false;
	return true;
}

// url is one in its parts: whether it is of https, "host:port", "/path".
typedef struct { bool tls; string authority, base; } url;

// parse takes a URL apart, and cuts what ends it that its paths begin with.
static bool parse(string *text, url *u) {
	string s = *text;
	u->tls = begins(s, "https://");
	if (!u->tls && !begins(s, "http://")) return false;
	char *at = s.at + (u->tls ? 8 : 7), *end = s.at + s.length, *slash = at;
	while (slash < end && *slash != '/') slash++;
	u->authority = (string){at, slash - at};
	while (end > slash && end[-1] == '/') end--;
	text->length = end - s.at;
	u->base = (string){slash, end - slash};
	return u->authority.length > 0;
}

static string variable_named(const char *name, uint32_t length) {
	variables all;
	get_environment(&all);
	for (uint32_t i = 0; i < all.length; i++)
		if (all.at[i].name.length == length && begins(all.at[i].name, name)) return all.at[i].value;
	return (string){0, 0};
}

static outcome result; // one for all, as a process runs once

static outcome *failed(failure f) {
	result.failed = 1;
	result.error = f;
	return &result;
}

// broke_off tells why a body did.
static outcome *broke_off(handle error) {
	option_error known;
	http_error_code(error, &known);
	return failed((failure){failure_http, .code = known.some ? known.value : (error_code){HTTP_response_incomplete, {0}}});
}

EXPORT("run") outcome *run(char *path_at, uint32_t path_length) {
	string api = variable_named("API_URL", 7);
	url u;
	if (!parse(&api, &u)) return failed((failure){failure_bad_url, .url = api});
	string path = join(u.base, (string){path_at, path_length});

	handle request = new_request(new_fields());
	if (set_scheme(request, 1, u.tls, 0, 0) || set_authority(request, 1, u.authority.at, u.authority.length) || set_path(request, 1, path.at, path.length))
		return failed((failure){failure_bad_url, .url = join(api, (string){path_at, path_length})});

	result_response sent;
	send(request, 0, 0, &sent);
	if (sent.failed) return failed((failure){failure_http, .code = sent.error});
	handle future = sent.response, ready = subscribe(future);
	block(ready);
	drop_pollable(ready);
	option_response got;
	get(future, &got);
	if (got.value.result.failed) return failed((failure){failure_http, .code = got.value.result.error});
	handle response = got.value.result.response;
	uint16_t status = status_of(response);
	if (status < 200 || status > 299) return failed((failure){failure_status, .status = status});

	result_handle body, stream;
	consume(response, &body);
	stream_of(body.ok, &stream);
	string text = {top, 0};
	for (;;) {
		// A piece is allocated right behind the last one, so that they are one text.
		result_bytes piece;
		blocking_read(stream.ok, 65536, &piece);
		if (!piece.failed)
			text.length += piece.ok.length;
		else if (piece.end.closed)
			break;
		else
			return broke_off(piece.end.error);
	}
	result.ok = (answer){status, text};
	return &result;
}
