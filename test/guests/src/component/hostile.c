// The world "hostile": it gives the host, and another component, any bytes and
// any flat values as values of a type.
#include "guest.h"
#include "layout.h"

#define IN(name) "wippy:guest/raw@0.1.0#" name
#define ECHOES "wippy:guest/echoes@0.1.0"
#define DONE(name, id) EXPORT("cabi_post_" IN(name)) void done_##id(void *r) { release(); }

// moved gives the bytes where any type may lie, and as many as any type has.
static void *moved(void *memory, u32 length) {
  u8 *at = allocate(length + sizeof(largest), 8);
  __builtin_memcpy(at, memory, length);
  __builtin_memset(at + length, 0, sizeof(largest));
  return at;
}

// A result that lies in memory.
#define MEMORY(id, name) \
  EXPORT(IN(name)) void *id(void *memory, u32 length) { return moved(memory, length); } \
  DONE(name, id)
MEMORY(memory_mixed, "memory-mixed")
MEMORY(memory_person, "memory-person")
MEMORY(memory_shape, "memory-shape")
MEMORY(memory_number, "memory-number")
MEMORY(memory_huge, "memory-huge")
MEMORY(memory_options, "memory-options")
MEMORY(memory_deep, "memory-deep")
MEMORY(memory_result, "memory-result")
MEMORY(memory_sixteen, "memory-sixteen")

// The elements of a list, as many as are asked for.
#define ELEMENTS(id, name) \
  EXPORT(IN(name)) list *id(void *memory, u32 length, u32 count) { \
    list *r = NEW(list); \
    *r = (list){moved(memory, length), count}; \
    return r; \
  } \
  DONE(name, id)
ELEMENTS(elements_bool, "elements-bool")
ELEMENTS(elements_char, "elements-char")
ELEMENTS(elements_f32, "elements-f32")
ELEMENTS(elements_wide, "elements-wide")
ELEMENTS(elements_many, "elements-many")
ELEMENTS(elements_string, "elements-string")
ELEMENTS(elements_list, "elements-list")
ELEMENTS(elements_mixed, "elements-mixed")
ELEMENTS(elements_person, "elements-person")
ELEMENTS(elements_shape, "elements-shape")
ELEMENTS(elements_number, "elements-number")
ELEMENTS(elements_result, "elements-result")

// Arguments of an import: flat ones, and one in memory.
#define FLAT1(id, name, import, type) \
  IMPORT(ECHOES, import) type echo_##id(type v); \
  EXPORT(IN(name)) type id(type v) { return echo_##id(v); }
#define FLAT(id, name, import, result, parameters, arguments) \
  IMPORT(ECHOES, import) void echo_##id(REST parameters, result *r); \
  EXPORT(IN(name)) result *id parameters { \
    result *r = NEW(result); \
    echo_##id(REST arguments, r); \
    return r; \
  } \
  DONE(name, id)
#define REST(...) __VA_ARGS__
FLAT1(flat_bool, "flat-bool", "echo-bool", u32)
FLAT1(flat_u8, "flat-u8", "echo-u8", u32)
FLAT1(flat_s16, "flat-s16", "echo-s16", u32)
FLAT1(flat_char, "flat-char", "echo-char", u32)
FLAT1(flat_wide, "flat-wide", "echo-wide", u32)
FLAT1(flat_many, "flat-many", "echo-many", u32)
FLAT1(flat_result, "flat-result", "echo-result", u32)
FLAT(flat_string, "flat-string", "echo-string", list, (u32 at, u32 length), (at, length))
FLAT(flat_list, "flat-list", "echo-list-u64", list, (u32 at, u32 length), (at, length))
FLAT(flat_strings, "flat-strings", "echo-list-string", list, (u32 at, u32 length), (at, length))
FLAT(flat_shape, "flat-shape", "echo-shape", shape, (u32 which, u64 a, u64 b), (which, a, b))
FLAT(flat_number, "flat-number", "echo-number", number, (u32 which, u64 a, f32 b), (which, a, b))
FLAT(flat_deep, "flat-deep", "echo-option-deep", four, (u32 a, u32 b, u32 c, u32 d), (a, b, c, d))
FLAT(flat_result_i64, "flat-result-i64", "echo-result-i64", wide, (u32 a, u64 b), (a, b))
FLAT(flat_result_i32, "flat-result-i32", "echo-result-i32", option_u32, (u32 a, u32 b), (a, b))
FLAT(flat_result_option, "flat-result-option", "echo-result-option", result_option, (u32 a, u32 b, u32 c, u32 d), (a, b, c, d))
FLAT(flat_tuple, "flat-tuple", "echo-tuple", tuple, (u32 a, s64 b, f32 c, u32 d), (a, b, c, d))

IMPORT(ECHOES, "echo-huge") void echo_huge(void *v, largest *r);
EXPORT(IN("spilled-huge")) largest *spilled_huge(void *memory, u32 length) {
  void *v = moved(memory, length);
  largest *r = NEW(largest);
  echo_huge(v, r);
  return r;
}
DONE("spilled-huge", spilled_huge)
IMPORT(ECHOES, "echo-seventeen") void echo_seventeen(void *v, largest *r);
EXPORT(IN("spilled-seventeen")) largest *spilled_seventeen(void *memory, u32 length) {
  void *v = moved(memory, length);
  largest *r = NEW(largest);
  echo_seventeen(v, r);
  return r;
}
DONE("spilled-seventeen", spilled_seventeen)
// Where an argument, and where the result, is to be found.
EXPORT(IN("spilled-at")) largest *spilled_at(u32 argument, u32 result) {
  echo_seventeen((void *)argument, (void *)result);
  largest *r = NEW(largest);
  __builtin_memset(r, 0, sizeof(*r));
  return r;
}
DONE("spilled-at", spilled_at)
