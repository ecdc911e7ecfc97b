// What guests in C share: names of types, and the memory that a call uses.
// All of it is given back at once, after the call: by the post-return function.

typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;
typedef short s16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;
typedef float f32;
typedef double f64;

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

// What a string or a list is in memory.
typedef struct { void *at; u32 length; } list;

extern u8 __heap_base;
static u8 *top = &__heap_base;
#ifdef FAULTS
static u32 fault; // of the interface "traps"
static void leave(void);
#endif

// allocate gives memory for a call.
static void *allocate(u32 size, u32 align) {
  u8 *at = (u8 *)(((u32)top + align - 1) & -align);
  if (at + size < at) __builtin_trap();
  top = at + size;
  while ((u64)(u32)top > (u64)__builtin_wasm_memory_size(0) << 16)
    if (__builtin_wasm_memory_grow(0, (size >> 16) + 1) == -1u) __builtin_trap();
  return at;
}

EXPORT("cabi_realloc") void *cabi_realloc(u8 *old, u32 had, u32 align, u32 size) {
#ifdef FAULTS
  u32 f = fault;
  fault = 0;
  switch (f) {
  case 1: return (void *)(__builtin_wasm_memory_size(0) << 16);
  case 2: return (u8 *)allocate(size + align, align) + 1;
  case 3: __builtin_trap();
  case 4: leave();
  }
#endif
  if (had && old + had == top) { // the latest: it grows where it is
    top = old;
    if (old == allocate(size, align)) return old;
  }
  void *at = allocate(size, align);
  if (had) __builtin_memcpy(at, old, had < size ? had : size);
  return at;
}

// held tells how much memory is not given back.
static inline u32 held(void) { return top - &__heap_base; }

static void release(void) { top = &__heap_base; }

// NEW makes a value in memory.
#define NEW(type) ((type *)allocate(sizeof(type), _Alignof(type)))
