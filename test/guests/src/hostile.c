// A guest of WASI preview 1 that does its worst with files and streams. Each
// method is one thing that it tries; the tests know what must come of it.
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

typedef struct { void *at; uint32_t n; } vector;

IMPORT(fd_close) int fd_close(int);
IMPORT(fd_advise) int fd_advise(int, int64_t, int64_t, int);
IMPORT(fd_allocate) int fd_allocate(int, int64_t, int64_t);
IMPORT(fd_filestat_set_size) int fd_filestat_set_size(int, int64_t);
IMPORT(fd_pread) int fd_pread(int, vector *, uint32_t, int64_t, uint32_t *);
IMPORT(fd_pwrite) int fd_pwrite(int, vector *, uint32_t, int64_t, uint32_t *);
IMPORT(fd_read) int fd_read(int, vector *, uint32_t, uint32_t *);
IMPORT(fd_readdir) int fd_readdir(int, void *, uint32_t, int64_t, uint32_t *);
IMPORT(fd_renumber) int fd_renumber(int, int);
IMPORT(fd_seek) int fd_seek(int, int64_t, int, uint64_t *);
IMPORT(fd_tell) int fd_tell(int, uint64_t *);
IMPORT(fd_write) int fd_write(int, vector *, uint32_t, uint32_t *);
IMPORT(path_create_directory) int path_create_directory(int, const char *, uint32_t);
IMPORT(path_filestat_get) int path_filestat_get(int, int, const char *, uint32_t, void *);
IMPORT(path_filestat_set_times) int path_filestat_set_times(int, int, const char *, uint32_t, int64_t, int64_t, int);
IMPORT(path_link) int path_link(int, int, const char *, uint32_t, int, const char *, uint32_t);
IMPORT(path_open) int path_open(int, int, const char *, uint32_t, int, uint64_t, uint64_t, int, int *);
IMPORT(path_readlink) int path_readlink(int, const char *, uint32_t, void *, uint32_t, uint32_t *);
IMPORT(path_remove_directory) int path_remove_directory(int, const char *, uint32_t);
IMPORT(path_rename) int path_rename(int, const char *, uint32_t, int, const char *, uint32_t);
IMPORT(path_symlink) int path_symlink(const char *, uint32_t, int, const char *, uint32_t);
IMPORT(path_unlink_file) int path_unlink_file(int, const char *, uint32_t);

enum {
	mount = 3,
	follow = 1,
	creates = 1, directory = 2,
	reading = 1 << 1, writing = 1 << 6, listing = 1 << 14,
};
#define ALL (~0ull)

static char buffer[65536];

static uint32_t length(const char *s)
{
	uint32_t n = 0;
	while (s[n])
		n++;
	return n;
}
#define TEXT(s) (s), length(s)

static int open(int dir, const char *path, int how, uint64_t rights, int *fd)
{
	return path_open(dir, follow, TEXT(path), how, rights, ALL, 0, fd);
}

// reaches tells whether any function gets anywhere by a path.
static int reaches(int dir, const char *path)
{
	int fd;
	uint32_t n;
	return !open(dir, path, 0, reading, &fd) || !open(dir, path, 0, writing, &fd) || !open(dir, path, creates, writing, &fd) ||
	       !open(dir, path, directory, listing, &fd) || !path_filestat_get(dir, follow, TEXT(path), buffer) ||
	       !path_filestat_set_times(dir, follow, TEXT(path), 1, 1, 5) || !path_create_directory(dir, TEXT(path)) ||
	       !path_link(dir, follow, TEXT(path), dir, TEXT("linked")) || !path_link(mount, 0, TEXT("file"), dir, TEXT(path));
}

// moves is reaches for what acts on a name itself, which of a link may be there.
static int moves(int dir, const char *path)
{
	uint32_t n;
	return !path_unlink_file(dir, TEXT(path)) || !path_remove_directory(dir, TEXT(path)) ||
	       !path_rename(dir, TEXT(path), mount, TEXT("moved")) || !path_rename(mount, TEXT("file"), dir, TEXT(path)) ||
	       !path_symlink(TEXT("file"), dir, TEXT(path)) || !path_readlink(dir, TEXT(path), buffer, 100, &n);
}

// escapes tries to leave the mount, in each of its ways, and gives a bit for each that works.
EXPORT(escapes) int64_t escapes(void)
{
	static const char *const ways[] = {
		"../secret", "dir/../../secret", "/etc/passwd", "outdir/secret", "./dir/.././../secret", "..", "outdir/dir/../secret",
		"dir/upward/secret", "../mount/file", "outdir/mount/file", "//etc/passwd", "dir/../..//secret", "missing/../../secret",
	};
	static const char *const links[] = {"out", "outdir", "outdir/", "absolute", "dir/up", "chain"};
	int64_t got = 0;
	int bit = 0, fd;
	for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++, bit++)
		got |= (int64_t)(reaches(mount, ways[i]) || moves(mount, ways[i])) << bit;
	for (unsigned i = 0; i < sizeof links / sizeof *links; i++, bit++)
		got |= (int64_t)reaches(mount, links[i]) << bit;
	// From a directory of the mount's, one that this guest made, and one that moved.
	if (open(mount, "dir", directory, listing, &fd))
		return -1;
	got |= (int64_t)(reaches(fd, "../file") || reaches(fd, "../../secret") || reaches(fd, "up")) << bit++;
	if (path_create_directory(mount, TEXT("made")) || path_create_directory(mount, TEXT("made/in")) || open(mount, "made/in", directory, listing, &fd))
		return -2;
	if (path_rename(mount, TEXT("made/in"), mount, TEXT("in")))
		return -3;
	got |= (int64_t)(reaches(fd, "../file") || reaches(fd, "../../secret")) << bit++;
	// By links of its own.
	got |= (int64_t)!path_symlink(TEXT("/etc/passwd"), mount, TEXT("own")) << bit++;
	if (path_symlink(TEXT("../secret"), mount, TEXT("own")) || path_symlink(TEXT("dir/../own"), mount, TEXT("chained")))
		return -4;
	got |= (int64_t)(reaches(mount, "own") || reaches(mount, "chained")) << bit++;
	return got;
}

// special opens what is no file, and gives a bit for each that opens.
EXPORT(special) int special(void)
{
	static const char *const names[] = {"fifo", "socket", "null", "zero"};
	int got = 0, fd;
	for (int i = 0; i < 4; i++)
		got |= (!open(mount, names[i], 0, reading, &fd) || !open(mount, names[i], 0, writing, &fd) || !open(mount, names[i], creates, writing, &fd)) << i;
	return got;
}

// loops makes links that lead to each other, and gives what opening them answers.
EXPORT(loops) int loops(void)
{
	int fd;
	if (path_symlink(TEXT("a"), mount, TEXT("b")) || path_symlink(TEXT("b"), mount, TEXT("a")) || path_symlink(TEXT("self/x"), mount, TEXT("self")))
		return -1;
	int one = open(mount, "a", 0, reading, &fd), two = open(mount, "self", 0, reading, &fd), three = open(mount, "self/deeper", 0, reading, &fd);
	return one == two && two == three ? one : -2;
}

// names uses one of 64 KiB with every function that takes a path, and gives how
// many answers were other than ENAMETOOLONG.
EXPORT(names) int names(void)
{
	static char name[65536];
	int fd, others = 0;
	uint32_t n;
	for (unsigned i = 0; i < sizeof name; i++)
		name[i] = 'x';
	const uint32_t size = sizeof name;
	const int answers[] = {
		path_open(mount, 0, name, size, 0, reading, 0, 0, &fd), path_create_directory(mount, name, size), path_filestat_get(mount, 0, name, size, buffer),
		path_filestat_set_times(mount, 0, name, size, 1, 1, 5), path_link(mount, 0, TEXT("file"), mount, name, size), path_link(mount, 0, name, size, mount, TEXT("x")),
		path_readlink(mount, name, size, buffer, 10, &n), path_remove_directory(mount, name, size), path_rename(mount, name, size, mount, TEXT("x")),
		path_rename(mount, TEXT("file"), mount, name, size), path_symlink(name, size, mount, TEXT("x")), path_symlink(TEXT("x"), mount, name, size),
		path_unlink_file(mount, name, size), path_create_directory(mount, name, 256),
	};
	for (unsigned i = 0; i < sizeof answers / sizeof *answers; i++)
		others += answers[i] != 37;
	return others;
}

// offsets uses sizes and offsets that no file has, and gives the first that is
// not refused as it should be, 0 if none is.
EXPORT(offsets) int offsets(void)
{
	const int64_t most = INT64_MAX, least = INT64_MIN;
	int fd;
	uint32_t n;
	uint64_t at;
	vector v = {buffer, 100};
	if (open(mount, "offsets", creates, reading | writing, &fd) || fd_write(fd, &v, 1, &n))
		return -1;
#define WANT(answer, call) if ((call) != (answer)) return __LINE__
	enum { invalid = 28, large = 22, overflow = 61 };
	WANT(invalid, fd_seek(fd, -1, 0, &at));
	WANT(invalid, fd_seek(fd, least, 0, &at));
	WANT(invalid, fd_seek(fd, -101, 1, &at));
	WANT(invalid, fd_seek(fd, -101, 2, &at));
	WANT(overflow, fd_seek(fd, most, 1, &at));
	WANT(overflow, fd_seek(fd, most, 2, &at));
	WANT(invalid, fd_seek(fd, 0, 3, &at));
	WANT(invalid, fd_seek(fd, 0, -1, &at));
	WANT(0, fd_tell(fd, &at));
	WANT(1, at == 100);
	WANT(invalid, fd_pread(fd, &v, 1, -1, &n));
	WANT(invalid, fd_pread(fd, &v, 1, least, &n));
	WANT(0, fd_pread(fd, &v, 1, most, &n));
	WANT(1, n == 0);
	WANT(0, fd_pread(fd, &v, 1, most - 50, &n));
	WANT(1, n == 0);
	WANT(invalid, fd_pwrite(fd, &v, 1, -1, &n));
	WANT(large, fd_pwrite(fd, &v, 1, most, &n));
	WANT(large, fd_pwrite(fd, &v, 1, most - 50, &n));
	WANT(large, fd_filestat_set_size(fd, -1));
	WANT(invalid, fd_allocate(fd, -1, 1));
	WANT(invalid, fd_allocate(fd, 0, 0));
	WANT(large, fd_allocate(fd, 0, -1));
	WANT(large, fd_allocate(fd, most, most));
	WANT(invalid, fd_advise(fd, -1, 1, 0));
	WANT(invalid, fd_advise(fd, 0, 1, 77));
	WANT(0, fd_seek(fd, most, 0, &at));
	WANT(0, fd_read(fd, &v, 1, &n));
	WANT(large, fd_write(fd, &v, 1, &n));
	WANT(0, fd_seek(fd, 0, 2, &at));
	WANT(1, at == 100);
	return 0;
}

// deep makes directories within each other, each by a descriptor of the one before,
// and gives how deep it came.
EXPORT(deep) int deep(int depth)
{
	int dir = mount, next, made = 0;
	for (; made < depth; made++) {
		if (path_create_directory(dir, "d", 1) || open(dir, "d", directory, listing, &next))
			break;
		if (dir != mount)
			fd_close(dir);
		dir = next;
	}
	return made;
}

// whole reads the file "sparse" to its end, and gives its size, or an error below zero.
EXPORT(whole) int64_t whole(void)
{
	int fd, error = open(mount, "sparse", 0, reading, &fd);
	vector v = {buffer, sizeof buffer};
	uint32_t n = 1;
	int64_t total = 0;
	for (; !error && n > 0; total += n)
		if (!(error = fd_read(fd, &v, 1, &n)))
			for (uint32_t i = 0; i < n; i += 4096)
				if (buffer[i])
					return -1000;
	return error ? -error : total;
}

// entry is what fd_readdir writes before a name.
typedef struct { uint64_t next, inode; uint32_t name; uint8_t type, pad[3]; } entry;

// lists reads the names of the directory "crowd", of which those that begin with an
// s have a number. It gives how many these are, or an error below zero; their
// numbers must be those below it.
EXPORT(lists) int lists(void)
{
	int fd, error = open(mount, "crowd", directory, listing, &fd), count = 0;
	int64_t sum = 0, cookie = 0;
	uint32_t n = sizeof buffer;
	while (!error && n == sizeof buffer) {
		if ((error = fd_readdir(fd, buffer, sizeof buffer, cookie, &n)))
			return -error;
		for (uint32_t at = 0; at + sizeof(entry) <= n;) {
			const entry *e = (const entry *)(buffer + at);
			const char *name = buffer + at + sizeof(entry);
			if (at + sizeof(entry) + e->name > n)
				break; // in part: it comes again
			if (name[0] == 's') {
				int number = 0;
				for (uint32_t i = 1; i < e->name; i++)
					number = number * 10 + name[i] - '0';
				sum += number;
				count++;
			}
			cookie = (int64_t)e->next;
			at += sizeof(entry) + e->name;
		}
	}
	return error ? -error : sum == (int64_t)count * (count - 1) / 2 ? count : -1000;
}

// handles opens without an end: files, directories, or listings of them.
EXPORT(handles) int handles(int what)
{
	int fd, error = 0;
	uint32_t n;
	while (!error) {
		error = what == 0 ? open(mount, "file", 0, reading, &fd) : open(mount, "dir", directory, listing, &fd);
		if (!error && what == 2)
			error = fd_readdir(fd, buffer, 1000, 0, &n);
	}
	return error;
}

// renumbers opens, closes and renumbers descriptors at random, and then closes
// all. It gives how many were open then, of those that are not the mount's.
EXPORT(renumbers) int renumbers(int times)
{
	uint32_t seed = 1, n;
	for (int i = 0; i < times; i++) {
		seed = seed * 1664525 + 1013904223;
		int a = (int)(seed >> 8) % 40, b = (int)(seed >> 16) % 40, fd;
		a = a < 0 ? -a : a, b = b < 0 ? -b : b;
		switch (seed >> 28) {
		case 0 ... 5:
			if (!open(mount, "file", 0, reading, &fd) && fd >= 40)
				fd_close(fd);
			break;
		case 6 ... 7:
			if (!open(mount, "dir", directory, listing, &fd) && (fd_readdir(fd, buffer, 100, 0, &n) || fd >= 40))
				fd_close(fd);
			break;
		case 8 ... 10:
			if (a > mount)
				fd_close(a);
			break;
		default:
			if (a > mount && b > mount)
				fd_renumber(a, b);
		}
	}
	int open = 0;
	for (int fd = mount + 1; fd < 2000; fd++)
		open += !fd_close(fd);
	fd_renumber(mount, mount);
	fd_renumber(mount, 77);
	fd_renumber(-1, mount);
	return fd_close(mount) ? -1 : open;
}

// prints writes to a standard stream until that fails, and gives the error.
EXPORT(prints) int prints(int fd, int bytes)
{
	vector v = {buffer, (uint32_t)bytes};
	uint32_t n;
	int error = 0;
	while (!error)
		error = fd_write(fd, &v, 1, &n);
	return error;
}

// swallows reads standard input until it ends or fails.
EXPORT(swallows) int swallows(void)
{
	vector v = {buffer, sizeof buffer};
	uint32_t n = 1;
	int error = 0;
	while (!error && n > 0)
		error = fd_read(0, &v, 1, &n);
	return error;
}

// appends writes pieces to the end of the file "log", and gives the error.
EXPORT(appends) int appends(int times, int bytes)
{
	int fd, error = path_open(mount, 0, TEXT("log"), creates, writing, 0, 1, &fd);
	vector v = {buffer, (uint32_t)bytes};
	uint32_t n;
	for (int i = 0; i < times && !error; i++)
		error = fd_write(fd, &v, 1, &n);
	return error;
}

// counts gives the next of its numbers: it answers as long as the node does.
EXPORT(counts) int counts(int n) { return n + 1; }
