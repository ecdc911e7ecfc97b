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
	WIPPY_EXISTS,
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

enum { WIPPY_MESSAGE, WIPPY_EXIT, WIPPY_LINK_DOWN, WIPPY_CANCEL, WIPPY_GROUP };

typedef struct {
	const wippy_str *ptr;
	uint32_t len;
} wippy_strs;

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
		struct {
			wippy_str name;
			uint64_t ref;
			wippy_strs joined, left;
		} group;
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

/* How a process is bound to the one that spawns it; both with |. */
enum { WIPPY_UNBOUND, WIPPY_MONITORED, WIPPY_LINKED };

typedef struct {
	uint64_t ref;
	wippy_str pid;
} wippy_watch;

enum { WIPPY_STARTING, WIPPY_RUNNABLE, WIPPY_RUNNING, WIPPY_WAITING, WIPPY_ENDING };

typedef struct {
	wippy_str pid, entry, group;
	uint8_t state; /* WIPPY_STARTING … */
	bool trap_links;
	uint32_t mailbox, children;
	uint64_t steps, dropped, fuel, memory, peak, uptime;
	wippy_strs names, links;
	struct {
		const wippy_watch *ptr;
		uint32_t len;
	} monitors;
	wippy_strs monitored_by;
} wippy_info;

/* Zero is no limit. */
typedef struct {
	uint64_t max_execution_ms, max_fuel, max_memory, max_output, max_handles, max_children;
} wippy_limits;

/* What an imported function gave: its error if it failed. */
typedef struct {
	bool failed;
	union {
		wippy_error error;
		wippy_str text;
		wippy_strs texts;
		wippy_values values;
		uint64_t ref;
		uint32_t count;
		struct {
			uint64_t ref;
			wippy_strs members;
		} snapshot;
	};
} wippy_result;

typedef struct {
	bool failed;
	union {
		wippy_error error;
		wippy_info info;
	};
} wippy_info_result;

typedef struct {
	bool failed;
	union {
		wippy_error error;
		wippy_limits limits;
	};
} wippy_limits_result;

typedef struct {
	bool some;
	wippy_str text;
} wippy_maybe_str;

_Static_assert(sizeof(wippy_value) == 16 && sizeof(wippy_error) == 32 && sizeof(wippy_result) == 40 && sizeof(wippy_maybe_event) == 104 &&
	       sizeof(wippy_info_result) == 128 && sizeof(wippy_limits_result) == 56 && sizeof(wippy_watch) == 16 && sizeof(wippy_maybe_str) == 12,
	"the layout of the canonical ABI");

#define WIPPY_FOREVER UINT64_MAX
#define WIPPY_IMPORT(name) __attribute__((import_module("wippy:process/process@0.1.0"), import_name(name)))

WIPPY_IMPORT("self") void wippy_import_self(wippy_str *);
WIPPY_IMPORT("arguments") void wippy_import_arguments(wippy_values *);
WIPPY_IMPORT("send") void wippy_import_send(const char *, uint32_t, const char *, uint32_t, const wippy_value *, uint32_t, wippy_result *);
WIPPY_IMPORT("send-after") void wippy_import_send_after(uint64_t, const char *, uint32_t, const char *, uint32_t, const wippy_value *,
	uint32_t, wippy_result *);
WIPPY_IMPORT("cancel-timer") int32_t wippy_import_cancel_timer(uint64_t);
WIPPY_IMPORT("sleep") void wippy_import_sleep(uint64_t);
WIPPY_IMPORT("receive") void wippy_import_receive(int32_t, uint64_t, wippy_maybe_event *);
WIPPY_IMPORT("receive-match") void wippy_import_receive_match(int32_t, int32_t, int32_t, const char *, uint32_t, int32_t, const char *,
	uint32_t, int32_t, uint64_t, int32_t, uint64_t, wippy_maybe_event *);
WIPPY_IMPORT("receive-any") void wippy_import_receive_any(int32_t, int32_t, int32_t, const char *, uint32_t, int32_t, const char *,
	uint32_t, int32_t, uint64_t, int32_t, uint64_t, wippy_maybe_event *);
WIPPY_IMPORT("upgrade") void wippy_import_upgrade(const char *, uint32_t, const wippy_value *, uint32_t, wippy_error *);
WIPPY_IMPORT("spawn") void wippy_import_spawn(const char *, uint32_t, const char *, uint32_t, const wippy_value *, uint32_t, int32_t,
	wippy_result *);
WIPPY_IMPORT("exec") void wippy_import_exec(const char *, uint32_t, const char *, uint32_t, const wippy_value *, uint32_t, wippy_result *);
WIPPY_IMPORT("monitor") void wippy_import_monitor(const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("unmonitor") int32_t wippy_import_unmonitor(uint64_t);
WIPPY_IMPORT("unmonitor-all") int32_t wippy_import_unmonitor_all(const char *, uint32_t);
WIPPY_IMPORT("link") void wippy_import_link(const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("unlink") int32_t wippy_import_unlink(const char *, uint32_t);
WIPPY_IMPORT("trap-links") void wippy_import_trap_links(int32_t);
WIPPY_IMPORT("register") void wippy_import_register(const char *, uint32_t, int32_t, const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("lookup") void wippy_import_lookup(const char *, uint32_t, wippy_maybe_str *);
WIPPY_IMPORT("unregister") void wippy_import_unregister(const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("group-join") void wippy_import_group_join(const char *, uint32_t, int32_t, const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("group-leave") int32_t wippy_import_group_leave(const char *, uint32_t, int32_t, const char *, uint32_t);
WIPPY_IMPORT("group-members") void wippy_import_group_members(const char *, uint32_t, wippy_strs *);
WIPPY_IMPORT("group-broadcast") void wippy_import_group_broadcast(const char *, uint32_t, const char *, uint32_t, const wippy_value *,
	uint32_t, wippy_result *);
WIPPY_IMPORT("group-monitor") void wippy_import_group_monitor(const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("group-demonitor") int32_t wippy_import_group_demonitor(uint64_t);
WIPPY_IMPORT("info") void wippy_import_info(const char *, uint32_t, wippy_info_result *);
WIPPY_IMPORT("limits") void wippy_import_limits(const char *, uint32_t, wippy_limits_result *);
WIPPY_IMPORT("groups") void wippy_import_groups(const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("list") void wippy_import_list(int32_t, const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("cancel") void wippy_import_cancel(const char *, uint32_t, const char *, uint32_t, int32_t, uint64_t, wippy_result *);
WIPPY_IMPORT("terminate") void wippy_import_terminate(const char *, uint32_t, wippy_result *);
WIPPY_IMPORT("exit") void wippy_import_exit(const wippy_value *, uint32_t);
WIPPY_IMPORT("fail") void wippy_import_fail(int32_t, int32_t, const char *, uint32_t, int32_t, int64_t, int32_t);
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

/* The timer is for wippy_cancel_timer; NULL where that is of no interest. */
static inline bool wippy_send_after(uint64_t delay, wippy_str dest, wippy_str topic, wippy_values values, uint64_t *timer,
	wippy_error *error)
{
	wippy_result r;
	wippy_import_send_after(delay, dest.ptr, dest.len, topic.ptr, topic.len, values.ptr, values.len, &r);
	if (!r.failed && timer)
		*timer = r.ref;
	return wippy_ok(&r, error);
}

static inline bool wippy_cancel_timer(uint64_t timer) { return wippy_import_cancel_timer(timer); }

/* Nanoseconds. */
static inline void wippy_sleep(uint64_t duration) { wippy_import_sleep(duration); }

/* False on time-out. Events of groups stay, for wippy_receive_any. */
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

/* As wippy_receive_match, for the events of groups too. */
static inline bool wippy_receive_any(wippy_pattern p, uint64_t timeout, wippy_maybe_event *event)
{
	wippy_import_receive_any(p.has_type, p.type, p.from.ptr != 0, p.from.ptr, p.from.len, p.topic.ptr != 0, p.topic.ptr, p.topic.len,
		p.has_ref, p.ref, timeout != WIPPY_FOREVER, timeout, event);
	return event->some;
}

/* Goes on as another entry. It returns only why it did not. */
static inline wippy_error wippy_upgrade(wippy_str entry, wippy_values state)
{
	wippy_error error;
	wippy_import_upgrade(entry.ptr, entry.len, state.ptr, state.len, &error);
	return error;
}

/* bonds: WIPPY_UNBOUND, WIPPY_MONITORED, WIPPY_LINKED or both. */
static inline bool wippy_spawn(wippy_str entry, wippy_str group, wippy_values args, int32_t bonds, wippy_str *pid, wippy_error *error)
{
	wippy_result r;
	wippy_import_spawn(entry.ptr, entry.len, group.ptr, group.len, args.ptr, args.len, bonds, &r);
	if (!r.failed)
		*pid = r.text;
	return wippy_ok(&r, error);
}

/* What a process of the entry returned, once it has ended. */
static inline bool wippy_exec(wippy_str entry, wippy_str group, wippy_values args, wippy_values *results, wippy_error *error)
{
	wippy_result r;
	wippy_import_exec(entry.ptr, entry.len, group.ptr, group.len, args.ptr, args.len, &r);
	if (!r.failed)
		*results = r.values;
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

static inline bool wippy_link(wippy_str dest, wippy_error *error)
{
	wippy_result r;
	wippy_import_link(dest.ptr, dest.len, &r);
	return wippy_ok(&r, error);
}

static inline bool wippy_unlink(wippy_str dest) { return wippy_import_unlink(dest.ptr, dest.len); }
static inline void wippy_trap_links(bool on) { wippy_import_trap_links(on); }

/* Names dest; where its ptr is NULL, the calling process. */
static inline bool wippy_register(wippy_str name, wippy_str dest, wippy_error *error)
{
	wippy_result r;
	wippy_import_register(name.ptr, name.len, dest.ptr != 0, dest.ptr, dest.len, &r);
	return wippy_ok(&r, error);
}

/* False where nobody has the name. */
static inline bool wippy_lookup(wippy_str name, wippy_str *pid)
{
	wippy_maybe_str s;
	wippy_import_lookup(name.ptr, name.len, &s);
	if (s.some)
		*pid = s.text;
	return s.some;
}

static inline bool wippy_unregister(wippy_str name, wippy_error *error)
{
	wippy_result r;
	wippy_import_unregister(name.ptr, name.len, &r);
	return wippy_ok(&r, error);
}

/* Makes dest a member of a group; where its ptr is NULL, the calling process. */
static inline bool wippy_group_join(wippy_str name, wippy_str dest, wippy_error *error)
{
	wippy_result r;
	wippy_import_group_join(name.ptr, name.len, dest.ptr != 0, dest.ptr, dest.len, &r);
	return wippy_ok(&r, error);
}

/* False where it was no member. */
static inline bool wippy_group_leave(wippy_str name, wippy_str dest)
{
	return wippy_import_group_leave(name.ptr, name.len, dest.ptr != 0, dest.ptr, dest.len);
}

static inline wippy_strs wippy_group_members(wippy_str name)
{
	wippy_strs pids;
	wippy_import_group_members(name.ptr, name.len, &pids);
	return pids;
}

/* taken is how many mailboxes took it; NULL where that is of no interest. */
static inline bool wippy_group_broadcast(wippy_str name, wippy_str topic, wippy_values values, uint32_t *taken, wippy_error *error)
{
	wippy_result r;
	wippy_import_group_broadcast(name.ptr, name.len, topic.ptr, topic.len, values.ptr, values.len, &r);
	if (!r.failed && taken)
		*taken = r.count;
	return wippy_ok(&r, error);
}

/* The members; what changes comes as WIPPY_GROUP, to wippy_receive_any. */
static inline bool wippy_group_monitor(wippy_str name, uint64_t *ref, wippy_strs *members, wippy_error *error)
{
	wippy_result r;
	wippy_import_group_monitor(name.ptr, name.len, &r);
	if (!r.failed) {
		*ref = r.snapshot.ref;
		*members = r.snapshot.members;
	}
	return wippy_ok(&r, error);
}

static inline bool wippy_group_demonitor(uint64_t ref) { return wippy_import_group_demonitor(ref); }

static inline bool wippy_describe(wippy_str dest, wippy_info *info, wippy_error *error)
{
	wippy_info_result r;
	wippy_import_info(dest.ptr, dest.len, &r);
	if (r.failed && error)
		*error = r.error;
	if (!r.failed)
		*info = r.info;
	return !r.failed;
}

static inline bool wippy_limits_of(wippy_str dest, wippy_limits *limits, wippy_error *error)
{
	wippy_limits_result r;
	wippy_import_limits(dest.ptr, dest.len, &r);
	if (r.failed && error)
		*error = r.error;
	if (!r.failed)
		*limits = r.limits;
	return !r.failed;
}

/* The groups that dest is a member of. */
static inline bool wippy_groups_of(wippy_str dest, wippy_strs *names, wippy_error *error)
{
	wippy_result r;
	wippy_import_groups(dest.ptr, dest.len, &r);
	if (!r.failed)
		*names = r.texts;
	return wippy_ok(&r, error);
}

/* The processes of a group; where its ptr is NULL, of the node. */
static inline bool wippy_list_processes(wippy_str group, wippy_strs *pids, wippy_error *error)
{
	wippy_result r;
	wippy_import_list(group.ptr != 0, group.ptr, group.len, &r);
	if (!r.failed)
		*pids = r.texts;
	return wippy_ok(&r, error);
}

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

/* Ends the process with an error: its own, or one that it was given. */
static inline _Noreturn void wippy_fail(wippy_error e)
{
	wippy_value v = e.value;
	int64_t payload = v.integer;
	if (v.tag == WIPPY_BOOLEAN)
		payload = v.boolean;
	wippy_import_fail(e.kind, e.retryable, e.message.ptr, e.message.len, v.tag, payload, v.tag < WIPPY_TEXT ? 0 : (int32_t)v.text.len);
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
