// What peer.go calls: wasmtime's component API behind a few functions that take
// and give values and types as bytes (see value.Encode). None may be called on
// an instance by two threads at once.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A buffer that grows. Who gets one frees data.
typedef struct {
  uint8_t *data;
  size_t size, room;
} peer_buffer;

typedef struct peer_component peer_component;
typedef struct peer_instance peer_instance;

// Each gives NULL, or false, and a message in error.
peer_component *peer_load(const uint8_t *binary, size_t size, peer_buffer *error);
peer_instance *peer_start(peer_component *component, peer_buffer *error);

// peer_exports lists the functions: pairs of interface, "" for none, and name.
void peer_exports(peer_component *component, peer_buffer *out);
// peer_type gives the number of a function, -1 for none, and its type: the
// number of parameters, each with name and type, a byte for a result, its type.
int peer_type(peer_instance *instance, const char *interface, size_t interface_size,
              const char *name, size_t name_size, peer_buffer *out);
// peer_call calls a function: args are values, out is the result if there is one.
bool peer_call(peer_instance *instance, int function, const uint8_t *args, size_t size, size_t count,
               peer_buffer *out, peer_buffer *error);
// peer_drop drops the resource of a number that a result had.
bool peer_drop(peer_instance *instance, uint32_t resource, peer_buffer *error);

void peer_stop(peer_instance *instance);
void peer_unload(peer_component *component);
