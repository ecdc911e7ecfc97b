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

static int64_t number(wippy_value v) { return v.tag == WIPPY_NUMBER ? (int64_t)v.number : v.integer; }

static _Noreturn void wait(void)
{
	wippy_maybe_event e;
	wippy_receive_match((wippy_pattern){.topic = TEXT("never")}, WIPPY_FOREVER, &e);
	__builtin_unreachable();
}

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
	n = number(args.ptr[1]);
	self = wippy_text(wippy_self());
	if (!wippy_spawn(args.ptr[0].text, TEXT("processes"), wippy_list(&self, 1), WIPPY_MONITORED, &pid, &error))
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
EXPORT("waits") void waits(void) { wait(); }

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
		e.event.exit.values.len ? e.event.exit.values.ptr[0] : (wippy_value){.tag = WIPPY_NIL},
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
	wippy_value v[] = {{.tag = WIPPY_NIL}, {.tag = WIPPY_NIL}, {.tag = WIPPY_NIL}};
	wippy_values args = wippy_arguments();
	wippy_str pids[16];
	int64_t n = (int64_t)args.ptr[1].number, started = 0;
	for (; started < n && started < 16; started++)
		if (!wippy_spawn(args.ptr[0].text, TEXT("processes"), nothing, WIPPY_MONITORED, &pids[started], &error)) {
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

// links(main, depth, entry): is linked with a chain of depth-1 of its like, the
// last of which is linked with the entry, and sends main that one's PID.
EXPORT("links") void links(void)
{
	wippy_error error;
	wippy_str pid;
	wippy_values args = wippy_arguments();
	int64_t depth = number(args.ptr[1]);
	if (depth > 1) {
		wippy_value next[] = {args.ptr[0], wippy_integer(depth - 1), args.ptr[2]};
		if (!wippy_spawn(TEXT("core.links"), TEXT("processes"), wippy_list(next, 3), WIPPY_LINKED, &pid, &error))
			wippy_fail(error);
	} else {
		if (!wippy_spawn(args.ptr[2].text, TEXT("processes"), nothing, WIPPY_LINKED, &pid, &error))
			wippy_fail(error);
		wippy_value v = wippy_text(pid);
		wippy_send(args.ptr[0].text, TEXT("linked"), wippy_list(&v, 1), 0);
	}
	wait();
}

// links_and_fails(main, entry [, at_once]): is linked with a process of the entry,
// sends main its PID, and fails, when it is told to or at once.
EXPORT("links_and_fails") void links_and_fails(void)
{
	wippy_error error = {.kind = WIPPY_FAILED, .message = TEXT("the parent's failure")}, unable;
	wippy_maybe_event e;
	wippy_str pid;
	wippy_values args = wippy_arguments();
	if (!wippy_spawn(args.ptr[1].text, TEXT("processes"), nothing, WIPPY_LINKED, &pid, &unable))
		wippy_fail(unable);
	wippy_value v = wippy_text(pid);
	wippy_send(args.ptr[0].text, TEXT("child"), wippy_list(&v, 1), 0);
	if (args.len < 3)
		wippy_receive_match((wippy_pattern){.topic = TEXT("fail")}, WIPPY_FOREVER, &e);
	wippy_fail(error);
}

// leaves_child(entry [, linked]): starts a process of the entry and returns its PID.
EXPORT("leaves_child") void leaves_child(void)
{
	wippy_error error;
	wippy_str pid;
	wippy_values args = wippy_arguments();
	if (!wippy_spawn(args.ptr[0].text, TEXT("processes"), nothing, args.len > 1 ? WIPPY_LINKED : WIPPY_UNBOUND, &pid, &error))
		wippy_fail(error);
	give(wippy_text(pid));
}

// named(name): has it until it ends, at once.
EXPORT("named") void named(void)
{
	wippy_error error;
	if (!wippy_register(wippy_arguments().ptr[0].text, (wippy_str){0}, &error))
		wippy_fail(error);
}

// execs(entry, group, ...): returns, or fails, as a process of the entry does.
EXPORT("execs") void execs(void)
{
	wippy_error error;
	wippy_values results, args = wippy_arguments();
	if (wippy_exec(args.ptr[0].text, args.ptr[1].text, wippy_list(args.ptr + 2, args.len - 2), &results, &error))
		wippy_exit(results);
	wippy_fail(error);
}

// traps_links(entry): is linked with a process of the entry and monitors it, and
// returns the reason, and the error's kind, of its end: LINK_DOWN comes first.
EXPORT("traps_links") void traps_links(void)
{
	static char name[64];
	wippy_maybe_event e;
	wippy_error error;
	wippy_str pid;
	wippy_trap_links(true);
	if (!wippy_spawn(wippy_arguments().ptr[0].text, TEXT("processes"), nothing, WIPPY_LINKED | WIPPY_MONITORED, &pid, &error))
		wippy_fail(error);
	pid = keep(pid, name, sizeof name);
	wippy_receive(WIPPY_FOREVER, &e);
	wippy_value v[] = {
		wippy_boolean(e.event.type == WIPPY_LINK_DOWN && wippy_equal(e.event.link_down.from, pid)),
		wippy_integer(e.event.link_down.reason),
		wippy_integer(e.event.link_down.error.some ? e.event.link_down.error.error.kind : -1),
		wippy_boolean(wippy_receive(WIPPY_FOREVER, &e) && e.event.type == WIPPY_EXIT),
	};
	wippy_exit(wippy_list(v, 4));
}

// binds(dest): links, unlinks and names it, finds it by the name and by its
// links, and returns what each of that gave.
EXPORT("binds") void binds(void)
{
	wippy_error error = {0};
	wippy_info info;
	wippy_str found = {0}, dest = wippy_arguments().ptr[0].text;
	bool linked = wippy_link(dest, 0) && wippy_describe(wippy_self(), &info, 0) && info.links.len == 1 &&
		wippy_equal(info.links.ptr[0], dest);
	bool unlinked = wippy_unlink(dest), again = wippy_unlink(dest);
	bool named = wippy_register(TEXT("bound"), dest, 0) && wippy_lookup(TEXT("bound"), &found) && wippy_equal(found, dest);
	bool taken = !wippy_register(TEXT("bound"), (wippy_str){0}, &error) && error.kind == WIPPY_EXISTS;
	bool known = wippy_describe(TEXT("bound"), &info, 0) && info.names.len == 1 && wippy_equal(info.names.ptr[0], TEXT("bound"));
	bool freed = wippy_unregister(TEXT("bound"), 0) && !wippy_lookup(TEXT("bound"), &found);
	bool nobodys = !wippy_unregister(TEXT("bound"), &error) && error.kind == WIPPY_NOPROC;
	wippy_value v[] = {
		wippy_boolean(linked), wippy_boolean(unlinked), wippy_boolean(again), wippy_boolean(named), wippy_boolean(taken),
		wippy_boolean(known), wippy_boolean(freed), wippy_boolean(nobodys), wippy_text(error.message),
	};
	wippy_exit(wippy_list(v, 9));
}

// describes(dest): what is known of it, in the order of wippy_info.
EXPORT("describes") void describes(void)
{
	wippy_error error;
	wippy_info i;
	if (!wippy_describe(wippy_arguments().ptr[0].text, &i, &error))
		wippy_fail(error);
	wippy_value v[] = {
		wippy_text(i.pid), wippy_text(i.entry), wippy_text(i.group), wippy_integer(i.state), wippy_boolean(i.trap_links),
		wippy_integer(i.mailbox), wippy_integer(i.children), wippy_integer((int64_t)i.uptime), wippy_integer(i.links.len),
		wippy_integer(i.monitors.len), i.monitored_by.len ? wippy_text(i.monitored_by.ptr[0]) : (wippy_value){.tag = WIPPY_NIL},
	};
	wippy_exit(wippy_list(v, 11));
}

// lists([group]): the PIDs of its processes.
EXPORT("lists") void lists(void)
{
	static wippy_value pids[64];
	wippy_error error;
	wippy_strs list;
	wippy_values args = wippy_arguments();
	if (!wippy_list_processes(args.len ? args.ptr[0].text : (wippy_str){0}, &list, &error))
		wippy_fail(error);
	for (uint32_t i = 0; i < list.len && i < 64; i++)
		pids[i] = wippy_text(list.ptr[i]);
	wippy_exit(wippy_list(pids, list.len));
}

// sleeps(ns): and then returns.
EXPORT("sleeps") void sleeps(int64_t ns) { wippy_sleep((uint64_t)ns); }

// sends_later(dest, ns): orders "kept" and "withdrawn", withdraws that, and waits
// to be told to end. Returns whether the second was withdrawn, once.
EXPORT("sends_later") void sends_later(void)
{
	wippy_maybe_event e;
	wippy_error error;
	uint64_t kept, withdrawn;
	wippy_values args = wippy_arguments();
	wippy_str dest = args.ptr[0].text;
	uint64_t ns = (uint64_t)number(args.ptr[1]);
	wippy_value payload = wippy_text(TEXT("payload"));
	if (!wippy_send_after(ns, dest, TEXT("kept"), wippy_list(&payload, 1), &kept, &error) ||
		!wippy_send_after(ns, dest, TEXT("withdrawn"), nothing, &withdrawn, &error))
		wippy_fail(error);
	wippy_value v[] = {wippy_boolean(wippy_cancel_timer(withdrawn)), wippy_boolean(wippy_cancel_timer(withdrawn)), {.tag = WIPPY_NIL}};
	wippy_send(dest, TEXT("ordered"), nothing, 0);
	wippy_receive_match((wippy_pattern){.topic = TEXT("end")}, WIPPY_FOREVER, &e);
	v[2] = wippy_boolean(wippy_cancel_timer(kept)); // it was due
	wippy_exit(wippy_list(v, 3));
}

// holds_timers([again]): orders timers until it is refused, and fails with that
// error; or withdraws all, does it again, and returns how many it held each time
// and what the error said.
EXPORT("holds_timers") void holds_timers(void)
{
	static uint64_t timers[64];
	wippy_error error;
	wippy_values args = wippy_arguments();
	int64_t held = 0, again = 0;
	const uint64_t hour = UINT64_C(3600000000000);
	while (held < 64 && wippy_send_after(hour, wippy_self(), TEXT("late"), nothing, &timers[held], &error))
		held++;
	if (!args.len)
		wippy_fail(error);
	for (int64_t i = 0; i < held; i++)
		wippy_cancel_timer(timers[i]);
	while (again < 64 && wippy_send_after(hour, wippy_self(), TEXT("late"), nothing, 0, &error))
		again++;
	wippy_value v[] = {wippy_integer(held), wippy_integer(again), wippy_integer(error.kind), wippy_text(error.message)};
	wippy_exit(wippy_list(v, 4));
}

// spawns_on(entry): starts processes of the entry until it is refused, and fails
// with that error.
EXPORT("spawns_on") void spawns_on(void)
{
	wippy_error error;
	wippy_str pid, entry = wippy_arguments().ptr[0].text;
	while (wippy_spawn(entry, TEXT("plain"), nothing, WIPPY_UNBOUND, &pid, &error))
		;
	wippy_fail(error);
}

// fails_with(kind, message, value): an error of that.
EXPORT("fails_with") void fails_with(void)
{
	wippy_values args = wippy_arguments();
	wippy_fail((wippy_error){
		.kind = (uint8_t)number(args.ptr[0]), .retryable = true, .message = args.ptr[1].text, .value = args.ptr[2]});
}

static wippy_str at_random(const wippy_str *of, uint32_t n, uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return of[(*seed >> 8) % n];
}

// soak(ledger): what test/soak/testdata/kills/peer.lua does.
EXPORT("soak") void soak(void)
{
	static char names[256][24], ledger_name[24], me_name[48];
	static wippy_str peers[256];
	wippy_maybe_event e;
	wippy_strs list;
	wippy_str ledger = keep(wippy_arguments().ptr[0].text, ledger_name, sizeof ledger_name), me = keep(wippy_self(), me_name, 24);
	uint32_t sent = 0, n = 0, seed = 0;
	for (uint32_t i = 0; i < me.len; i++)
		seed = seed * 31 + (uint8_t)me.ptr[i];
	for (;; sent++) {
		if (sent % 16 == 0) {
			if (!wippy_list_processes(TEXT("peers"), &list, 0))
				__builtin_trap();
			for (n = 0; n < list.len && n < 256; n++)
				peers[n] = keep(list.ptr[n], names[n], sizeof names[n]);
			wippy_reset();
		}
		wippy_str what = {me_name, me.len};
		for (uint32_t digits = sent + 1; digits; digits /= 10)
			me_name[what.len++] = (char)('0' + digits % 10);
		wippy_value work = wippy_text(what);
		wippy_send(at_random(peers, n, &seed), TEXT("work"), wippy_list(&work, 1), 0);
		bool some = wippy_receive(1000000, &e); // whom it wrote to may be dead
		for (; some; some = wippy_receive(0, &e)) {
			if (is(e.event.message.topic, "work")) {
				wippy_send(ledger, TEXT("received"), e.event.message.values, 0);
				wippy_send(e.event.message.from, TEXT("done"), e.event.message.values, 0);
			} else {
				wippy_send(ledger, TEXT("acknowledged"), e.event.message.values, 0);
			}
			wippy_reset();
		}
	}
}

// upgrades(entry, state...): goes on as the entry, or fails with why not.
EXPORT("upgrades") void upgrades(void)
{
	wippy_values args = wippy_arguments();
	wippy_fail(wippy_upgrade(args.ptr[0].text, wippy_list(args.ptr + 1, args.len - 1)));
}

// member(group, to): joins it, sends "ready", then every message back; leaves at
// "leave", which it answers, and ends at "stop".
EXPORT("member") void member(void)
{
	static char name[64];
	wippy_maybe_event e;
	wippy_error error;
	wippy_values args = wippy_arguments();
	wippy_str group = keep(args.ptr[0].text, name, sizeof name);
	if (!wippy_group_join(group, (wippy_str){0}, &error) || !wippy_group_join(group, wippy_self(), &error))
		wippy_fail(error);
	wippy_send(args.ptr[1].text, TEXT("ready"), nothing, 0);
	wippy_reset();
	while (wippy_receive_match((wippy_pattern){.has_type = true, .type = WIPPY_MESSAGE}, WIPPY_FOREVER, &e)) {
		if (is(e.event.message.topic, "stop"))
			give(wippy_text(TEXT("stopped")));
		if (is(e.event.message.topic, "leave")) {
			wippy_value v[] = {
				wippy_boolean(wippy_group_leave(group, (wippy_str){0})), wippy_boolean(wippy_group_leave(group, wippy_self()))};
			wippy_send(e.event.message.from, TEXT("left"), wippy_list(v, 2), 0);
		} else {
			wippy_send(e.event.message.from, e.event.message.topic, e.event.message.values, 0);
		}
		wippy_reset();
	}
}

static wippy_value pid_values[1024];

static uint32_t add_pids(uint32_t at, wippy_strs pids)
{
	for (uint32_t i = 0; i < pids.len && at < 1024; i++)
		pid_values[at++] = wippy_text(pids.ptr[i]);
	return at;
}

// bounds(dest): returns its limits, in the order of wippy_limits, and its groups.
EXPORT("bounds") void bounds(void)
{
	wippy_limits l;
	wippy_strs groups;
	wippy_error error;
	wippy_str dest = wippy_arguments().ptr[0].text;
	if (!wippy_limits_of(dest, &l, &error) || !wippy_groups_of(dest, &groups, &error))
		wippy_fail(error);
	wippy_value v[8] = {
		wippy_number((double)l.max_execution_ms), wippy_number((double)l.max_fuel), wippy_number((double)l.max_memory),
		wippy_number((double)l.max_output), wippy_number((double)l.max_handles), wippy_number((double)l.max_children),
	};
	for (uint32_t i = 0; i < groups.len && i < 2; i++)
		v[6 + i] = wippy_text(groups.ptr[i]);
	wippy_exit(wippy_list(v, 6 + groups.len));
}

// members(group): returns their PIDs.
EXPORT("members") void members(void)
{
	wippy_exit(wippy_list(pid_values, add_pids(0, wippy_group_members(wippy_arguments().ptr[0].text))));
}

// broadcasts(group, topic, values...): returns how many took it.
EXPORT("broadcasts") void broadcasts(void)
{
	uint32_t taken;
	wippy_error error;
	wippy_values args = wippy_arguments();
	if (!wippy_group_broadcast(args.ptr[0].text, args.ptr[1].text, wippy_list(args.ptr + 2, args.len - 2), &taken, &error))
		wippy_fail(error);
	give(wippy_number(taken));
}

// observes(group, to): monitors it, and sends "members" with their PIDs, and
// "change" with how many joined, their PIDs, and those of who left; at "next" one
// after the other, with "none" for none. At "end" it ends the monitor, and the
// process: returns whether there was one, and one the second time.
EXPORT("observes") void observes(void)
{
	static char name[64], to_name[64];
	wippy_maybe_event e, change;
	wippy_error error;
	uint64_t ref;
	wippy_strs list;
	wippy_values args = wippy_arguments();
	wippy_str group = keep(args.ptr[0].text, name, sizeof name), to = keep(args.ptr[1].text, to_name, sizeof to_name);
	if (!wippy_group_monitor(group, &ref, &list, &error))
		wippy_fail(error);
	wippy_send(to, TEXT("members"), wippy_list(pid_values, add_pids(0, list)), 0);
	wippy_reset();
	while (wippy_receive(WIPPY_FOREVER, &e)) { // which leaves what is of groups
		if (is(e.event.message.topic, "end")) {
			wippy_value v[] = {wippy_boolean(wippy_group_demonitor(ref)), wippy_boolean(wippy_group_demonitor(ref))};
			wippy_exit(wippy_list(v, 2));
		}
		if (!wippy_receive_any((wippy_pattern){.has_type = true, .type = WIPPY_GROUP, .has_ref = true, .ref = ref}, 0, &change)) {
			wippy_send(to, TEXT("none"), nothing, 0);
		} else if (!wippy_equal(change.event.group.name, group) || change.event.group.ref != ref) {
			__builtin_trap();
		} else {
			pid_values[0] = wippy_number(change.event.group.joined.len);
			wippy_send(to, TEXT("change"), wippy_list(pid_values,
				add_pids(add_pids(1, change.event.group.joined), change.event.group.left)), 0);
		}
		wippy_reset();
	}
}
