// The world "calling": it uses resources of another component. With OWNED it
// lends none: wasmtime 44, as Go's module has it, cannot compile that.
#include "guest.h"
#include "layout.h"

#define COUNTERS "wippy:guest/counters@0.1.0"
IMPORT(COUNTERS, "[constructor]counter") u32 counter(s32 start);
IMPORT(COUNTERS, "[resource-drop]counter") void drop(u32 c);
IMPORT(COUNTERS, "end") s32 end(u32 c);
#ifdef OWNED
static s32 add(u32 c, s32 by) { return 0; }
static s32 value(u32 c) { return 0; }
#else
IMPORT(COUNTERS, "[method]counter.add") s32 add(u32 c, s32 by);
IMPORT(COUNTERS, "[method]counter.value") s32 value(u32 c);
#endif
IMPORT(COUNTERS, "live") u32 lives(void);
#define IN(name) "wippy:guest/calls@0.1.0#" name

EXPORT(IN("use-one")) s32 use_one(s32 start, const s32 *by, u32 length) {
  u32 c = counter(start);
  for (u32 i = 0; i < length; i++) add(c, by[i]);
  s32 r = value(c);
  drop(c);
  return r;
}
EXPORT("cabi_post_" IN("use-one")) void done_use_one(s32 r) { release(); }

EXPORT(IN("get")) u32 get(s32 start) { return counter(start); }

// What is borrowed is dropped before the call ends.
EXPORT(IN("look")) s32 look(u32 c) {
  s32 r = value(c);
  drop(c);
  return r;
}

static u32 has, kept;
EXPORT(IN("keep")) option_u32 *keep(u32 c) {
  option_u32 *r = NEW(option_u32);
  r->has = has;
  r->v = kept;
  has = 1;
  kept = c;
  return r;
}
EXPORT("cabi_post_" IN("keep")) void done_keep(void *r) { release(); }

EXPORT(IN("forget")) void forget(void) {
  if (has) drop(kept);
  has = 0;
}

EXPORT(IN("drop-twice")) void drop_twice(u32 c) {
  drop(c);
  drop(c);
}

EXPORT(IN("end-lent")) s32 end_lent(u32 c) { return end(c); }

EXPORT(IN("live")) u32 live(void) { return lives(); }
