// What a C program asks of its system, with a library. The same program is a
// module of preview 1 and, by an adapter, a component of WASI 0.2; each step
// prints a line, and both print the same.
//
//	posix [exit N | abort]

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void check(const char *what, int ok) {
	printf("%s: %s\n", what, ok ? "ok" : strerror(errno));
}

static void arguments(int argc, char **argv) {
	for (int i = 1; i < argc; i++) printf("argument %s\n", argv[i]);
	const char *greeting = getenv("GREETING");
	printf("GREETING=%s\n", greeting ? greeting : "(none)");
}

static void input(void) {
	char line[64];
	int lines = 0;
	size_t bytes = 0;
	while (fgets(line, sizeof line, stdin)) {
		bytes += strlen(line);
		lines++;
	}
	printf("input: %d lines, %zu bytes, end %d\n", lines, bytes, feof(stdin) != 0);
}

static void clocks(void) {
	struct timespec before, after, wall, nap = {0, 20 * 1000 * 1000};
	clock_gettime(CLOCK_MONOTONIC, &before);
	check("sleep", nanosleep(&nap, NULL) == 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	long long ns = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
	printf("slept %s\n", ns >= 20 * 1000 * 1000 ? "enough" : "too little");
	check("date", clock_gettime(CLOCK_REALTIME, &wall) == 0 && wall.tv_sec > 1600000000);
}

static void chance(void) {
	unsigned char a[32] = {0}, b[32] = {0};
	check("random", getentropy(a, sizeof a) == 0 && getentropy(b, sizeof b) == 0 && memcmp(a, b, sizeof a) != 0);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
	DIR *dir = opendir(path);
	if (!dir) {
		check(path, 0);
		return;
	}
	char *names[64];
	int n = 0;
	for (struct dirent *e; n < 64 && (e = readdir(dir));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) names[n++] = strdup(e->d_name);
	closedir(dir);
	qsort(names, n, sizeof *names, by_name);
	printf("%s:", path);
	for (int i = 0; i < n; i++) {
		printf(" %s", names[i]);
		free(names[i]);
	}
	printf("\n");
}

static void files(void) {
	check("mkdir", mkdir("/data/d", 0777) == 0);
	check("mkdir again", mkdir("/data/d", 0777) == 0);
	FILE *f = fopen("/data/d/f", "w");
	check("create", f != NULL);
	if (!f) return;
	for (int i = 0; i < 1000; i++) fprintf(f, "line %d\n", i);
	check("write", fclose(f) == 0);
	f = fopen("/data/d/f", "r+");
	char text[32] = "";
	check("seek", f && fseek(f, -9, SEEK_END) == 0 && fgets(text, sizeof text, f) != NULL);
	printf("last: %s", text);
	check("overwrite", fseek(f, 0, SEEK_SET) == 0 && fputs("LINE", f) >= 0 && fclose(f) == 0);
	int fd = open("/data/d/f", O_WRONLY | O_APPEND);
	check("append", fd >= 0 && write(fd, "end\n", 4) == 4);
	struct stat st;
	check("fstat", fstat(fd, &st) == 0);
	printf("size %lld, file %d\n", (long long)st.st_size, S_ISREG(st.st_mode));
	check("truncate", ftruncate(fd, 6) == 0);
	check("sync", fsync(fd) == 0);
	check("close", close(fd) == 0);
	check("rename", rename("/data/d/f", "/data/g") == 0);
	check("link", link("/data/g", "/data/h") == 0);
	check("symlink", symlink("g", "/data/s") == 0);
	char to[8] = "";
	check("readlink", readlink("/data/s", to, sizeof to) == 1 && to[0] == 'g');
	check("lstat", lstat("/data/s", &st) == 0 && S_ISLNK(st.st_mode));
	list("/data");
	f = fopen("/data/s", "r");
	check("read", f && fgets(text, sizeof text, f) != NULL);
	printf("now: %s\n", text);
	if (f) fclose(f);
	check("rmdir", rmdir("/data/d") == 0);
	check("unlink", unlink("/data/h") == 0 && unlink("/data/s") == 0);
	check("missing", open("/data/none", O_RDONLY) >= 0);
	check("exclusive", open("/data/g", O_CREAT | O_EXCL | O_WRONLY, 0666) >= 0);
	check("outside", open("/data/../../etc/passwd", O_RDONLY) >= 0);
	list("/data");
}

int main(int argc, char **argv) {
	arguments(argc, argv);
	input();
	clocks();
	chance();
	files();
	fflush(stdout);
	fprintf(stderr, "done\n");
	if (argc > 1 && !strcmp(argv[1], "abort")) abort();
	return argc > 2 && !strcmp(argv[1], "exit") ? atoi(argv[2]) : 0;
}
