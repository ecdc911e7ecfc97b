// The world "echoing". As a core module its functions have their bare names.
#include "guest.h"
#include "layout.h"

#ifdef CORE
#define IN(name) name
#else
#define IN(name) "wippy:guest/echoes@0.1.0#" name
#endif

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define ID(what) JOIN(what, __LINE__)

#define SCALAR(name, type) \
  EXPORT(IN(name)) type ID(echo)(type v) { return v; }
#define LIST(name) \
  EXPORT(IN(name)) list *ID(echo)(void *at, u32 length) { \
    list *r = NEW(list); r->at = at; r->length = length; return r; \
  } \
  EXPORT("cabi_post_" IN(name)) void ID(post)(void *r) { release(); }
#define FLAT(name, result, parameters, arguments, ...) \
  EXPORT(IN(name)) result *ID(echo)parameters { \
    result *r = NEW(result); __VA_ARGS__; return r; \
  } \
  EXPORT("cabi_post_" IN(name)) void ID(post)(void *r) { release(); }
#define SPILLED(name) \
  EXPORT(IN(name)) void *ID(echo)(void *v) { return v; } \
  EXPORT("cabi_post_" IN(name)) void ID(post)(void *r) { release(); }
#include "echoes.h"

EXPORT(IN("swallow")) void swallow(void *at, u32 length) {}
EXPORT("cabi_post_" IN("swallow")) void swallowed(void) { release(); }
EXPORT(IN("leftover")) u32 leftover(void) { return held(); }
