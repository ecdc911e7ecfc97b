package canon

import (
	"context"

	"wippy/mailbox"
)

// ResourceType is a resource type while it runs. Each instantiation of a
// component makes its own. Two are the same type if they are the same pointer.
// One that the host defines may serve every process.
type ResourceType struct {
	Name string // for messages; may be empty
	// Instance defines the type; nil for one that the host defines.
	Instance *Instance
	// Destructor is called with the rep once nobody owns it any more; nil where
	// there is nothing to do.
	Destructor CoreFunc
	// Drop is the destructor of a type that the host defines, as Destructor is
	// of others. It is called on the process's goroutine, also when the Store
	// is closed, and the error that it gives ends the process.
	Drop func(ctx context.Context, rep uint32) error
}

// wrongType is the trap of a handle of one type that is used as of another.
func wrongType(index uint32, expected, found *ResourceType) error {
	different := ""
	if expected.kind() == found.kind() {
		different = "different "
	}
	return Trapf("handle index %d used with the wrong type, expected %s but found a %s%s (%s, not %s)",
		index, expected.kind(), different, found.kind(), found.text(), expected.text())
}

func (r *ResourceType) kind() string {
	if r.Instance == nil {
		return "host-defined resource"
	}
	return "guest-defined resource"
}

func (r *ResourceType) text() string {
	if r.Name == "" {
		return "resource"
	}
	return r.Name
}

// drop destroys what nobody owns. caller is nil where that is the host.
func (r *ResourceType) drop(ctx context.Context, s *Store, caller *Instance, rep uint32) error {
	if r.Instance == nil {
		if r.Drop == nil {
			return nil
		}
		return r.Drop(ctx, rep)
	}
	if err := r.Instance.enter(caller); err != nil {
		return err
	}
	if r.Destructor != nil {
		// The stack escapes, so it is a frame's.
		f, err := s.push(ctx)
		if err != nil {
			return err
		}
		f.stack[0] = uint64(rep)
		err = r.Destructor.CallWithStack(ctx, f.stack[:1])
		s.pop(f)
		if err != nil {
			return err
		}
	}
	r.Instance.leave(caller)
	return nil
}

// ResourceNew is `canon resource.new` of an instance: a handle that owns rep.
func ResourceNew(i *Instance, rt *ResourceType, rep uint32) (index uint32, err error) {
	if err := i.mayLeave(); err != nil {
		return 0, err
	}
	return i.add(entry{rt: rt, rep: rep, own: true})
}

// ResourceRep is `canon resource.rep`: what the handle is of.
func ResourceRep(i *Instance, rt *ResourceType, index uint32) (rep uint32, err error) {
	e, err := i.find(index, rt)
	if err != nil {
		return 0, err
	}
	return e.rep, nil
}

// ResourceDrop is `canon resource.drop`. It calls the destructor when the
// handle owned.
func ResourceDrop(ctx context.Context, i *Instance, rt *ResourceType, index uint32) error {
	if err := i.mayLeave(); err != nil {
		return err
	}
	e, err := i.find(index, rt)
	if err != nil {
		return err
	}
	if e.lends != 0 {
		return Trapf("cannot remove owned resource while borrowed: handle index %d", index)
	}
	gone := *e
	i.remove(index)
	if !gone.own {
		gone.scope.borrows--
		return nil
	}
	return rt.drop(ctx, i.Store, i, gone.rep)
}

// Handle is a resource in the hands of the host: what a Value by names has for
// an own or a borrow. It means something to the process that it came from only.
type Handle struct {
	Type  *ResourceType
	rep   uint32
	own   bool
	gone  bool // it was dropped, passed on, or its call ended
	lends int  // calls in progress that borrow through it
	store *Store
}

var _ mailbox.Resource = (*Handle)(nil)

// NewHandle makes a Handle that owns a resource.
func (s *Store) NewHandle(rt *ResourceType, rep uint32) *Handle {
	return &Handle{Type: rt, rep: rep, own: true, store: s}
}

// ResourceType implements mailbox.Resource.
func (h *Handle) ResourceType() string { return h.Type.text() }

// Rep gives what the handle is of. It is false once the handle was dropped or
// passed on, or when it was borrowed and its call has ended.
func (h *Handle) Rep() (uint32, bool) { return h.rep, !h.gone }

// Drop gives the resource up, and destroys it if the handle owned it. It may
// run guest code.
//
// # Errors
//
// Kind Invalid when it was given up before, or a call borrows through it.
func (h *Handle) Drop(ctx context.Context) error {
	if why := h.unusable(h.store); why != "" {
		return mailbox.Errorf(mailbox.Invalid, "the resource (%s) %s", h.Type.text(), why)
	}
	if h.lends > 0 {
		return mailbox.Errorf(mailbox.Invalid, "the resource (%s) is in use by a call", h.Type.text())
	}
	h.gone = true
	if !h.own {
		return nil
	}
	return h.Type.drop(ctx, h.store, nil, h.rep)
}

// unusable says why a process cannot use the handle; "" if it can.
func (h *Handle) unusable(s *Store) string {
	switch {
	case s != h.store:
		return "belongs to another process"
	case h.gone:
		return "was dropped or passed on"
	}
	return ""
}
