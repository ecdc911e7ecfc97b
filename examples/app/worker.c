// The worker: count(low, high) counts the primes in [low, high), and traps where
// the range has no sense.
//
//   clang-19 --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--strip-debug -o worker.wasm worker.c

static int is_prime(int n) {
	if (n < 2) return 0;
	for (int d = 2; (long long)d * d <= n; d++)
		if (n % d == 0) return 0;
	return 1;
}

__attribute__((export_name("count")))
int count(int low, int high) {
	if (low > high) __builtin_trap();
	int found = 0;
	for (int n = low; n < high; n++) found += is_prime(n);
	return found;
}
