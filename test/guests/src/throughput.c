// A guest of WASI preview 1 without a library that moves many bytes: what
// benchmarks compare with a program of the host's.
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

typedef struct { void *at; uint32_t n; } vector;

IMPORT(fd_close) int fd_close(int);
IMPORT(fd_read) int fd_read(int, vector *, uint32_t, uint32_t *);
IMPORT(fd_write) int fd_write(int, vector *, uint32_t, uint32_t *);
IMPORT(fd_seek) int fd_seek(int, int64_t, int, uint64_t *);
IMPORT(path_open) int path_open(int, int, const char *, uint32_t, int, uint64_t, uint64_t, int, int *);

static char buffer[65536];

enum { rights_read = 1 << 1 | 1 << 2, rights_write = 1 << 6 | 1 << 2, creates = 1 << 0 };

// again goes back to the beginning of a file.
static int again(int fd)
{
	uint64_t at;
	return fd_seek(fd, 0, 0, &at);
}

// reads reads the file "big" of the first mount from its beginning on, again and
// again, so many blocks in all. It gives the bytes of the last, or an error below zero.
EXPORT(reads) int reads(int blocks, int bytes)
{
	int fd, error = path_open(3, 0, "big", 3, 0, rights_read, 0, 0, &fd);
	vector v = {buffer, (uint32_t)bytes};
	uint32_t n = 0;
	for (int i = 0; i < blocks && !error; i++)
		if (!(error = fd_read(fd, &v, 1, &n)) && n == 0) {
			error = again(fd);
			i--;
		}
	fd_close(fd);
	return error ? -error : (int)n;
}

// writes writes so many blocks to the file "out", which is so many blocks long.
EXPORT(writes) int writes(int blocks, int bytes, int length)
{
	int fd, error = path_open(3, 0, "out", 3, creates, rights_write, 0, 0, &fd);
	vector v = {buffer, (uint32_t)bytes};
	uint32_t n = 0;
	for (int i = 0; i < blocks && !error; i++) {
		if (i % length == 0)
			error = again(fd);
		if (!error)
			error = fd_write(fd, &v, 1, &n);
	}
	fd_close(fd);
	return error ? -error : (int)n;
}

// copies writes standard input to standard output, and gives how many bytes
// that were, or an error below zero.
EXPORT(copies) int64_t copies(void)
{
	uint32_t n;
	int64_t total = 0;
	for (;;) {
		vector v = {buffer, sizeof buffer};
		int error = fd_read(0, &v, 1, &n);
		if (error)
			return -error;
		if (n == 0)
			return total;
		total += n;
		for (v.n = n; v.n > 0; v.at = (char *)v.at + n, v.n -= n)
			if ((error = fd_write(1, &v, 1, &n)))
				return -error;
	}
}
