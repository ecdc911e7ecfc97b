// Package peer runs components on wasmtime, through its C API: the second
// opinion. It wants cgo and wasmtime's headers, see ../run.
package peer

// #include <stdlib.h>
// #include "peer.h"
import "C"

import (
	"errors"
	"unsafe"

	_ "github.com/bytecodealliance/wasmtime-go/v44" // links the library

	"wippy/test/differential/value"
)

// Component is a component that was compiled. Whoever loaded it closes it, after
// its instances.
type Component struct{ c *C.peer_component }

// Export names a function that a component exports.
type Export struct {
	Interface string // "" for one that is exported by itself
	Name      string
}

// String gives the whole name.
func (e Export) String() string {
	if e.Interface == "" {
		return e.Name
	}
	return e.Interface + "#" + e.Name
}

// Load compiles a component.
func Load(binary []byte) (*Component, error) {
	var message C.peer_buffer
	c := C.peer_load((*C.uint8_t)(unsafe.SliceData(binary)), C.size_t(len(binary)), &message)
	if c == nil {
		return nil, failure(message)
	}
	return &Component{c}, nil
}

// Exports lists the functions.
func (c *Component) Exports() (list []Export) {
	var out C.peer_buffer
	C.peer_exports(c.c, &out)
	d := value.Decoder{Bytes: take(out)}
	for len(d.Bytes) > 0 {
		e := Export{Interface: d.Text()}
		e.Name = d.Text()
		list = append(list, e)
	}
	return list
}

// Close frees it.
func (c *Component) Close() { C.peer_unload(c.c) }

// Instance is a component that runs. What it imports echoes its arguments.
// One goroutine at a time uses it. After a call that failed it is only to be closed.
type Instance struct{ i *C.peer_instance }

// Func is a function of an instance.
type Func struct {
	Export
	Type     value.Func
	instance *Instance
	number   C.int
}

// Start makes an instance.
func (c *Component) Start() (*Instance, error) {
	var message C.peer_buffer
	i := C.peer_start(c.c, &message)
	if i == nil {
		return nil, failure(message)
	}
	return &Instance{i}, nil
}

// Func finds a function.
func (i *Instance) Func(e Export) (*Func, error) {
	var out C.peer_buffer
	iface, name := []byte(e.Interface), []byte(e.Name)
	number := C.peer_type(i.i, text(iface), C.size_t(len(iface)), text(name), C.size_t(len(name)), &out)
	b := take(out)
	if number < 0 {
		return nil, errors.New("there is no function " + e.String())
	}
	d := value.Decoder{Bytes: b}
	return &Func{e, d.Func(), i, number}, nil
}

func text(b []byte) *C.char { return (*C.char)(unsafe.Pointer(unsafe.SliceData(b))) }

// Call calls it. The result is nil where there is none. A resource in it is a
// number, which only the instance knows.
func (f *Func) Call(args []value.Value) (*value.Value, error) {
	var b []byte
	for _, a := range args {
		b = value.Encode(b, a)
	}
	var out, message C.peer_buffer
	ok := C.peer_call(f.instance.i, f.number, (*C.uint8_t)(unsafe.SliceData(b)), C.size_t(len(b)), C.size_t(len(args)), &out, &message)
	result := take(out)
	if !ok {
		return nil, failure(message)
	}
	if len(result) == 0 {
		return nil, nil
	}
	d := value.Decoder{Bytes: result}
	v := d.Value()
	return &v, nil
}

// Drop drops a resource, as its owner does.
func (i *Instance) Drop(resource uint64) error {
	var message C.peer_buffer
	if !C.peer_drop(i.i, C.uint32_t(resource), &message) {
		return failure(message)
	}
	return nil
}

// Close frees it.
func (i *Instance) Close() { C.peer_stop(i.i) }

// take copies a buffer and frees it.
func take(b C.peer_buffer) []byte {
	defer C.free(unsafe.Pointer(b.data))
	return C.GoBytes(unsafe.Pointer(b.data), C.int(b.size))
}

func failure(message C.peer_buffer) error { return errors.New(string(take(message))) }
