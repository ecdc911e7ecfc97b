// Kernels to measure the cost of metering with, each a function of its amount
// of work that returns a sum of what it computed. Nothing is linked in.
#include <stdint.h>
#include <stddef.h>

#define KERNEL(name) __attribute__((export_name(#name))) uint32_t name(uint32_t n)

enum { SIZE = 1 << 16 };
static uint8_t bytes[SIZE], others[SIZE];
static uint32_t words[SIZE];

static uint32_t seed;
static uint32_t rnd(void) { return seed = seed * 1664525 + 1013904223; }

// Three nested loops over floats.
enum { SIDE = 64 };
static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
KERNEL(matmul) {
  double sum = 0;
  for (uint32_t r = 0; r < n; r++) {
    for (int i = 0; i < SIDE; i++)
      for (int j = 0; j < SIDE; j++) a[i][j] = i + j + r, b[i][j] = i - j;
    for (int i = 0; i < SIDE; i++)
      for (int j = 0; j < SIDE; j++) {
        double s = 0;
        for (int k = 0; k < SIDE; k++) s += a[i][k] * b[k][j];
        c[i][j] = s;
      }
    sum += c[r % SIDE][(r * 7) % SIDE];
  }
  return (uint32_t)(int32_t)sum;
}

// Tight loops that store.
KERNEL(sieve) {
  uint32_t primes = 0;
  for (uint32_t r = 0; r < n; r++) {
    for (int i = 0; i < SIZE; i++) bytes[i] = 1;
    primes = 0;
    for (int i = 2; i < SIZE; i++)
      if (bytes[i]) {
        primes++;
        for (int j = i + i; j < SIZE; j += i) bytes[j] = 0;
      }
  }
  return primes;
}

// Long loop bodies, and a call for every block.
#define ROR(x, k) (((x) >> (k)) | ((x) << (32 - (k))))
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static __attribute__((noinline)) void block(uint32_t h[8], const uint8_t *p) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t x = w[i - 15], y = w[i - 2];
    w[i] = w[i - 16] + (ROR(x, 7) ^ ROR(x, 18) ^ x >> 3) + w[i - 7] + (ROR(y, 17) ^ ROR(y, 19) ^ y >> 10);
  }
  for (int i = 0; i < 8; i++) s[i] = h[i];
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = s[7] + (ROR(s[4], 6) ^ ROR(s[4], 11) ^ ROR(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
    uint32_t t2 = (ROR(s[0], 2) ^ ROR(s[0], 13) ^ ROR(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + t1, s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; i++) h[i] += s[i];
}
KERNEL(sha256) {
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (uint32_t r = 0; r < n; r++) block(h, bytes + r * 64 % SIZE);
  return h[0];
}

// Short loops and recursion.
static void sort(uint32_t *v, int lo, int hi) {
  while (lo < hi) {
    uint32_t pivot = v[(lo + hi) / 2];
    int i = lo, j = hi;
    while (i <= j) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i <= j) {
        uint32_t t = v[i];
        v[i++] = v[j], v[j--] = t;
      }
    }
    sort(v, lo, j);
    lo = i;
  }
}
KERNEL(quicksort) {
  uint32_t sum = 0;
  for (uint32_t r = 0; r < n; r++) {
    seed = r;
    for (int i = 0; i < 1 << 12; i++) words[i] = rnd();
    sort(words, 0, (1 << 12) - 1);
    sum += words[r % (1 << 12)];
  }
  return sum;
}

// Floats in loops of five turns.
static struct { double x, y, z, vx, vy, vz, m; } bodies[5];
KERNEL(nbody) {
  for (int i = 0; i < 5; i++) bodies[i].x = i * 1.5, bodies[i].y = i * i * 0.3, bodies[i].z = 1 - i * 0.1, bodies[i].vx = bodies[i].vy = bodies[i].vz = 0.01 * i, bodies[i].m = 1.0 / (i + 1);
  for (uint32_t r = 0; r < n; r++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        double dx = bodies[i].x - bodies[j].x, dy = bodies[i].y - bodies[j].y, dz = bodies[i].z - bodies[j].z;
        double d2 = dx * dx + dy * dy + dz * dz + 0.01, mag = 0.001 / (d2 * __builtin_sqrt(d2));
        bodies[i].vx -= dx * bodies[j].m * mag, bodies[i].vy -= dy * bodies[j].m * mag, bodies[i].vz -= dz * bodies[j].m * mag;
        bodies[j].vx += dx * bodies[i].m * mag, bodies[j].vy += dy * bodies[i].m * mag, bodies[j].vz += dz * bodies[i].m * mag;
      }
    for (int i = 0; i < 5; i++) bodies[i].x += 0.001 * bodies[i].vx, bodies[i].y += 0.001 * bodies[i].vy, bodies[i].z += 0.001 * bodies[i].vz;
  }
  return (uint32_t)(int32_t)(bodies[0].x * 1e6);
}

// The tightest of loops: nothing but a load and a store.
KERNEL(copy) {
  for (uint32_t r = 0; r < n; r++) {
    bytes[r % SIZE] = r;
    for (int i = 0; i < SIZE; i++) {
      others[i] = bytes[i];
      __asm__ volatile("" ::: "memory"); // or it becomes one instruction
    }
  }
  return others[(n - 1) % SIZE];
}

// Nothing but calls.
static __attribute__((noinline)) uint32_t fibonacci(uint32_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
KERNEL(fib) { return fibonacci(n); }

// A search that rarely gets beyond the first byte.
KERNEL(search) {
  uint32_t found = 0;
  seed = 1;
  for (int i = 0; i < SIZE; i++) bytes[i] = 'a' + (rnd() >> 28);
  for (uint32_t r = 0; r < n; r++) {
    uint8_t needle[4];
    for (int i = 0; i < 4; i++) needle[i] = 'a' + (rnd() >> 28);
    for (int i = 0; i + 4 <= SIZE; i++) {
      int k = 0;
      while (k < 4 && bytes[i + k] == needle[k]) k++;
      found += k == 4;
    }
  }
  return found;
}

// An interpreter: a switch in a loop, and calls through a table.
static uint32_t add(uint32_t x, uint32_t y) { return x + y; }
static uint32_t xor(uint32_t x, uint32_t y) { return x ^ y; }
static uint32_t mul(uint32_t x, uint32_t y) { return x * y; }
static uint32_t (*const ops[])(uint32_t, uint32_t) = {add, xor, mul};
KERNEL(interpret) {
  uint32_t acc = 1, reg[4] = {1, 2, 3, 4};
  seed = 7;
  for (int i = 0; i < 256; i++) bytes[i] = rnd() >> 24;
  for (uint32_t r = 0; r < n; r++)
    for (int pc = 0; pc < 256; pc++) {
      uint8_t code = bytes[pc];
      switch (code & 7) {
      case 0: acc += reg[code >> 6]; break;
      case 1: reg[code >> 6] = acc; break;
      case 2: acc = acc << 1 | acc >> 31; break;
      case 3: acc ^= code; break;
      case 4: if (acc & 1) pc++; break;
      case 5: acc -= reg[code >> 6]; break;
      default: acc = ops[(code >> 4) % 3](acc, reg[code >> 6]);
      }
    }
  return acc;
}

// A walk along a list, each step waiting for the one before.
static struct node { struct node *next; uint32_t value; } nodes[4096];
KERNEL(list) {
  uint32_t sum = 0;
  for (int i = 0; i < 4096; i++) nodes[i].next = i < 4095 ? &nodes[(i * 13 + 5) % 4096] : 0, nodes[i].value = i;
  for (uint32_t r = 0; r < n; r++) {
    struct node *p = &nodes[r % 4096];
    for (int i = 0; p && i < 4096; i++, p = p->next) sum += p->value;
  }
  return sum;
}
