// The types of guest.wit as they lie in memory.

typedef struct { s32 x, y; } point;
typedef struct { u8 a; u8 b; s8 c; u16 d; s16 e; u32 f; s32 g; u64 h; s64 i; f32 j; f64 k; u32 l; list m; } mixed;
typedef struct { list name; u8 age; u8 has __attribute__((aligned(4))); list email; list tags; point place; } person;
typedef struct { u8 which; union { u64 words[2]; f64 floats[2]; list list; }; } shape;
typedef struct { u8 which; union { u64 word; struct { u8 first; f32 second; } pair; }; } number;
typedef struct { u8 has; u32 v; } option_u32;
typedef struct { u8 has; f64 v; } option_f64;
typedef struct { u8 has; list v; } option_string;
typedef struct { u8 has; option_u32 inner; } option_option;
typedef struct { u8 a, b, c, d; } four;
typedef struct { u8 a, b; } two;
typedef struct { u8 which; u64 word; } wide;
typedef struct { u8 failed; union { u32 word; } v; u32 length; } result_list;
typedef struct { u8 failed; union { struct { u8 has; u16 v; } number; option_string text; }; } result_option;
typedef struct { list s; u32 n; } pair;
typedef struct { u8 a; s64 b; f32 c; u8 d; } tuple;
typedef struct { u8 a, b; option_string text; } options;
typedef struct { list a, b; } strings;
typedef struct { u8 a; s64 b; f32 c; f64 d; u16 e; u64 f; f32 g; f64 h; s8 i; s64 j; u8 k; u32 l; s16 m; u32 n; list o; } sixteen;
// 168 bytes are more than any of "seventeen" and "huge" has.
typedef struct { u64 words[32]; } largest;
