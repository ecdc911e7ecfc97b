// A component of wippy:process: what ../peer.c does as a core module, and the
// other parts that guests play in the tests of behaviour.
#define EXPORT(name) __attribute__((unused)) static
#include "../peer.c"

#define PART(name) __attribute__((export_name(name)))

static int64_t whole(wippy_value v) { return v.tag == WIPPY_NUMBER ? (int64_t)v.number : v.integer; }

PART("product") int32_t product(int32_t a, int32_t b) { return a * b; }

// several(a, b): two values, as only wippy:process can give them.
PART("several") void several(void)
{
	wippy_values args = wippy_arguments();
	int64_t a = whole(args.ptr[0]), b = whole(args.ptr[1]);
	wippy_value v[] = {wippy_integer(a / b), wippy_integer(a % b)};
	wippy_exit(wippy_list(v, 2));
}

PART("nothing") void nothing_at_all(void) {}

static __attribute__((noinline)) void inner(void) { __builtin_trap(); }

PART("fails") void fails(void) { inner(); }

PART("grow") int32_t grow(uint32_t pages) { return (int32_t)__builtin_wasm_memory_grow(0, pages); }

PART("must-grow") void must_grow(uint32_t pages)
{
	if (grow(pages) < 0)
		inner();
}

PART("echo") void part_echo(void) { echo(); }
PART("ping") void part_ping(void) { ping(); }
PART("mirror") void part_mirror(void) { mirror(); }
PART("waits") void part_waits(void) { waits(); }
PART("loops") void part_loops(void) { loops(); }
PART("times-out") int32_t part_times_out(int64_t ns) { return times_out(ns); }
PART("polite") void part_polite(void) { polite(); }
PART("returns") void part_returns(void) { returns(); }
PART("sends") void part_sends(void) { sends(); }
PART("watches") void part_watches(void) { watches(); }
PART("parent") void part_parent(void) { parent(); }
PART("cancels") void part_cancels(void) { cancels(); }
PART("prints") void part_prints(void) { prints(); }
PART("json") void part_json(void) { json(); }
PART("sums") int32_t part_sums(int32_t n) { return sums(n); }
PART("links") void part_links(void) { links(); }
PART("links-and-fails") void part_links_and_fails(void) { links_and_fails(); }
PART("leaves-child") void part_leaves_child(void) { leaves_child(); }
PART("named") void part_named(void) { named(); }
PART("execs") void part_execs(void) { execs(); }
PART("traps-links") void part_traps_links(void) { traps_links(); }
PART("binds") void part_binds(void) { binds(); }
PART("describes") void part_describes(void) { describes(); }
PART("lists") void part_lists(void) { lists(); }
PART("sleeps") void part_sleeps(int64_t ns) { sleeps(ns); }
PART("sends-later") void part_sends_later(void) { sends_later(); }
PART("holds-timers") void part_holds_timers(void) { holds_timers(); }
PART("spawns-on") void part_spawns_on(void) { spawns_on(); }
PART("fails-with") void part_fails_with(void) { fails_with(); }
PART("upgrades") void part_upgrades(void) { upgrades(); }
PART("member") void part_member(void) { member(); }
PART("bounds") void part_bounds(void) { bounds(); }
PART("members") void part_members(void) { members(); }
PART("broadcasts") void part_broadcasts(void) { broadcasts(); }
PART("observes") void part_observes(void) { observes(); }
PART("soak") void part_soak(void) { soak(); }
