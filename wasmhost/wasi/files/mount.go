package files

import (
	"sync"
	"sync/atomic"
)

// Mount is a directory of the host that guests may use, and nothing above it.
// It may be used from any goroutine.
type Mount struct {
	readOnly bool
	walk     bool // resolve without the kernel's help
	root     handle

	mu     sync.Mutex
	open   map[*handle]struct{} // root too
	closed bool
}

// Open opens a directory of the host as a mount; a symbolic link may lead to
// it. Through a read-only mount nothing can be changed. The error is the host's, not
// a Code: it is for whoever runs the node.
func Open(dir string, readOnly bool) (*Mount, error) {
	r, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	m := &Mount{readOnly: readOnly, open: map[*handle]struct{}{}}
	if err := m.adopt(&m.root, r); err != nil {
		return nil, err
	}
	m.walk = !canResolve(r)
	return m, nil
}

// ReadOnly tells whether nothing can be changed through the mount.
func (m *Mount) ReadOnly() bool { return m.readOnly }

// Root opens the mount's directory, for one process: with Read and, unless the
// mount is read-only, MutateDirectory.
func (m *Mount) Root() (*Directory, error) {
	d := &Directory{flags: Read}
	if !m.readOnly {
		d.flags |= MutateDirectory
	}
	root, err := m.root.use()
	if err != nil {
		return nil, err
	}
	defer m.root.done()
	r, err := reopen(root)
	if err != nil {
		return nil, err
	}
	if err := m.adopt(&d.handle, r); err != nil {
		return nil, err
	}
	return d, nil
}

// Descriptors counts what is open below the mount: directories, files and
// listings.
func (m *Mount) Descriptors() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(len(m.open)-1, 0)
}

// Close closes the mount and everything that is still open below it, as their
// own Close does. It may be called again.
func (m *Mount) Close() {
	m.mu.Lock()
	open := m.open
	m.open, m.closed = nil, true
	m.mu.Unlock()
	for h := range open {
		h.close()
	}
}

// adopt makes h the owner of r, which it closes if the mount is closed.
func (m *Mount) adopt(h *handle, r raw) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		r.close()
		return BadDescriptor
	}
	h.mount, h.raw = m, r
	h.uses.Store(1)
	m.open[h] = struct{}{}
	return nil
}

// handle owns something of the operating system's, and closes it when nobody
// uses it any more: closing it below a call that has begun would let that call
// go on with whatever gets the same number next.
type handle struct {
	mount  *Mount
	raw    raw
	uses   atomic.Int32 // calls that have begun, plus one until Close
	closed atomic.Bool
}

// use begins a call; done ends it. It fails after Close.
func (h *handle) use() (raw, error) {
	for {
		n := h.uses.Load()
		if n == 0 || h.closed.Load() {
			return raw{}, BadDescriptor
		}
		if h.uses.CompareAndSwap(n, n+1) {
			return h.raw, nil
		}
	}
}

func (h *handle) done() {
	if h.uses.Add(-1) == 0 {
		h.raw.close()
	}
}

// close gives the handle back to the operating system, at once or when the
// call that uses it returns. It does not wait for that, may be called again,
// and from any goroutine.
func (h *handle) close() {
	if h.mount == nil || h.closed.Swap(true) {
		return
	}
	h.mount.mu.Lock()
	delete(h.mount.open, h)
	h.mount.mu.Unlock()
	h.done()
}
