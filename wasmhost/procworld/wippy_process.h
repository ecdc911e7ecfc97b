/* wippy:process for WebAssembly modules in C; process.wit says what each function does.
 *
 *	#define WIPPY_ARENA 65536 // in one file of the module
 *	#include "wippy_process.h"
 *
 *	__attribute__((export_name("run"))) void run(void) {
 *		wippy_maybe_event e;
 *		while (wippy_receive(WIPPY_FOREVER, &e)) {
 *			if (e.event.type == WIPPY_MESSAGE)
 *				wippy_send(e.event.message.from, wippy_string("echo"), e.event.message.values, 0);
 *			wippy_reset();
 *		}
 *	}
 *
 * What the host gives back lies in memory that it takes from cabi_realloc. One
 * file of the module says where that comes from, before it includes this:
 *
 *	WIPPY_ARENA n	an arena of n bytes; wippy_reset() frees all of it, and a full one traps
 *	WIPPY_MALLOC	realloc of stdlib.h; whoever got something frees its parts
 *
 * No libc is needed with an arena. Functions that can fail return true, or false
 * and an error where the last argument asks for one.
 */
#ifndef WIPPY_PROCESS_H
#define WIPPY_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A string or list of bytes; not ended by a NUL. */
typedef struct {
	const char *ptr;
	uint32_t len;
} wippy_str;

enum {
	WIPPY_NIL,
	WIPPY_BOOLEAN,
	WIPPY_INTEGER,
	WIPPY_NUMBER,
	WIPPY_TEXT,
	WIPPY_BYTES,
	WIPPY_ENCODED,
	WIPPY_OPAQUE
};

typedef struct {
	uint8_t tag; /* WIPPY_NIL … */
	union {
		bool boolean;
		int64_t integer;
		double number;
		wippy_str text; /* of text, bytes and encoded */
	};
} wippy_value;

typedef struct {
	const wippy_value *ptr;
	uint32_t len;
} wippy_values;

enum {
	WIPPY_INVALID,
	WIPPY_NOT_FOUND,
	WIPPY_NOPROC,
	WIPPY_UNAVAILABLE,
	WIPPY_DENIED,
	WIPPY_TIMEOUT,
	WIPPY_KILLED,
	WIPPY_CANCELLED,
	WIPPY_LIMIT,
	WIPPY_FAILED,
	WIPPY_INTERNAL,
	WIPPY_OTHER
};

typedef struct {
	uint8_t kind; /* WIPPY_INVALID … */
	bool retryable;
	wippy_str message;
	wippy_value value;
} wippy_error;

typedef struct {
	bool some;
	wippy_error error;
} wippy_maybe_error;

enum {
	WIPPY_REASON_NORMAL,
	WIPPY_REASON_ERROR,
	WIPPY_REASON_KILLED,
	WIPPY_REASON_CANCELLED,
	WIPPY_REASON_LIMIT,
	WIPPY_REASON_NOPROC,
	WIPPY_REASON_NODEDOWN,
	WIPPY_REASON_OTHER
};

enum { WIPPY_MESSAGE, WIPPY_EXIT, WIPPY_LINK_DOWN, WIPPY_CANCEL };

typedef struct {
	uint8_t type; /* WIPPY_MESSAGE … */
	union {
		struct {
			wippy_str from, topic;
			wippy_values values;
		} message;
		struct {
			wippy_str from;
			uint64_t ref;
			wippy_str entry;
			uint8_t reason; /* WIPPY_REASON_NORMAL … */
			wippy_values values;
			bool has_code;
			int32_t code;
			wippy_maybe_error error;
		} exit;
		struct {
			wippy_str from;
			uint8_t reason;
			wippy_maybe_error error;
		} link_down;
		struct {
			wippy_str from, reason;
			uint64_t remaining; /* nanoseconds */
		} cancel;
	};
} wippy_event;

typedef struct {
	bool some;
	wippy_event event;
} wippy_maybe_event;

/* What an event must be to be taken. Zero fields are equal to everything. */
typedef struct {
	bool has_type, has_ref;
	uint8_t type;
	wippy_str from, topic; /* ptr NULL: any */
	uint64_t ref;
} wippy_pattern;

typedef struct {
	bool failed;
	union {
		wippy_error error;
		wippy_str text;
		uint64_t ref;
	};
} wippy_result;

_Static_assert(sizeof(wippy_value) == 16 && sizeof(wippy_error) == 32 && sizeof(wippy_result) == 40 &&
	       sizeof(wippy_maybe_event) == 104, "the layout of the canonical ABI");

#define WIPPY_FOREVER UINT64_MAX
#define WIPPY_IMPORT(name) __attribute__((import_module("wippy:process/process@0.1.0"), import_name(name)))

WIPPY_IMPORT("self") void wippy_import_self(wippy_str *);
WIPPY_IMPORT("arguments") void wippy_import_arguments(wippy_values *);
WIPPY_IMPORT("send") void wippy_import_send(const char *, uint32_t, const char *, uint32_t, const wippy_value *, uint32_t, wippy_result *);
WIPPY_IMPORT("receive") void wippy_import_receive(int32_t, uint64_t, wippy_maybe_event *);
WIPPY_IMPORT("receive-match") void wippy_import_receive_match(int32_t, int32_t, int32_t, const char *, uint32_t, int32_t, const char *,
	uint32_t, int32_t, uint64_t, int32_t, uint64_t, wippy_maybe_event *);
WIPPY_IMPORT("spawn") void wippy_import_spawn(const char *, uint32_t, const char *, uint32_t, const wippy_value *, uint32_t, wippy_result *);
WIPPY_IMPORT("spawn-monitored") void wippy_import_spawn_monitored(const char *, uint32_t, const char *, uint32_t, const wippy_value *,
	uint32_t, wippy_result *);
WIPPY_IMPORT("monitor") void wippy_import_monitor(const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("unmonitor") int32_t wippy_import_unmonitor(uint64_t);
WIPPY_IMPORT("unmonitor-all") int32_t wippy_import_unmonitor_all(const char *, uint32_t);
WIPPY_IMPORT("cancel") void wippy_import_cancel(const char *, uint32_t, const char *, uint32_t, int32_t, uint64_t, wippy_result *);
WIPPY_IMPORT("terminate") void wippy_import_terminate(const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("exit") void wippy_import_exit(const wippy_value *, uint32_t);
WIPPY_IMPORT("print") void wippy_import_print(const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("to-json") void wippy_import_to_json(const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("from-json") void wippy_import_from_json(const char *, uint32_t, wippy_result *);

/* A string of C's, NULL for an empty one. */
static inline wippy_str wippy_string(const char *s)
{
	wippy_str r = {s, 0};
	while (s && s[r.len])
		r.len++;
	return r;
}

static inline bool wippy_equal(wippy_str a, wippy_str b)
{
	if (a.len != b.len)
		return false;
	for (uint32_t i = 0; i < a.len; i++)
		if (a.ptr[i] != b.ptr[i])
			return false;
	return true;
}

static inline wippy_value wippy_integer(int64_t i) { return (wippy_value){.tag = WIPPY_INTEGER, .integer = i}; }
static inline wippy_value wippy_number(double d) { return (wippy_value){.tag = WIPPY_NUMBER, .number = d}; }
static inline wippy_value wippy_boolean(bool b) { return (wippy_value){.tag = WIPPY_BOOLEAN, .boolean = b}; }
static inline wippy_value wippy_text(wippy_str s) { return (wippy_value){.tag = WIPPY_TEXT, .text = s}; }

/* Values of an array. */
static inline wippy_values wippy_list(const wippy_value *v, uint32_t n) { return (wippy_values){v, n}; }

static inline bool wippy_ok(const wippy_result *r, wippy_error *error)
{
	if (r->failed && error)
		*error = r->error;
	return !r->failed;
}

static inline wippy_str wippy_self(void)
{
	wippy_str s;
	wippy_import_self(&s);
	return s;
}

/* What the process was spawned with, where its method has no parameters. */
static inline wippy_values wippy_arguments(void)
{
	wippy_values v;
	wippy_import_arguments(&v);
	return v;
}

static inline bool wippy_send(wippy_str dest, wippy_str topic, wippy_values values, wippy_error *error)
{
	wippy_result r;
	wippy_import_send(dest.ptr, dest.len, topic.ptr, topic.len, values.ptr, values.len, &r);
	return wippy_ok(&r, error);
}

/* False on time-out. */
static inline bool wippy_receive(uint64_t timeout, wippy_maybe_event *event)
{
	wippy_import_receive(timeout != WIPPY_FOREVER, timeout, event);
	return event->some;
}

static inline bool wippy_receive_match(wippy_pattern p, uint64_t timeout, wippy_maybe_event *event)
{
	wippy_import_receive_match(p.has_type, p.type, p.from.ptr != 0, p.from.ptr, p.from.len, p.topic.ptr != 0, p.topic.ptr, p.topic.len,
		p.has_ref, p.ref, timeout != WIPPY_FOREVER, timeout, event);
	return event->some;
}

static inline bool wippy_spawn(wippy_str entry, wippy_str group, wippy_values args, wippy_str *pid, wippy_error *error)
{
	wippy_result r;
	wippy_import_spawn(entry.ptr, entry.len, group.ptr, group.len, args.ptr, args.len, &r);
	if (!r.failed)
		*pid = r.text;
	return wippy_ok(&r, error);
}

static inline bool wippy_spawn_monitored(wippy_str entry, wippy_str group, wippy_values args, wippy_str *pid, wippy_error *error)
{
	wippy_result r;
	wippy_import_spawn_monitored(entry.ptr, entry.len, group.ptr, group.len, args.ptr, args.len, &r);
	if (!r.failed)
		*pid = r.text;
	return wippy_ok(&r, error);
}

static inline bool wippy_monitor(wippy_str dest, uint64_t *ref, wippy_error *error)
{
	wippy_result r;
	wippy_import_monitor(dest.ptr, dest.len, &r);
	if (!r.failed)
		*ref = r.ref;
	return wippy_ok(&r, error);
}

static inline bool wippy_unmonitor(uint64_t ref) { return wippy_import_unmonitor(ref); }
static inline bool wippy_unmonitor_all(wippy_str dest) { return wippy_import_unmonitor_all(dest.ptr, dest.len); }

/* WIPPY_FOREVER is the default grace. */
static inline bool wippy_cancel(wippy_str dest, wippy_str reason, uint64_t grace, wippy_error *error)
{
	wippy_result r;
	wippy_import_cancel(dest.ptr, dest.len, reason.ptr, reason.len, grace != WIPPY_FOREVER, grace, &r);
	return wippy_ok(&r, error);
}

static inline bool wippy_terminate(wippy_str dest, wippy_error *error)
{
	wippy_result r;
	wippy_import_terminate(dest.ptr, dest.len, &r);
	return wippy_ok(&r, error);
}

static inline _Noreturn void wippy_exit(wippy_values values)
{
	wippy_import_exit(values.ptr, values.len);
	__builtin_unreachable();
}

static inline bool wippy_print(wippy_str text, wippy_error *error)
{
	wippy_result r;
	wippy_import_print(text.ptr, text.len, &r);
	return wippy_ok(&r, error);
}

static inline bool wippy_to_json(wippy_str encoded, wippy_str *json, wippy_error *error)
{
	wippy_result r;
	wippy_import_to_json(encoded.ptr, encoded.len, &r);
	if (!r.failed)
		*json = r.text;
	return wippy_ok(&r, error);
}

static inline bool wippy_from_json(wippy_str json, wippy_str *encoded, wippy_error *error)
{
	wippy_result r;
	wippy_import_from_json(json.ptr, json.len, &r);
	if (!r.failed)
		*encoded = r.text;
	return wippy_ok(&r, error);
}

/* Frees what the arena gave. */
void wippy_reset(void);

#if defined(WIPPY_ARENA)
static _Alignas(16) char wippy_arena[WIPPY_ARENA];
static uint32_t wippy_arena_used;

void wippy_reset(void) { wippy_arena_used = 0; }

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size)
{
	(void)old;
	(void)old_size;
	uint32_t at = (wippy_arena_used + align - 1) & -align;
	if (at > sizeof wippy_arena || size > sizeof wippy_arena - at)
		__builtin_trap();
	wippy_arena_used = at + size;
	return wippy_arena + at;
}
#elif defined(WIPPY_MALLOC)
#include <stdlib.h>

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size)
{
	(void)old_size;
	(void)align;
	void *p = realloc(old, size);
	if (!p)
		__builtin_trap();
	return p;
}
#endif

#endif
