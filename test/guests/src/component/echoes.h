// The functions of the interface "echoes", by how the canonical ABI passes them.
// Who includes it defines
//
//   SCALAR(name, type)            one flat value in and out
//   LIST(name)                    a string or list
//   SPILLED(name)                 in memory
//   FLAT(name, result, (parameters), (arguments), assignments)
//                                 flat values in, a struct r out

SCALAR("echo-bool", u32)
SCALAR("echo-s8", u32)
SCALAR("echo-u8", u32)
SCALAR("echo-s16", u32)
SCALAR("echo-u16", u32)
SCALAR("echo-s32", u32)
SCALAR("echo-u32", u32)
SCALAR("echo-s64", u64)
SCALAR("echo-u64", u64)
SCALAR("echo-f32", f32)
SCALAR("echo-f64", f64)
SCALAR("echo-char", u32)
SCALAR("echo-color", u32)
SCALAR("echo-wide", u32)
SCALAR("echo-perms", u32)
SCALAR("echo-many", u32)
SCALAR("echo-most", u32)
SCALAR("echo-tuple-one", u32)
SCALAR("echo-result", u32)

LIST("echo-string")
LIST("echo-bytes")
LIST("echo-list-bool")
LIST("echo-list-s8")
LIST("echo-list-u16")
LIST("echo-list-s16")
LIST("echo-list-u32")
LIST("echo-list-s32")
LIST("echo-list-u64")
LIST("echo-list-s64")
LIST("echo-list-f32")
LIST("echo-list-f64")
LIST("echo-list-char")
LIST("echo-list-color")
LIST("echo-list-wide")
LIST("echo-list-perms")
LIST("echo-list-many")
LIST("echo-list-most")
LIST("echo-list-string")
LIST("echo-list-list")
LIST("echo-list-point")
LIST("echo-list-mixed")
LIST("echo-list-person")
LIST("echo-list-shape")
LIST("echo-list-number")
LIST("echo-list-option")
LIST("echo-list-option-option")
LIST("echo-list-result")
LIST("echo-list-tuple")
LIST("echo-list-pair")
LIST("echo-list-huge")

FLAT("echo-point", point, (s32 x, s32 y), (x, y), r->x = x; r->y = y)
FLAT("echo-mixed", mixed,
     (u32 a, u32 b, s32 c, u32 d, s32 e, u32 f, s32 g, u64 h, s64 i, f32 j, f64 k, u32 l, void *m, u32 n),
     (a, b, c, d, e, f, g, h, i, j, k, l, m, n),
     r->a = a; r->b = b; r->c = c; r->d = d; r->e = e; r->f = f; r->g = g; r->h = h; r->i = i; r->j = j; r->k = k;
     r->l = l; r->m.at = m; r->m.length = n)
FLAT("echo-person", person,
     (void *name, u32 name_length, u32 age, u32 has, void *email, u32 email_length, void *tags, u32 tags_length, s32 x, s32 y),
     (name, name_length, age, has, email, email_length, tags, tags_length, x, y),
     r->name.at = name; r->name.length = name_length; r->age = age; r->has = has; r->email.at = email;
     r->email.length = email_length; r->tags.at = tags; r->tags.length = tags_length; r->place.x = x; r->place.y = y)
FLAT("echo-shape", shape, (u32 which, u64 a, u64 b), (which, a, b),
     r->which = which;
     switch (which) {
     case 0: case 1: r->words[0] = a; r->words[1] = b; break;
     default: r->list.at = (void *)(u32)a; r->list.length = b;
     })
FLAT("echo-number", number, (u32 which, u64 a, f32 b), (which, a, b),
     r->which = which; r->word = a; if (which == 8) r->pair.second = b)
FLAT("echo-option-u32", option_u32, (u32 has, u32 v), (has, v), r->has = has; r->v = v)
FLAT("echo-option-f64", option_f64, (u32 has, f64 v), (has, v), r->has = has; r->v = v)
FLAT("echo-option-string", option_string, (u32 has, void *at, u32 length), (has, at, length),
     r->has = has; r->v.at = at; r->v.length = length)
FLAT("echo-option-option", option_option, (u32 has, u32 inner, u32 v), (has, inner, v),
     r->has = has; r->inner.has = inner; r->inner.v = v)
FLAT("echo-option-deep", four, (u32 a, u32 b, u32 c, u32 d), (a, b, c, d), r->a = a; r->b = b; r->c = c; r->d = d)
FLAT("echo-option-result", two, (u32 a, u32 b), (a, b), r->a = a; r->b = b)
FLAT("echo-result-ok", option_u32, (u32 failed, u32 v), (failed, v), r->has = failed; r->v = v)
FLAT("echo-result-error", option_string, (u32 failed, void *at, u32 length), (failed, at, length),
     r->has = failed; r->v.at = at; r->v.length = length)
FLAT("echo-result-i64", wide, (u32 failed, u64 v), (failed, v), r->which = failed; r->word = v)
FLAT("echo-result-floats", wide, (u32 failed, u64 v), (failed, v), r->which = failed; r->word = v)
FLAT("echo-result-i32", option_u32, (u32 failed, u32 v), (failed, v), r->has = failed; r->v = v)
FLAT("echo-result-list", result_list, (u32 failed, u32 at, u32 length), (failed, at, length),
     r->failed = failed; r->v.word = at; r->length = length)
FLAT("echo-result-option", result_option, (u32 failed, u32 has, u32 at, u32 length), (failed, has, at, length),
     r->failed = failed;
     if (failed) { r->text.has = has; r->text.v.at = (void *)at; r->text.v.length = length; }
     else { r->number.has = has; r->number.v = at; })
FLAT("echo-pair", pair, (void *at, u32 length, u32 n), (at, length, n), r->s.at = at; r->s.length = length; r->n = n)
FLAT("echo-tuple", tuple, (u32 a, s64 b, f32 c, u32 d), (a, b, c, d), r->a = a; r->b = b; r->c = c; r->d = d)
FLAT("echo-options", options, (u32 a, u32 b, u32 has, void *at, u32 length), (a, b, has, at, length),
     r->a = a; r->b = b; r->text.has = has; r->text.v.at = at; r->text.v.length = length)
FLAT("echo-strings", strings, (void *a, u32 as, void *b, u32 bs), (a, as, b, bs),
     r->a.at = a; r->a.length = as; r->b.at = b; r->b.length = bs)
FLAT("echo-sixteen", sixteen,
     (u32 a, s64 b, f32 c, f64 d, u32 e, u64 f, f32 g, f64 h, s32 i, s64 j, u32 k, u32 l, s32 m, u32 n, void *o, u32 p),
     (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p),
     r->a = a; r->b = b; r->c = c; r->d = d; r->e = e; r->f = f; r->g = g; r->h = h; r->i = i; r->j = j; r->k = k;
     r->l = l; r->m = m; r->n = n; r->o.at = o; r->o.length = p)

SPILLED("echo-seventeen")
SPILLED("echo-huge")
