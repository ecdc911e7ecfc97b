// The world "working": functions that do something, resources, and traps. As a
// core module it has the first only, by their bare names.
#ifndef CORE
#define FAULTS
#endif
#include "guest.h"
#include "layout.h"

#ifdef CORE
#define IN(interface, name) name
#else
#define IN(interface, name) "wippy:guest/" interface "@0.1.0#" name
#endif
#define WORK(name) EXPORT(IN("work", name))
// DONE is the post-return function of what gives a pointer.
#define DONE(interface, name, id) EXPORT("cabi_post_" IN(interface, name)) void done_##id(void *r) { release(); }

static list text(const char *s) {
  list r = {(void *)s, 0};
  while (s[r.length]) r.length++;
  return r;
}

// The interface "work".

WORK("sum") u64 sum(const u32 *values, u32 length) {
  u64 r = 0;
  for (u32 i = 0; i < length; i++) r += values[i];
  return r;
}
EXPORT("cabi_post_" IN("work", "sum")) void done_sum(u64 r) { release(); }

WORK("reverse-bytes") list *reverse_bytes(u8 *bytes, u32 length) {
  list *r = NEW(list);
  for (u32 i = 0; i < length / 2; i++) {
    u8 b = bytes[i];
    bytes[i] = bytes[length - 1 - i];
    bytes[length - 1 - i] = b;
  }
  *r = (list){bytes, length};
  return r;
}
DONE("work", "reverse-bytes", reverse_bytes)

WORK("reverse-strings") list *reverse_strings(list *strings, u32 length) {
  list *r = NEW(list), *reversed = allocate(length * sizeof(list), 4);
  for (u32 i = 0; i < length; i++) reversed[length - 1 - i] = strings[i];
  *r = (list){reversed, length};
  return r;
}
DONE("work", "reverse-strings", reverse_strings)

WORK("next-color") u32 next_color(u32 color) { return (color + 1) % 3; }

WORK("invert") u32 invert(u32 perms) { return ~perms; } // the bits that are none are ignored

WORK("area") struct area { u8 failed; union { f64 area; list error; }; } *area(u32 which, u64 a, u64 b) {
  struct area *r = NEW(struct area);
  union { u64 word; f64 number; } x = {a}, y = {b};
  r->failed = 0;
  r->area = 0;
  switch (which) {
  case 0: r->area = 3.141592653589793 * x.number * x.number; break;
  case 1: r->area = x.number * y.number; break;
  case 2: r->failed = 1; r->error = (list){(void *)(u32)a, b}; break;
  case 3: {
    const point *p = (void *)(u32)a;
    u32 length = b;
    f64 twice = 0;
    for (u32 i = 0; i < length; i++) {
      const point *q = &p[i + 1 == length ? 0 : i + 1];
      twice += (f64)p[i].x * q->y - (f64)q->x * p[i].y;
    }
    r->area = __builtin_fabs(twice) / 2;
  }
  }
  return r;
}
DONE("work", "area", area)

WORK("maybe") option_option *maybe(u32 has, u32 v) { // none, some(none) of 0, some(some(v+1))
  option_option *r = NEW(option_option);
  r->has = has;
  r->inner.has = v != 0;
  r->inner.v = v + 1;
  return r;
}
DONE("work", "maybe", maybe)

WORK("div") struct div { u8 failed; union { s32 v; list error; }; } *div(s32 a, s32 b) {
  struct div *r = NEW(struct div);
  r->failed = b == 0;
  if (b == 0) r->error = text("division by zero");
  else r->v = b == -1 ? (s32)-(u32)a : a / b;
  return r;
}
DONE("work", "div", div)

WORK("check") u32 check(u32 ok) { return !ok; }

WORK("birthday") person *birthday(void *name, u32 name_length, u32 age, u32 has, void *email, u32 email_length,
                                  void *tags, u32 tags_length, s32 x, s32 y) {
  person *r = NEW(person);
  r->name = (list){name, name_length};
  r->age = age + 1;
  r->has = has;
  r->email = (list){email, email_length};
  r->tags = (list){tags, tags_length};
  r->place = (point){x, y};
  return r;
}
DONE("work", "birthday", birthday)

WORK("middle") struct middle { u8 has; point v; } *middle(const point *points, u32 length) {
  struct middle *r = NEW(struct middle);
  s64 x = 0, y = 0;
  for (u32 i = 0; i < length; i++) x += points[i].x, y += points[i].y;
  r->has = length != 0;
  if (length) r->v = (point){x / (s64)length, y / (s64)length};
  return r;
}
DONE("work", "middle", middle)

WORK("bytes") list *bytes(u32 n) {
  list *r = NEW(list);
  u8 *at = allocate(n, 1);
  for (u32 i = 0; i < n; i++) at[i] = i;
  *r = (list){at, n};
  return r;
}
DONE("work", "bytes", bytes)

static list decimal(u32 n) {
  u8 digits[10];
  u32 length = 0;
  do digits[length++] = '0' + n % 10; while (n /= 10);
  u8 *at = allocate(length, 1);
  for (u32 i = 0; i < length; i++) at[i] = digits[length - 1 - i];
  return (list){at, length};
}

WORK("numbers") list *numbers(u32 n) {
  if (n > 1 << 24) __builtin_trap();
  list *r = NEW(list), *at = allocate(n * sizeof(list), 4);
  for (u32 i = 0; i < n; i++) at[i] = decimal(i);
  *r = (list){at, n};
  return r;
}
DONE("work", "numbers", numbers)

WORK("calls") u32 calls(void) {
  static u32 n;
  return ++n;
}

EXPORT("compute") s32 compute(s32 a, s32 b) { return (u32)a * (u32)b; }

EXPORT("greet") list *greet(const u8 *name, u32 length) {
  list *r = NEW(list);
  u8 *at = allocate(length + 8, 1);
  __builtin_memcpy(at, "hello, ", 7);
  __builtin_memcpy(at + 7, name, length);
  at[7 + length] = '!';
  *r = (list){at, length + 8};
  return r;
}
EXPORT("cabi_post_greet") void done_greet(void *r) { release(); }

#ifndef CORE

// The interface "counters". A representation is an index into a table.

#define COUNTERS "wippy:guest/counters@0.1.0"
#define INTRINSIC(name) IMPORT("[export]" COUNTERS, name)
INTRINSIC("[resource-new]counter") u32 counter_new(u32 rep);
INTRINSIC("[resource-rep]counter") u32 counter_rep(u32 handle);
INTRINSIC("[resource-drop]counter") void counter_drop(u32 handle);
INTRINSIC("[resource-new]label") u32 label_new(u32 rep);
INTRINSIC("[resource-rep]label") u32 label_rep(u32 handle);
#define COUNTER(name) EXPORT(IN("counters", name))

static struct { u8 used; s32 value; } counters[1 << 12];
static struct { u8 used; u8 length; u8 text[254]; } labels[1 << 8];
static u32 lives;

static u32 make(s32 value) {
  for (u32 i = 1; i < sizeof(counters) / sizeof(*counters); i++)
    if (!counters[i].used) {
      counters[i].used = 1;
      counters[i].value = value;
      lives++;
      return counter_new(i);
    }
  __builtin_trap();
}

// end gives the value of a counter that is owned, and drops it.
static s32 end(u32 handle) {
  s32 value = counters[counter_rep(handle)].value;
  counter_drop(handle);
  return value;
}

EXPORT(IN("counters", "[dtor]counter")) void counter_dtor(u32 rep) {
  if (!counters[rep].used) __builtin_trap();
  counters[rep].used = 0;
  lives--;
}

COUNTER("[constructor]counter") u32 counter(s32 start) { return make(start); }
COUNTER("[method]counter.add") s32 counter_add(u32 self, s32 by) {
  return counters[self].value = (u32)counters[self].value + by;
}
COUNTER("[method]counter.value") s32 counter_value(u32 self) { return counters[self].value; }

COUNTER("[static]counter.parse") struct parse { u8 failed; union { u32 counter; list error; }; } *counter_parse(u8 *s, u32 length) {
  struct parse *r = NEW(struct parse);
  u32 value = 0, negative = length && s[0] == '-';
  r->failed = length == negative;
  for (u32 i = negative; i < length; i++) {
    if (s[i] < '0' || s[i] > '9') r->failed = 1;
    value = value * 10 + s[i] - '0';
  }
  if (r->failed) r->error = (list){s, length}; // what is no number
  else r->counter = make(negative ? -value : value);
  return r;
}
DONE("counters", "[static]counter.parse", parse)

COUNTER("[static]counter.merge") u32 counter_merge(u32 a, u32 b) {
  u32 value = counters[b].value;
  return make(value + end(a));
}

EXPORT(IN("counters", "[dtor]label")) void label_dtor(u32 rep) {
  if (!labels[rep].used) __builtin_trap();
  labels[rep].used = 0;
  lives--;
}
COUNTER("[constructor]label") u32 label(u8 *s, u32 length) {
  if (length > sizeof(labels->text)) __builtin_trap();
  for (u32 i = 1; i < sizeof(labels) / sizeof(*labels); i++)
    if (!labels[i].used) {
      labels[i].used = 1;
      labels[i].length = length;
      __builtin_memcpy(labels[i].text, s, length);
      lives++;
      return label_new(i);
    }
  __builtin_trap();
}
EXPORT("cabi_post_" IN("counters", "[constructor]label")) void done_label(u32 handle) { release(); }
COUNTER("[method]label.text") list *label_text(u32 self) {
  list *r = NEW(list);
  *r = (list){labels[self].text, labels[self].length};
  return r;
}
DONE("counters", "[method]label.text", label_text)

COUNTER("peek") s32 peek(u32 c) { return counters[c].value; }
COUNTER("end") s32 end_one(u32 c) { return end(c); }

COUNTER("make") list *make_many(u32 n) {
  if (n > 1 << 12) __builtin_trap();
  list *r = NEW(list);
  u32 *at = allocate(n * sizeof(u32), 4);
  for (u32 i = 0; i < n; i++) at[i] = make(i);
  *r = (list){at, n};
  return r;
}
DONE("counters", "make", make)

COUNTER("total") s64 total(const u32 *cs, u32 length) {
  s64 r = 0;
  for (u32 i = 0; i < length; i++) r += counters[cs[i]].value;
  return r;
}
EXPORT("cabi_post_" IN("counters", "total")) void done_total(s64 r) { release(); }

COUNTER("end-all") s64 end_all(const u32 *cs, u32 length) {
  s64 r = 0;
  for (u32 i = 0; i < length; i++) r += end(cs[i]);
  return r;
}
EXPORT("cabi_post_" IN("counters", "end-all")) void done_end_all(s64 r) { release(); }

COUNTER("swap") struct swapped { u32 a, b; } *swap(u32 a, u32 b) {
  struct swapped *r = NEW(struct swapped);
  r->a = b;
  r->b = a;
  return r;
}
DONE("counters", "swap", swap)

COUNTER("maybe") option_u32 *maybe_counter(u32 has, u32 c) {
  option_u32 *r = NEW(option_u32);
  r->has = has;
  r->v = c;
  return r;
}
DONE("counters", "maybe", maybe_counter)

// Of two that are owned one comes back: an even counter, or the label.
IMPORT("[export]" COUNTERS, "[resource-drop]label") void label_drop(u32 handle);
COUNTER("tag") option_u32 *tag(u32 c, u32 l) {
  option_u32 *r = NEW(option_u32);
  r->has = counters[counter_rep(c)].value & 1;
  if (r->has) counter_drop(c), r->v = l;
  else label_drop(l), r->v = c;
  return r;
}
DONE("counters", "tag", tag)

COUNTER("live") u32 live(void) { return lives; }

// The interface "traps".

#define TRAP(name) EXPORT(IN("traps", name))

TRAP("unreachable") void unreachable(void) { __builtin_trap(); }
TRAP("divide") s32 divide(s32 a, s32 b) {
  s32 r;
  __asm__("local.get %1\n local.get %2\n i32.div_s\n local.set %0" : "=r"(r) : "r"(a), "r"(b));
  return r;
}
TRAP("remainder") s64 remainder(s64 a, s64 b) {
  s64 r;
  __asm__("local.get %1\n local.get %2\n i64.rem_s\n local.set %0" : "=r"(r) : "r"(a), "r"(b));
  return r;
}
TRAP("truncate") s32 truncate(f64 v) {
  s32 r;
  __asm__("local.get %1\n i32.trunc_f64_s\n local.set %0" : "=r"(r) : "r"(v));
  return r;
}
TRAP("load") u32 load(u32 address) { return *(volatile u8 *)address; }

static u32 one(void) { return 1; }
static u32 another(u32 v) { return v; }
TRAP("indirect") u32 indirect(u32 index) {
  // The linker's table begins with null, then has the functions whose addresses are taken.
  static u32 (*volatile first)(void) = one;
  static u32 (*volatile second)(u32) = another;
  u32 at = index == 0 ? (u32)first : index == 1 ? 0 : index == 2 ? (u32)second : index;
  return ((u32 (*)(void))at)();
}
// Nothing of it is on the stack that the compiler keeps in memory.
static volatile u32 depth;
static u32 deep(void) {
  depth++;
  u32 r = depth ? deep() : 0;
  depth--;
  return r + depth;
}
TRAP("recurse") void recurse(void) { deep(); }

TRAP("bad-bool") u32 bad_bool(u32 v) { return v; }
TRAP("bad-u8") u32 bad_u8(u32 v) { return v; }
TRAP("bad-s16") u32 bad_s16(u32 v) { return v; }
TRAP("bad-char") u32 bad_char(u32 v) { return v; }
TRAP("bad-color") u32 bad_color(u32 v) { return v; }
TRAP("bad-shape") shape *bad_shape(u32 v) {
  shape *r = NEW(shape);
  r->which = v;
  r->words[0] = r->words[1] = 0;
  return r;
}
DONE("traps", "bad-shape", bad_shape)
TRAP("bad-option") option_u32 *bad_option(u32 v) {
  option_u32 *r = NEW(option_u32);
  r->has = v;
  r->v = v;
  return r;
}
DONE("traps", "bad-option", bad_option)
TRAP("bad-result") option_u32 *bad_result(u32 v) { return bad_option(v); }
DONE("traps", "bad-result", bad_result)
TRAP("bad-address") u32 bad_address(u32 address) { return address; }
TRAP("bad-string") list *bad_string(void *address, u32 length) {
  list *r = NEW(list);
  *r = (list){address, length};
  return r;
}
DONE("traps", "bad-string", bad_string)
TRAP("bad-text") list *bad_text(void *address, u32 length) { return bad_string(address, length); }
DONE("traps", "bad-text", bad_text)
TRAP("bad-list") list *bad_list(void *address, u32 length) { return bad_string(address, length); }
DONE("traps", "bad-list", bad_list)
TRAP("bad-handle") u32 bad_handle(u32 handle) { return handle; }
TRAP("drop-handle") void drop_handle(u32 handle) { counter_drop(handle); }

static void leave(void) { make(0); }

static void commit(u32 kind) {
  switch (kind) {
  case 3: __builtin_trap();
  case 4: leave();
  }
}

TRAP("arm") void arm(u32 kind) { fault = kind; }
TRAP("take") u32 take(const u8 *s, u32 length) { return length; }
EXPORT("cabi_post_" IN("traps", "take")) void done_take(u32 r) { release(); }
TRAP("take-words") u32 take_words(const u32 *words, u32 length) { return length; }
EXPORT("cabi_post_" IN("traps", "take-words")) void done_take_words(u32 r) { release(); }

static u32 after;
TRAP("give") list *give(u32 kind) {
  list *r = NEW(list);
  after = kind;
  *r = text("given");
  return r;
}
EXPORT("cabi_post_" IN("traps", "give")) void done_give(void *r) {
  release();
  commit(after);
}

#endif
