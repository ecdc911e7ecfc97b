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
PART("waits") void part_waits(void) { waits(); }
PART("loops") void part_loops(void) { loops(); }
PART("polite") void part_polite(void) { polite(); }
PART("returns") void part_returns(void) { returns(); }
PART("sends") void part_sends(void) { sends(); }
PART("watches") void part_watches(void) { watches(); }
PART("parent") void part_parent(void) { parent(); }
PART("cancels") void part_cancels(void) { cancels(); }
PART("prints") void part_prints(void) { prints(); }
PART("json") void part_json(void) { json(); }
PART("sums") int32_t part_sums(int32_t n) { return sums(n); }
PART("times-out") int32_t part_times_out(int64_t ns) { return times_out(ns); }
