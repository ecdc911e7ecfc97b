// A guest of wippy:process, one method for each part that it plays.
#define WIPPY_ARENA 65536
#include "wippy_process.h"

#ifndef EXPORT
#define EXPORT(name) __attribute__((export_name(name)))
#endif
#define TEXT(s) ((wippy_str){s, sizeof(s) - 1})

static const wippy_values nothing = {0, 0};

static bool is(wippy_str s, const char *text) { return wippy_equal(s, wippy_string(text)); }

// keep copies a string out of the arena.
static wippy_str keep(wippy_str s, char *to, uint32_t room)
{
	if (s.len > room)
		__builtin_trap();
	for (uint32_t i = 0; i < s.len; i++)
		to[i] = s.ptr[i];
	return (wippy_str){to, s.len};
}

static _Noreturn void give(wippy_value v) { wippy_exit(wippy_list(&v, 1)); }

// echo(to): sends "ready", then every message back; ends at "stop".
EXPORT("echo") void echo(void)
{
	wippy_maybe_event e;
	wippy_send(wippy_arguments().ptr[0].text, TEXT("ready"), nothing, 0);
	wippy_reset();
	while (wippy_receive_match((wippy_pattern){.has_type = true, .type = WIPPY_MESSAGE}, WIPPY_FOREVER, &e)) {
		if (is(e.event.message.topic, "stop"))
			give(wippy_text(TEXT("stopped")));
		wippy_send(e.event.message.from, e.event.message.topic, e.event.message.values, 0);
		wippy_reset();
	}
}

// ping(entry, n): starts the entry, which echoes, and has n round trips with it.
// Returns how many came back as they went.
EXPORT("ping") void ping(void)
{
	static char name[64];
	wippy_maybe_event e;
	wippy_error error;
	wippy_str pid;
	int64_t n, back = 0;
	wippy_value self;
	wippy_values args = wippy_arguments();
	n = args.ptr[1].tag == WIPPY_NUMBER ? (int64_t)args.ptr[1].number : args.ptr[1].integer;
	self = wippy_text(wippy_self());
	if (!wippy_spawn_monitored(args.ptr[0].text, TEXT("processes"), wippy_list(&self, 1), &pid, &error))
		give(wippy_text(error.message));
	pid = keep(pid, name, sizeof name);
	wippy_receive_match((wippy_pattern){.topic = TEXT("ready")}, WIPPY_FOREVER, &e);
	wippy_reset();
	for (int64_t i = 0; i < n; i++) {
		wippy_value v = wippy_number((double)i);
		if (!wippy_send(pid, TEXT("ping"), wippy_list(&v, 1), &error))
			give(wippy_text(error.message));
		wippy_receive(WIPPY_FOREVER, &e);
		back += e.event.type == WIPPY_MESSAGE && wippy_equal(e.event.message.from, pid) && is(e.event.message.topic, "ping") &&
			e.event.message.values.len == 1 && e.event.message.values.ptr[0].number == (double)i;
		wippy_reset();
	}
	wippy_send(pid, TEXT("stop"), nothing, 0);
	wippy_receive_match((wippy_pattern){.has_type = true, .type = WIPPY_EXIT, .from = pid}, WIPPY_FOREVER, &e);
	if (e.event.exit.reason != WIPPY_REASON_NORMAL)
		give(wippy_text(TEXT("it did not end well")));
	give(wippy_number((double)back));
}

// mirror: echoes whatever comes, for ever.
EXPORT("mirror") void mirror(void)
{
	wippy_maybe_event e;
	while (wippy_receive(WIPPY_FOREVER, &e)) {
		wippy_send(e.event.message.from, TEXT("pong"), e.event.message.values, 0);
		wippy_reset();
	}
}

// waits: for ever.
EXPORT("waits") void waits(void)
{
	wippy_maybe_event e;
	wippy_receive_match((wippy_pattern){.topic = TEXT("never")}, WIPPY_FOREVER, &e);
}

// loops: never ends, nor receives, though it might.
EXPORT("loops") void loops(void)
{
	static volatile uint32_t turns;
	for (;;)
		turns++;
}

// times_out(ns): waits so long and says whether nothing came.
EXPORT("times_out") int32_t times_out(int64_t ns)
{
	wippy_maybe_event e;
	return !wippy_receive((uint64_t)ns, &e);
}

// polite(to): ends at a CANCEL, and returns what that said.
EXPORT("polite") void polite(void)
{
	wippy_maybe_event e;
	wippy_send(wippy_arguments().ptr[0].text, TEXT("ready"), nothing, 0);
	wippy_receive_match((wippy_pattern){.has_type = true, .type = WIPPY_CANCEL}, WIPPY_FOREVER, &e);
	wippy_value v[] = {
		wippy_text(e.event.cancel.from), wippy_text(e.event.cancel.reason), wippy_integer((int64_t)e.event.cancel.remaining),
	};
	wippy_exit(wippy_list(v, 3));
}

// returns(...): what it was given.
EXPORT("returns") void returns(void) { wippy_exit(wippy_arguments()); }

// sends(main, to, what): one message to `to`, and tells main how that went.
EXPORT("sends") void sends(void)
{
	wippy_error error;
	wippy_values args = wippy_arguments();
	if (wippy_send(args.ptr[1].text, TEXT("third"), wippy_list(args.ptr + 2, 1), &error)) {
		wippy_value v = wippy_boolean(true);
		wippy_send(args.ptr[0].text, TEXT("sent"), wippy_list(&v, 1), 0);
	} else {
		wippy_value v[] = {wippy_integer(error.kind), wippy_boolean(error.retryable), wippy_text(error.message)};
		wippy_send(args.ptr[0].text, TEXT("sent"), wippy_list(v, 3), 0);
	}
}

// watches(dest): monitors it twice, takes one monitor back, and returns the
// reason, the entry and the error's kind and message of the EXIT that comes.
EXPORT("watches") void watches(void)
{
	wippy_maybe_event e, none;
	wippy_error error;
	uint64_t one, two;
	wippy_str dest = wippy_arguments().ptr[0].text;
	if (!wippy_monitor(dest, &one, &error) || !wippy_monitor(dest, &two, &error))
		give(wippy_text(error.message));
	bool was = wippy_unmonitor(one), again = wippy_unmonitor(one);
	wippy_receive_match((wippy_pattern){.has_ref = true, .ref = two}, WIPPY_FOREVER, &e);
	wippy_value v[] = {
		wippy_boolean(was), wippy_boolean(again), wippy_integer(e.event.exit.reason), wippy_text(e.event.exit.entry),
		wippy_integer(e.event.exit.error.some ? e.event.exit.error.error.kind : -1),
		e.event.exit.values.len ? e.event.exit.values.ptr[0] : (wippy_value){WIPPY_NIL},
		wippy_boolean(wippy_receive(0, &none)),
	};
	wippy_exit(wippy_list(v, 7));
}

// parent(entry, n): starts n of the entry, ends them, and returns how many it
// could start and what the first that it could not said.
EXPORT("parent") void parent(void)
{
	wippy_error error;
	wippy_maybe_event e;
	wippy_value v[] = {{WIPPY_NIL}, {WIPPY_NIL}, {WIPPY_NIL}};
	wippy_values args = wippy_arguments();
	wippy_str pids[16];
	int64_t n = (int64_t)args.ptr[1].number, started = 0;
	for (; started < n && started < 16; started++)
		if (!wippy_spawn_monitored(args.ptr[0].text, TEXT("processes"), nothing, &pids[started], &error)) {
			v[1] = wippy_integer(error.kind);
			v[2] = wippy_text(error.message);
			break;
		}
	for (int64_t i = 0; i < started; i++) {
		wippy_terminate(pids[i], 0);
		wippy_receive_match((wippy_pattern){.has_type = true, .type = WIPPY_EXIT, .from = pids[i]}, WIPPY_FOREVER, &e);
	}
	v[0] = wippy_integer(started);
	wippy_exit(wippy_list(v, 3));
}

// cancels(dest, reason, ns): asks it to end.
EXPORT("cancels") void cancels(void)
{
	wippy_error error;
	wippy_values args = wippy_arguments();
	bool ok = wippy_cancel(args.ptr[0].text, args.ptr[1].text, (uint64_t)args.ptr[2].number, &error);
	give(ok ? wippy_boolean(true) : wippy_text(error.message));
}

// prints(text [, n]): n times.
EXPORT("prints") void prints(void)
{
	wippy_values args = wippy_arguments();
	for (int64_t n = args.len > 1 ? (int64_t)args.ptr[1].number : 1; n > 0; n--)
		wippy_print(args.ptr[0].text, 0);
}

// json(value): a table as JSON and what that is as a value again.
EXPORT("json") void json(void)
{
	wippy_error error;
	wippy_str text, encoded;
	if (!wippy_to_json(wippy_arguments().ptr[0].text, &text, &error) || !wippy_from_json(text, &encoded, &error))
		give(wippy_text(error.message));
	wippy_value v[] = {wippy_text(text), {.tag = WIPPY_ENCODED, .text = encoded}};
	wippy_exit(wippy_list(v, 2));
}

// sums(n): n turns of receive without waiting, then a message to itself and back.
EXPORT("sums") int32_t sums(int32_t n)
{
	wippy_maybe_event e;
	int32_t got = 0;
	static char name[64];
	wippy_str self = keep(wippy_self(), name, sizeof name);
	for (int32_t i = 0; i < n; i++) {
		wippy_value v = wippy_integer(i);
		wippy_send(self, TEXT("n"), wippy_list(&v, 1), 0);
		got += wippy_receive(0, &e) && e.event.message.values.ptr[0].integer == i;
		wippy_reset();
	}
	return got;
}
