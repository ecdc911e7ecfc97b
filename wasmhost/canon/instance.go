package canon

import (
	"context"
	"errors"

	"wippy/mailbox"
)

// Store is what the component instances of one process share. The zero value
// is usable.
type Store struct {
	// MaxHandles bounds the handles of all instances together; zero means
	// DefaultMaxHandles.
	MaxHandles int64
	// Work, unless nil, is told what lifting and lowering cost that no guest code
	// counts: a unit for each part of a Value and for each 64 bytes of strings.
	// It is called every workAtOnce units or so, on the process's goroutine, with
	// the context of the call; it may suspend the process, and unwind it.
	Work func(ctx context.Context, units uint64)

	worked    uint64 // units that Work was not told of yet
	handles   int
	slots     int64 // in all tables
	instances []*Instance
	frames    []*frame
	depth     int // frames in use
}

// workAtOnce is how many units of work are done between calls of Store.Work.
const workAtOnce = 1 << 12

// work counts what so many parts and bytes of strings cost.
func (o *Options) work(ctx context.Context, parts, bytes uint64) {
	s := o.Instance.Store
	s.worked += parts + bytes/64
	if s.worked >= workAtOnce && s.Work != nil {
		units := s.worked
		s.worked = 0
		s.Work(ctx, units)
	}
}

// Handles tells how many handles the instances hold.
func (s *Store) Handles() int { return s.handles }

// NewInstance makes a component instance. parent is the one whose component
// contains the `instance` definition; nil for a root. resources is how many
// resource types plans know: Compiler.Resources.
func (s *Store) NewInstance(parent *Instance, resources int) *Instance {
	i := &Instance{Store: s, Parent: parent, Resources: make([]*ResourceType, resources)}
	s.instances = append(s.instances, i)
	return i
}

// Close destroys the resources of the host's types that instances still own.
// No guest code runs. Every Drop is called, also when one fails.
func (s *Store) Close(ctx context.Context) error {
	var errs []error
	for _, i := range s.instances {
		entries := i.handles.entries
		i.handles = table{}
		for _, e := range entries {
			if e.rt != nil && e.own && e.rt.Instance == nil && e.rt.Drop != nil {
				errs = append(errs, e.rt.Drop(ctx, e.rep))
			}
		}
	}
	s.instances, s.frames, s.handles = nil, nil, 0
	return errors.Join(errs...)
}

// Instance is a component instance.
type Instance struct {
	Store  *Store
	Parent *Instance
	// Resources tells which types the plans' resources are here, by the index
	// that Compiler.Resource gave. The linker fills it in before any call.
	Resources []*ResourceType

	handles table
	entered bool // nothing may enter it
	held    bool // it may not leave: its realloc or post-return function runs
}

// resource gives the type of an own or a borrow.
func (i *Instance) resource(n *node) (*ResourceType, error) {
	if n.resource < len(i.Resources) && i.Resources[n.resource] != nil {
		return i.Resources[n.resource], nil
	}
	return nil, mailbox.Errorf(mailbox.Internal, "%s was not linked", n)
}

// mayLeave traps where the instance may not call out.
func (i *Instance) mayLeave() error {
	if i.held {
		return Trapf("cannot leave component instance")
	}
	return nil
}

// within tells whether a call from caller stays inside i: i is the caller or
// contains it.
func (i *Instance) within(caller *Instance) bool {
	for ; caller != nil; caller = caller.Parent {
		if caller == i {
			return true
		}
	}
	return false
}

// enter marks i, and what contains i and not its caller, as entered. A caller
// of nil is the host.
func (i *Instance) enter(caller *Instance) error {
	for a := i; a != nil && !a.within(caller); a = a.Parent {
		if a.entered {
			return Trapf("cannot enter component instance")
		}
	}
	for a := i; a != nil && !a.within(caller); a = a.Parent {
		a.entered = true
	}
	return nil
}

// leave undoes enter. It is not called after a trap: what was entered then
// stays so.
func (i *Instance) leave(caller *Instance) {
	for a := i; a != nil && !a.within(caller); a = a.Parent {
		a.entered = false
	}
}

// task is a call of a lifted function while it runs.
type task struct {
	borrows int // handles that the instance borrows for the call and must drop
}

// maxDepth bounds calls within calls, each of which has Go and guest frames.
const maxDepth = 256

// push gives a frame for a call. pop gives it back when the call succeeded.
func (s *Store) push(ctx context.Context) (*frame, error) {
	if s.depth == maxDepth {
		return nil, Trapf("call stack exhausted: %d calls between components are in progress", maxDepth)
	}
	if s.depth == len(s.frames) {
		s.frames = append(s.frames, &frame{})
	}
	f := s.frames[s.depth]
	s.depth++
	f.ctx = ctx
	return f, nil
}

func (s *Store) pop(f *frame) {
	s.depth--
	f.clear()
}
