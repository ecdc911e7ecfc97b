// A worker without libc: compute(low, high) counts the primes in [low, high).
//
// Rebuild with:
//   clang-19 --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--strip-debug -o ../wasm/worker.wasm worker.c

static int is_prime(int n) {
	if (n < 2) return 0;
	for (int d = 2; (long long)d * d <= n; d++)
		if (n % d == 0) return 0;
	return 1;
}

__attribute__((export_name("compute")))
int compute(int low, int high) {
	int found = 0;
	for (int n = low; n < high; n++) found += is_prime(n);
	return found;
}

// divide(a, b) traps when b is zero: a worker that fails.
__attribute__((export_name("divide")))
int divide(int a, int b) { return a / b; }
