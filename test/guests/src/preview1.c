// A guest of WASI preview 1 without a library: each method is one thing that a
// guest may do, for tests that want to know exactly which calls it makes.
#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

typedef struct { void *at; uint32_t n; } vector;
typedef struct {
	uint64_t userdata;
	uint8_t tag;
	uint8_t pad[7];
	union {
		struct { uint32_t id, pad; uint64_t timeout, precision; uint16_t flags; } clock;
		uint32_t fd;
	};
} subscription;
typedef struct { uint64_t userdata; uint16_t error; uint8_t type; uint8_t pad[5]; uint64_t bytes; uint64_t flags; } event;

IMPORT(args_get) int args_get(char **, char *);
IMPORT(args_sizes_get) int args_sizes_get(uint32_t *, uint32_t *);
IMPORT(environ_get) int environ_get(char **, char *);
IMPORT(environ_sizes_get) int environ_sizes_get(uint32_t *, uint32_t *);
IMPORT(clock_time_get) int clock_time_get(int, uint64_t, uint64_t *);
IMPORT(fd_close) int fd_close(int);
IMPORT(fd_filestat_get) int fd_filestat_get(int, void *);
IMPORT(fd_prestat_get) int fd_prestat_get(int, uint32_t *);
IMPORT(fd_read) int fd_read(int, vector *, uint32_t, uint32_t *);
IMPORT(fd_pread) int fd_pread(int, vector *, uint32_t, uint64_t, uint32_t *);
IMPORT(fd_write) int fd_write(int, vector *, uint32_t, uint32_t *);
IMPORT(path_open) int path_open(int, int, const char *, uint32_t, int, uint64_t, uint64_t, int, int *);
IMPORT(poll_oneoff) int poll_oneoff(subscription *, event *, uint32_t, uint32_t *);
IMPORT(proc_exit) _Noreturn void proc_exit(int);
IMPORT(random_get) int random_get(void *, uint32_t);
IMPORT(sched_yield) int sched_yield(void);
IMPORT(sock_shutdown) int sock_shutdown(int, int);

static char buffer[65536];
static char *strings[256];
static subscription subs[5000];
static event events[5000];
static vector vectors[2000];

static uint32_t length(const char *s)
{
	uint32_t n = 0;
	while (s[n])
		n++;
	return n;
}

static void put(const char *s, uint32_t n)
{
	vector v = {(void *)s, n};
	uint32_t written;
	fd_write(1, &v, 1, &written);
}

static void line(const char *s)
{
	put(s, length(s));
	put("\n", 1);
}

// words prints the arguments and the environment, a line each.
EXPORT(words) int words(void)
{
	uint32_t count, bytes;
	if (args_sizes_get(&count, &bytes) || count > 256 || bytes > sizeof buffer || args_get(strings, buffer))
		return -1;
	for (uint32_t i = 0; i < count; i++)
		line(strings[i]);
	if (environ_sizes_get(&count, &bytes) || count > 256 || bytes > sizeof buffer || environ_get(strings, buffer))
		return -1;
	for (uint32_t i = 0; i < count; i++)
		line(strings[i]);
	return 0;
}

// sleep waits by the monotonic clock, and gives the milliseconds that this took.
EXPORT(sleep) int64_t sleep(int64_t ms)
{
	uint64_t begin, end;
	uint32_t n;
	subs[0] = (subscription){.userdata = 7, .clock = {.id = 1, .timeout = (uint64_t)ms * 1000000}};
	clock_time_get(1, 0, &begin);
	if (poll_oneoff(subs, events, 1, &n) || n != 1 || events[0].userdata != 7 || events[0].error)
		return -1;
	clock_time_get(1, 0, &end);
	return (int64_t)(end - begin) / 1000000;
}

// sleeps waits many times, a microsecond each.
EXPORT(sleeps) int sleeps(int times)
{
	uint32_t n;
	int error = 0;
	for (int i = 0; i < times && !error; i++) {
		subs[0] = (subscription){.clock = {.id = 1, .timeout = 1000}};
		error = poll_oneoff(subs, events, 1, &n);
	}
	return error;
}

// yields gives others their turn many times.
EXPORT(yields) int yields(int times)
{
	int error = 0;
	for (int i = 0; i < times && !error; i++)
		error = sched_yield();
	return error;
}

// copy writes standard input to standard output and gives how many bytes that
// were, or an error below zero.
EXPORT(copy) int copy(void)
{
	vector v = {buffer, sizeof buffer};
	uint32_t n;
	for (int total = 0;; total += n) {
		int error = fd_read(0, &v, 1, &n);
		if (error)
			return -error;
		if (n == 0)
			return total;
		put(buffer, n);
	}
}

// wait waits for standard input, for so many milliseconds at most. It gives 1
// for the input, 2 for the time, 3 for both, or an error below zero.
EXPORT(wait) int wait(int64_t ms)
{
	uint32_t n;
	int what = 0;
	subs[0] = (subscription){.userdata = 1, .tag = 1, .fd = 0};
	subs[1] = (subscription){.userdata = 2, .clock = {.id = 1, .timeout = (uint64_t)ms * 1000000}};
	int error = poll_oneoff(subs, events, 2, &n);
	if (error)
		return -error;
	for (uint32_t i = 0; i < n; i++)
		what |= (int)events[i].userdata;
	return what;
}

// many waits for so many deadlines at once, of which one is now.
EXPORT(many) int many(int count)
{
	uint32_t n;
	for (int i = 0; i < count && i < 5000; i++)
		subs[i] = (subscription){.userdata = (uint64_t)i, .clock = {.id = 1, .timeout = 3600000000000ull}};
	subs[count / 2].clock.timeout = 0;
	int error = poll_oneoff(subs, events, (uint32_t)count, &n);
	return error ? -error : n == 1 && events[0].userdata == (uint64_t)(count / 2);
}

// read reads so many times the beginning of a file below the first mount, in
// pieces of so many bytes, and gives what the last gave, or an error below zero.
EXPORT(read) int read(int times, int bytes)
{
	int fd;
	vector v = {buffer, (uint32_t)bytes};
	uint32_t n = 0;
	int error = path_open(3, 0, "file", 4, 0, 2, 0, 0, &fd);
	for (int i = 0; i < times && !error; i++)
		error = fd_pread(fd, &v, 1, 0, &n);
	return error ? -error : (int)n;
}

// stats asks so many times what is known of the first mount.
EXPORT(stats) int stats(int times)
{
	int error = 0;
	for (int i = 0; i < times && !error; i++)
		error = fd_filestat_get(3, buffer);
	return error;
}

// opens opens the first mount so many times, and gives the error that ended that.
EXPORT(opens) int opens(int times)
{
	int fd, error = 0;
	for (int i = 0; i < times && !error; i++)
		error = path_open(3, 0, ".", 1, 2, 0, 0, 0, &fd);
	return error;
}

// gather writes so many buffers of so many bytes each, and gives the error.
EXPORT(gather) int gather(int count, int bytes)
{
	uint32_t n;
	for (int i = 0; i < count && i < 2000; i++)
		vectors[i] = (vector){buffer, (uint32_t)bytes};
	return fd_write(1, vectors, (uint32_t)count, &n);
}

// scatter reads standard input into a buffer anywhere.
EXPORT(scatter) int scatter(int at, int bytes)
{
	vector v = {(void *)at, (uint32_t)bytes};
	uint32_t n;
	return fd_read(0, &v, 1, &n);
}

// random fills memory anywhere.
EXPORT(random) int random(int at, int bytes) { return random_get((void *)at, (uint32_t)bytes); }

// denied gives, a bit each, which of the calls that need a grant have none.
EXPORT(denied) int denied(void)
{
	uint32_t n;
	int fd;
	vector v = {buffer, 1};
	subs[0] = (subscription){.tag = 2, .fd = 1};
	return (fd_write(1, &v, 1, &n) == 76) | (path_open(3, 0, ".", 1, 2, 0, 0, 0, &fd) == 76) << 1 |
	       (random_get(buffer, 1) == 76) << 2 | (sock_shutdown(3, 3) == 76) << 3 |
	       (poll_oneoff(subs, events, 1, &n) == 76) << 4 | (fd_prestat_get(3, &n) == 8) << 5;
}

// product gives the product of two numbers, which it prints.
EXPORT(product) int product(int a, int b)
{
	line("product");
	return a * b;
}

static __attribute__((noinline)) void inner(void)
{
	line("on purpose");
	__builtin_trap();
}

// fails traps below its entry point.
EXPORT(fails) int fails(void)
{
	inner();
	return 1;
}

// loops never ends, and asks for the time again and again.
EXPORT(loops) void loops(void)
{
	uint64_t now;
	for (;;)
		clock_time_get(1, 0, &now);
}

// grows grows the memory by pages, and gives what it had, or -1.
EXPORT(grows) int grows(int pages) { return (int)__builtin_wasm_memory_grow(0, (unsigned long)pages); }

// exit ends with a code.
EXPORT(exit) void exit(int code) { proc_exit(code); }

EXPORT(_start) void _start(void)
{
	if (words())
		proc_exit(1);
}
