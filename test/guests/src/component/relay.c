// The world "relaying": every function calls the one of that name in another
// component.
#include "guest.h"
#include "layout.h"

#define IFACE "wippy:guest/echoes@0.1.0"
#define IN(name) IFACE "#" name
#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define ID(what) JOIN(what, __LINE__)
#define REST(...) __VA_ARGS__

#define SCALAR(name, type) \
  IMPORT(IFACE, name) type ID(other)(type v); \
  EXPORT(IN(name)) type ID(relay)(type v) { return ID(other)(v); }
#define LIST(name) \
  IMPORT(IFACE, name) void ID(other)(void *at, u32 length, list *r); \
  EXPORT(IN(name)) list *ID(relay)(void *at, u32 length) { \
    list *r = NEW(list); ID(other)(at, length, r); return r; \
  } \
  EXPORT("cabi_post_" IN(name)) void ID(post)(void *r) { release(); }
#define FLAT(name, result, parameters, arguments, ...) \
  IMPORT(IFACE, name) void ID(other)(REST parameters, result *r); \
  EXPORT(IN(name)) result *ID(relay)parameters { \
    result *r = NEW(result); ID(other)(REST arguments, r); return r; \
  } \
  EXPORT("cabi_post_" IN(name)) void ID(post)(void *r) { release(); }
#define SPILLED(name) \
  IMPORT(IFACE, name) void ID(other)(void *v, largest *r); \
  EXPORT(IN(name)) void *ID(relay)(void *v) { \
    largest *r = NEW(largest); ID(other)(v, r); return r; \
  } \
  EXPORT("cabi_post_" IN(name)) void ID(post)(void *r) { release(); }
#include "echoes.h"

IMPORT(IFACE, "swallow") void other_swallow(void *at, u32 length);
EXPORT(IN("swallow")) void swallow(void *at, u32 length) { other_swallow(at, length); }
EXPORT("cabi_post_" IN("swallow")) void swallowed(void) { release(); }
IMPORT(IFACE, "leftover") u32 other_leftover(void);
EXPORT(IN("leftover")) u32 leftover(void) { return held() + other_leftover(); }
