#include "peer.h"

#include <stdlib.h>
#include <string.h>
#include <wasmtime.h>
#include <wasmtime/component.h>

struct peer_component {
  wasmtime_component_t *component;
};

struct peer_instance {
  peer_component *of;
  wasmtime_store_t *store;
  wasmtime_component_linker_t *linker;
  wasmtime_component_instance_t instance;
  wasmtime_component_func_t *functions;
  int function_count;
  wasmtime_component_resource_any_t **resources; // NULL once dropped
  uint32_t resource_count;
  wasmtime_component_resource_type_t **types; // of resources, in the order met
  uint32_t type_count;
};

// The bytes.

static void put(peer_buffer *b, const void *data, size_t size) {
  if (b->size + size > b->room) {
    b->room = (b->size + size) * 2;
    b->data = realloc(b->data, b->room);
  }
  if (size) memcpy(b->data + b->size, data, size);
  b->size += size;
}
static void put8(peer_buffer *b, uint8_t v) { put(b, &v, 1); }
static void put32(peer_buffer *b, uint32_t v) { put(b, &v, 4); }
static void put64(peer_buffer *b, uint64_t v) { put(b, &v, 8); }
static void put_text(peer_buffer *b, const char *data, size_t size) {
  put32(b, size);
  put(b, data, size);
}

typedef struct {
  const uint8_t *at;
} source;
static void get(source *s, void *data, size_t size) {
  memcpy(data, s->at, size);
  s->at += size;
}
static uint8_t get8(source *s) { return *s->at++; }
static uint32_t get32(source *s) { uint32_t v; get(s, &v, 4); return v; }
static uint64_t get64(source *s) { uint64_t v; get(s, &v, 8); return v; }
static void get_text(source *s, wasm_name_t *name) {
  uint32_t size = get32(s);
  wasm_name_new(name, size, (const char *)s->at);
  s->at += size;
}

// report takes an error, and tells whether there was none.
static bool report(wasmtime_error_t *e, peer_buffer *out) {
  if (!e) return true;
  wasm_name_t message;
  wasmtime_error_message(e, &message);
  put(out, message.data, message.size);
  wasm_name_delete(&message);
  wasmtime_error_delete(e);
  return false;
}

// most_fuel ends what does not end by itself.
static const uint64_t most_fuel = 1 << 28;

static wasm_engine_t *engine(void) {
  static wasm_engine_t *only;
  if (!only) {
    wasm_config_t *c = wasm_config_new();
    wasmtime_config_wasm_component_model_set(c, true);
    wasmtime_config_consume_fuel_set(c, true);
    only = wasm_engine_new_with_config(c);
  }
  return only;
}

peer_component *peer_load(const uint8_t *binary, size_t size, peer_buffer *error) {
  peer_component *c = calloc(1, sizeof(*c));
  if (report(wasmtime_component_new(engine(), binary, size, &c->component), error)) return c;
  free(c);
  return NULL;
}

void peer_unload(peer_component *c) {
  wasmtime_component_delete(c->component);
  free(c);
}

// What the component imports.

// echo is what every imported function does: it gives its argument back, several
// as a tuple, zero for none.
static wasmtime_error_t *echo(void *data, wasmtime_context_t *context, const wasmtime_component_func_type_t *type,
                              wasmtime_component_val_t *args, size_t count,
                              wasmtime_component_val_t *results, size_t result_count) {
  if (result_count == 0) return NULL;
  switch (count) {
  case 0:
    results->kind = WASMTIME_COMPONENT_U32;
    results->of.u32 = 0;
    return NULL;
  case 1:
    wasmtime_component_val_clone(args, results);
    return NULL;
  }
  results->kind = WASMTIME_COMPONENT_TUPLE;
  wasmtime_component_valtuple_new_uninit(&results->of.tuple, count);
  for (size_t i = 0; i < count; i++) wasmtime_component_val_clone(&args[i], &results->of.tuple.data[i]);
  return NULL;
}

// drop is what dropping an imported resource does, of which there is none.
static wasmtime_error_t *drop(void *data, wasmtime_context_t *context, uint32_t rep) { return NULL; }

static bool provide(peer_instance *i, peer_buffer *error) {
  bool ok = true;
  wasmtime_component_type_t *type = wasmtime_component_type(i->of->component);
  size_t count = wasmtime_component_type_import_count(type, engine());
  for (size_t n = 0; ok && n < count; n++) {
    const char *name, *inner;
    size_t size, inner_size;
    wasmtime_component_item_t item, func;
    if (!wasmtime_component_type_import_nth(type, engine(), n, &name, &size, &item)) continue;
    wasmtime_component_linker_instance_t *root = wasmtime_component_linker_root(i->linker);
    if (item.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC)
      ok = report(wasmtime_component_linker_instance_add_func(root, name, size, echo, NULL, NULL), error);
    if (item.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_INSTANCE) {
      wasmtime_component_linker_instance_t *instance = NULL;
      ok = report(wasmtime_component_linker_instance_add_instance(root, name, size, &instance), error);
      size_t funcs = ok ? wasmtime_component_instance_type_export_count(item.of.component_instance, engine()) : 0;
      for (size_t m = 0; ok && m < funcs; m++) {
        if (!wasmtime_component_instance_type_export_nth(item.of.component_instance, engine(), m, &inner, &inner_size, &func)) continue;
        if (func.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC)
          ok = report(wasmtime_component_linker_instance_add_func(instance, inner, inner_size, echo, NULL, NULL), error);
        if (func.kind == WASMTIME_COMPONENT_ITEM_RESOURCE) {
          wasmtime_component_resource_type_t *host = wasmtime_component_resource_type_new_host(m);
          ok = report(wasmtime_component_linker_instance_add_resource(instance, inner, inner_size, host, drop, NULL, NULL), error);
          wasmtime_component_resource_type_delete(host);
        }
        wasmtime_component_item_delete(&func);
      }
      if (instance) wasmtime_component_linker_instance_delete(instance);
    }
    wasmtime_component_linker_instance_delete(root);
    wasmtime_component_item_delete(&item);
  }
  wasmtime_component_type_delete(type);
  return ok;
}

peer_instance *peer_start(peer_component *of, peer_buffer *error) {
  peer_instance *i = calloc(1, sizeof(*i));
  i->of = of;
  i->store = wasmtime_store_new(engine(), NULL, NULL);
  i->linker = wasmtime_component_linker_new(engine());
  wasmtime_context_t *context = wasmtime_store_context(i->store);
  if (report(wasmtime_context_set_fuel(context, most_fuel), error) && provide(i, error) &&
      report(wasmtime_component_linker_instantiate(i->linker, context, of->component, &i->instance), error))
    return i;
  peer_stop(i);
  return NULL;
}

void peer_stop(peer_instance *i) {
  for (uint32_t n = 0; n < i->resource_count; n++)
    if (i->resources[n]) wasmtime_component_resource_any_delete(i->resources[n]);
  for (uint32_t n = 0; n < i->type_count; n++) wasmtime_component_resource_type_delete(i->types[n]);
  free(i->resources);
  free(i->types);
  free(i->functions);
  wasmtime_component_linker_delete(i->linker);
  wasmtime_store_delete(i->store);
  free(i);
}

// What it exports.

void peer_exports(peer_component *c, peer_buffer *out) {
  wasmtime_component_type_t *type = wasmtime_component_type(c->component);
  size_t count = wasmtime_component_type_export_count(type, engine());
  for (size_t n = 0; n < count; n++) {
    const char *name, *inner;
    size_t size, inner_size;
    wasmtime_component_item_t item, func;
    if (!wasmtime_component_type_export_nth(type, engine(), n, &name, &size, &item)) continue;
    if (item.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC) {
      put_text(out, "", 0);
      put_text(out, name, size);
    }
    if (item.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_INSTANCE) {
      size_t funcs = wasmtime_component_instance_type_export_count(item.of.component_instance, engine());
      for (size_t m = 0; m < funcs; m++) {
        if (!wasmtime_component_instance_type_export_nth(item.of.component_instance, engine(), m, &inner, &inner_size, &func)) continue;
        if (func.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC) {
          put_text(out, name, size);
          put_text(out, inner, inner_size);
        }
        wasmtime_component_item_delete(&func);
      }
    }
    wasmtime_component_item_delete(&item);
  }
  wasmtime_component_type_delete(type);
}

// put_resource writes the number of a resource type.
static void put_resource(peer_instance *i, const wasmtime_component_resource_type_t *type, peer_buffer *out) {
  uint32_t n = 0;
  while (n < i->type_count && !wasmtime_component_resource_type_equal(i->types[n], type)) n++;
  if (n == i->type_count) {
    i->types = realloc(i->types, (n + 1) * sizeof(*i->types));
    i->types[i->type_count++] = wasmtime_component_resource_type_clone(type);
  }
  put32(out, n);
}

// put_type writes a type, and deletes it.
static void put_type(peer_instance *i, wasmtime_component_valtype_t *t, peer_buffer *out) {
  wasmtime_component_valtype_t inner;
  const char *name;
  size_t size, count;
  bool has;
  put8(out, t->kind);
  switch (t->kind) {
  case WASMTIME_COMPONENT_VALTYPE_LIST:
    wasmtime_component_list_type_element(t->of.list, &inner);
    put_type(i, &inner, out);
    break;
  case WASMTIME_COMPONENT_VALTYPE_RECORD:
    count = wasmtime_component_record_type_field_count(t->of.record);
    put32(out, count);
    for (size_t n = 0; n < count; n++) {
      wasmtime_component_record_type_field_nth(t->of.record, n, &name, &size, &inner);
      put_text(out, name, size);
      put_type(i, &inner, out);
    }
    break;
  case WASMTIME_COMPONENT_VALTYPE_TUPLE:
    count = wasmtime_component_tuple_type_types_count(t->of.tuple);
    put32(out, count);
    for (size_t n = 0; n < count; n++) {
      wasmtime_component_tuple_type_types_nth(t->of.tuple, n, &inner);
      put_type(i, &inner, out);
    }
    break;
  case WASMTIME_COMPONENT_VALTYPE_VARIANT:
    count = wasmtime_component_variant_type_case_count(t->of.variant);
    put32(out, count);
    for (size_t n = 0; n < count; n++) {
      wasmtime_component_variant_type_case_nth(t->of.variant, n, &name, &size, &has, &inner);
      put_text(out, name, size);
      put8(out, has);
      if (has) put_type(i, &inner, out);
    }
    break;
  case WASMTIME_COMPONENT_VALTYPE_ENUM:
    count = wasmtime_component_enum_type_names_count(t->of.enum_);
    put32(out, count);
    for (size_t n = 0; n < count; n++) {
      wasmtime_component_enum_type_names_nth(t->of.enum_, n, &name, &size);
      put_text(out, name, size);
    }
    break;
  case WASMTIME_COMPONENT_VALTYPE_FLAGS:
    count = wasmtime_component_flags_type_names_count(t->of.flags);
    put32(out, count);
    for (size_t n = 0; n < count; n++) {
      wasmtime_component_flags_type_names_nth(t->of.flags, n, &name, &size);
      put_text(out, name, size);
    }
    break;
  case WASMTIME_COMPONENT_VALTYPE_OPTION:
    wasmtime_component_option_type_ty(t->of.option, &inner);
    put_type(i, &inner, out);
    break;
  case WASMTIME_COMPONENT_VALTYPE_RESULT:
    has = wasmtime_component_result_type_ok(t->of.result, &inner);
    put8(out, has);
    if (has) put_type(i, &inner, out);
    has = wasmtime_component_result_type_err(t->of.result, &inner);
    put8(out, has);
    if (has) put_type(i, &inner, out);
    break;
  case WASMTIME_COMPONENT_VALTYPE_OWN:
    put_resource(i, t->of.own, out);
    break;
  case WASMTIME_COMPONENT_VALTYPE_BORROW:
    put_resource(i, t->of.borrow, out);
    break;
  }
  wasmtime_component_valtype_delete(t);
}

int peer_type(peer_instance *i, const char *interface, size_t interface_size, const char *name, size_t name_size, peer_buffer *out) {
  wasmtime_context_t *context = wasmtime_store_context(i->store);
  wasmtime_component_export_index_t *within = NULL, *index;
  if (interface_size) {
    within = wasmtime_component_get_export_index(i->of->component, NULL, interface, interface_size);
    if (!within) return -1;
  }
  index = wasmtime_component_get_export_index(i->of->component, within, name, name_size);
  if (within) wasmtime_component_export_index_delete(within);
  if (!index) return -1;
  wasmtime_component_func_t func;
  bool found = wasmtime_component_instance_get_func(&i->instance, context, index, &func);
  wasmtime_component_export_index_delete(index);
  if (!found) return -1;
  i->functions = realloc(i->functions, (i->function_count + 1) * sizeof(func));
  i->functions[i->function_count] = func;

  wasmtime_component_func_type_t *type = wasmtime_component_func_type(&func, context);
  wasmtime_component_valtype_t t;
  const char *param;
  size_t size, count = wasmtime_component_func_type_param_count(type);
  put32(out, count);
  for (size_t n = 0; n < count; n++) {
    wasmtime_component_func_type_param_nth(type, n, &param, &size, &t);
    put_text(out, param, size);
    put_type(i, &t, out);
  }
  bool result = wasmtime_component_func_type_result(type, &t);
  put8(out, result);
  if (result) put_type(i, &t, out);
  wasmtime_component_func_type_delete(type);
  return i->function_count++;
}

// Values.

static void get_value(peer_instance *i, source *s, wasmtime_component_val_t *v);

static wasmtime_component_val_t *get_payload(peer_instance *i, source *s) {
  if (!get8(s)) return NULL;
  wasmtime_component_val_t v;
  get_value(i, s, &v);
  return wasmtime_component_val_new(&v);
}

static void get_value(peer_instance *i, source *s, wasmtime_component_val_t *v) {
  uint32_t count;
  memset(v, 0, sizeof(*v));
  v->kind = get8(s);
  switch (v->kind) {
  case WASMTIME_COMPONENT_BOOL: v->of.boolean = get64(s); break;
  case WASMTIME_COMPONENT_S8: v->of.s8 = get64(s); break;
  case WASMTIME_COMPONENT_U8: v->of.u8 = get64(s); break;
  case WASMTIME_COMPONENT_S16: v->of.s16 = get64(s); break;
  case WASMTIME_COMPONENT_U16: v->of.u16 = get64(s); break;
  case WASMTIME_COMPONENT_S32: v->of.s32 = get64(s); break;
  case WASMTIME_COMPONENT_U32: v->of.u32 = get64(s); break;
  case WASMTIME_COMPONENT_S64: v->of.s64 = get64(s); break;
  case WASMTIME_COMPONENT_U64: v->of.u64 = get64(s); break;
  case WASMTIME_COMPONENT_F32: count = get64(s); memcpy(&v->of.f32, &count, 4); break;
  case WASMTIME_COMPONENT_F64: { uint64_t bits = get64(s); memcpy(&v->of.f64, &bits, 8); break; }
  case WASMTIME_COMPONENT_CHAR: v->of.character = get64(s); break;
  case WASMTIME_COMPONENT_STRING: get_text(s, &v->of.string); break;
  case WASMTIME_COMPONENT_ENUM: get_text(s, &v->of.enumeration); break;
  case WASMTIME_COMPONENT_LIST:
    count = get32(s);
    wasmtime_component_vallist_new_uninit(&v->of.list, count);
    for (uint32_t n = 0; n < count; n++) get_value(i, s, &v->of.list.data[n]);
    break;
  case WASMTIME_COMPONENT_TUPLE:
    count = get32(s);
    wasmtime_component_valtuple_new_uninit(&v->of.tuple, count);
    for (uint32_t n = 0; n < count; n++) get_value(i, s, &v->of.tuple.data[n]);
    break;
  case WASMTIME_COMPONENT_RECORD:
    count = get32(s);
    wasmtime_component_valrecord_new_uninit(&v->of.record, count);
    for (uint32_t n = 0; n < count; n++) {
      get_text(s, &v->of.record.data[n].name);
      get_value(i, s, &v->of.record.data[n].val);
    }
    break;
  case WASMTIME_COMPONENT_FLAGS:
    count = get32(s);
    wasmtime_component_valflags_new_uninit(&v->of.flags, count);
    for (uint32_t n = 0; n < count; n++) get_text(s, &v->of.flags.data[n]);
    break;
  case WASMTIME_COMPONENT_VARIANT:
    get_text(s, &v->of.variant.discriminant);
    v->of.variant.val = get_payload(i, s);
    break;
  case WASMTIME_COMPONENT_OPTION: v->of.option = get_payload(i, s); break;
  case WASMTIME_COMPONENT_RESULT:
    v->of.result.is_ok = get8(s);
    v->of.result.val = get_payload(i, s);
    break;
  case WASMTIME_COMPONENT_RESOURCE:
    v->of.resource = wasmtime_component_resource_any_clone(i->resources[get64(s)]);
    break;
  }
}

static void put_value(peer_instance *i, const wasmtime_component_val_t *v, peer_buffer *out);

static void put_payload(peer_instance *i, const wasmtime_component_val_t *v, peer_buffer *out) {
  put8(out, v != NULL);
  if (v) put_value(i, v, out);
}

static void put_value(peer_instance *i, const wasmtime_component_val_t *v, peer_buffer *out) {
  put8(out, v->kind);
  switch (v->kind) {
  case WASMTIME_COMPONENT_BOOL: put64(out, v->of.boolean); break;
  case WASMTIME_COMPONENT_S8: put64(out, (int64_t)v->of.s8); break;
  case WASMTIME_COMPONENT_U8: put64(out, v->of.u8); break;
  case WASMTIME_COMPONENT_S16: put64(out, (int64_t)v->of.s16); break;
  case WASMTIME_COMPONENT_U16: put64(out, v->of.u16); break;
  case WASMTIME_COMPONENT_S32: put64(out, (int64_t)v->of.s32); break;
  case WASMTIME_COMPONENT_U32: put64(out, v->of.u32); break;
  case WASMTIME_COMPONENT_S64: put64(out, v->of.s64); break;
  case WASMTIME_COMPONENT_U64: put64(out, v->of.u64); break;
  case WASMTIME_COMPONENT_F32: { uint32_t bits; memcpy(&bits, &v->of.f32, 4); put64(out, bits); break; }
  case WASMTIME_COMPONENT_F64: { uint64_t bits; memcpy(&bits, &v->of.f64, 8); put64(out, bits); break; }
  case WASMTIME_COMPONENT_CHAR: put64(out, v->of.character); break;
  case WASMTIME_COMPONENT_STRING: put_text(out, v->of.string.data, v->of.string.size); break;
  case WASMTIME_COMPONENT_ENUM: put_text(out, v->of.enumeration.data, v->of.enumeration.size); break;
  case WASMTIME_COMPONENT_LIST:
    put32(out, v->of.list.size);
    for (size_t n = 0; n < v->of.list.size; n++) put_value(i, &v->of.list.data[n], out);
    break;
  case WASMTIME_COMPONENT_TUPLE:
    put32(out, v->of.tuple.size);
    for (size_t n = 0; n < v->of.tuple.size; n++) put_value(i, &v->of.tuple.data[n], out);
    break;
  case WASMTIME_COMPONENT_RECORD:
    put32(out, v->of.record.size);
    for (size_t n = 0; n < v->of.record.size; n++) {
      put_text(out, v->of.record.data[n].name.data, v->of.record.data[n].name.size);
      put_value(i, &v->of.record.data[n].val, out);
    }
    break;
  case WASMTIME_COMPONENT_FLAGS:
    put32(out, v->of.flags.size);
    for (size_t n = 0; n < v->of.flags.size; n++) put_text(out, v->of.flags.data[n].data, v->of.flags.data[n].size);
    break;
  case WASMTIME_COMPONENT_VARIANT:
    put_text(out, v->of.variant.discriminant.data, v->of.variant.discriminant.size);
    put_payload(i, v->of.variant.val, out);
    break;
  case WASMTIME_COMPONENT_OPTION: put_payload(i, v->of.option, out); break;
  case WASMTIME_COMPONENT_RESULT:
    put8(out, v->of.result.is_ok);
    put_payload(i, v->of.result.val, out);
    break;
  case WASMTIME_COMPONENT_RESOURCE:
    i->resources = realloc(i->resources, (i->resource_count + 1) * sizeof(*i->resources));
    i->resources[i->resource_count] = wasmtime_component_resource_any_clone(v->of.resource);
    put64(out, i->resource_count++);
    break;
  }
}

bool peer_call(peer_instance *i, int function, const uint8_t *bytes, size_t size, size_t count, peer_buffer *out, peer_buffer *error) {
  wasmtime_context_t *context = wasmtime_store_context(i->store);
  wasmtime_component_func_t *func = &i->functions[function];
  wasmtime_component_val_t *args = calloc(count + 1, sizeof(*args)), result;
  source s = {bytes};
  for (size_t n = 0; n < count; n++) get_value(i, &s, &args[n]);
  wasmtime_component_func_type_t *type = wasmtime_component_func_type(func, context);
  wasmtime_component_valtype_t t;
  size_t results = wasmtime_component_func_type_result(type, &t);
  if (results) wasmtime_component_valtype_delete(&t);
  wasmtime_component_func_type_delete(type);
  memset(&result, 0, sizeof(result));
  bool ok = report(wasmtime_context_set_fuel(context, most_fuel), error) && report(wasmtime_component_func_call(func, context, args, count, &result, results), error);
  for (size_t n = 0; n < count; n++) wasmtime_component_val_delete(&args[n]);
  free(args);
  if (ok && results) {
    put_value(i, &result, out);
    wasmtime_component_val_delete(&result);
  }
  return ok;
}

bool peer_drop(peer_instance *i, uint32_t resource, peer_buffer *error) {
  return report(wasmtime_component_resource_any_drop(wasmtime_store_context(i->store), i->resources[resource]), error);
}
