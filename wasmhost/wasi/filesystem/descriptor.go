package filesystem

import (
	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/clocks"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/streams"
	"wippy/wasmhost/wasi/wasio"
)

// descriptor is an open file or directory. It is closed when neither a guest's
// descriptor nor a stream uses it any more.
type descriptor struct {
	files.Descriptor
	uses int
}

// Descriptors is the resource type descriptor.
var Descriptors = iface.NewResource("descriptor", func(p *iface.Process, d *descriptor) { d.release(p) })

func newDescriptor(p *iface.Process, of files.Descriptor) mailbox.Value {
	return Descriptors.New(p, &descriptor{Descriptor: of, uses: 1})
}

func (d *descriptor) release(p *iface.Process) {
	if d.uses--; d.uses == 0 {
		p.World.Release(d.Descriptor)
	}
}

// file gives the file; need are flags that it must be open for.
func (d *descriptor) file(need files.Flags) (*files.File, error) {
	f, ok := d.Descriptor.(*files.File)
	switch {
	case !ok:
		return nil, files.IsDirectory
	case f.Flags()&need != need:
		return nil, files.BadDescriptor
	}
	return f, nil
}

// dir gives the directory.
func (d *descriptor) dir() (*files.Directory, error) {
	if dir, ok := d.Descriptor.(*files.Directory); ok {
		return dir, nil
	}
	return nil, files.NotDirectory
}

func readViaStream(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	f, err := d.file(files.Read)
	if err != nil {
		return mailbox.Nil, err
	}
	v := wasio.NewInput(p, &streams.FileInput{File: f, At: c.Uint(1)}, d.release)
	d.uses++
	return v, nil
}

func writeViaStream(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	return d.output(p, &streams.FileOutput{At: c.Uint(1)})
}

func appendViaStream(p *iface.Process, _ *canon.Call, d *descriptor) (mailbox.Value, error) {
	return d.output(p, &streams.FileOutput{Append: true})
}

func (d *descriptor) output(p *iface.Process, o *streams.FileOutput) (mailbox.Value, error) {
	f, err := d.file(files.Write)
	if err != nil {
		return mailbox.Nil, err
	}
	o.File = f
	v := wasio.NewOutput(p, o, d.release)
	d.uses++
	return v, nil
}

func advise(_ *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	f, err := d.file(0)
	if err != nil {
		return mailbox.Nil, err
	}
	return mailbox.Nil, f.Advise(c.Uint(1), c.Uint(2), files.Advice(c.Uint(3)))
}

func syncData(p *iface.Process, _ *canon.Call, d *descriptor) (mailbox.Value, error) {
	return mailbox.Nil, p.Block(func() error { return d.Sync(true) })
}

func syncAll(p *iface.Process, _ *canon.Call, d *descriptor) (mailbox.Value, error) {
	return mailbox.Nil, p.Block(func() error { return d.Sync(false) })
}

// flagTable pairs the flags of descriptor-flags, by their bits, with those of files.
var flagTable = [...]files.Flags{files.Read, files.Write, files.FileSync, files.DataSync, files.ReadSync, files.MutateDirectory}

func getFlags(_ *iface.Process, _ *canon.Call, d *descriptor) (mailbox.Value, error) {
	bits := uint64(0)
	for i, f := range flagTable {
		if d.Flags()&f != 0 {
			bits |= 1 << i
		}
	}
	return mailbox.Uint(bits), nil
}

func getType(_ *iface.Process, _ *canon.Call, d *descriptor) (mailbox.Value, error) {
	return mailbox.Uint(uint64(d.Kind())), nil
}

func setSize(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	f, err := d.file(0)
	if err != nil {
		return mailbox.Nil, err
	}
	size := c.Uint(1)
	return mailbox.Nil, p.Block(func() error { return f.SetSize(size) })
}

// newTime reads a new-timestamp.
func newTime(c *canon.Call, i int) (files.NewTime, error) {
	const (
		now       = 1
		timestamp = 2
	)
	switch which, payload := c.Case(i); which {
	case now:
		return files.Now(), nil
	case timestamp:
		t, err := clocks.TimeOf(payload)
		return files.At(t), err
	}
	return files.NewTime{}, nil
}

// newTimes reads two of them, from argument i on.
func newTimes(c *canon.Call, i int) (access, modify files.NewTime, err error) {
	if access, err = newTime(c, i); err == nil {
		modify, err = newTime(c, i+1)
	}
	return access, modify, err
}

func setTimes(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	access, modify, err := newTimes(c, 1)
	if err != nil {
		return mailbox.Nil, err
	}
	return mailbox.Nil, p.Block(func() error { return d.SetTimes(access, modify) })
}

// maxRead is how much one read gives, in bytes.
const maxRead = 1 << 20

// read reads from an offset, and tells whether the file ended.
func read(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	f, err := d.file(files.Read)
	if err != nil {
		return mailbox.Nil, err
	}
	b := p.Buffer(int(min(c.Uint(1), maxRead)))
	n, err := streams.ReadFile(p, f, b, c.Uint(2))
	if err != nil && n == 0 {
		return mailbox.Nil, err
	}
	p.Charge(n)
	return canon.Record(canon.Bytes(b[:n]), mailbox.Bool(n < len(b) && err == nil)), nil // an error comes again, and is no end
}

// write writes all of the buffer. That is the guest's memory, which stays what it
// is while the process is suspended between the parts; each of them is copied first.
func write(p *iface.Process, c *canon.Call, d *descriptor) (mailbox.Value, error) {
	f, err := d.file(files.Write)
	if err != nil {
		return mailbox.Nil, err
	}
	n, err := streams.WriteFile(p, f, c.Bytes(1), c.Uint(2))
	p.Charge(n)
	if n > 0 {
		err = nil // which comes again
	}
	return mailbox.Uint(uint64(n)), err
}

// statOf makes a descriptor-stat.
func statOf(s *files.Stat) mailbox.Value {
	times := [3]mailbox.Value{}
	times[0], _ = clocks.Datetime(s.Access)
	times[1], _ = clocks.Datetime(s.Modify)
	times[2], _ = clocks.Datetime(s.Change)
	return canon.Record(mailbox.Uint(uint64(s.Kind)), mailbox.Uint(s.Links), mailbox.Uint(s.Size), times[0], times[1], times[2])
}

func stat(p *iface.Process, _ *canon.Call, d *descriptor) (mailbox.Value, error) {
	s, err := d.stat(p)
	return statOf(&s), err
}

func (d *descriptor) stat(p *iface.Process) (s files.Stat, err error) {
	err = p.Block(func() (err error) { s, err = d.Stat(); return err })
	return s, err
}

func metadataHash(p *iface.Process, _ *canon.Call, d *descriptor) (mailbox.Value, error) {
	s, err := d.stat(p)
	return hashOf(&s), err
}

func hashOf(s *files.Stat) mailbox.Value {
	lower, upper := s.Hash()
	return canon.Record(mailbox.Uint(lower), mailbox.Uint(upper))
}

func isSameObject(p *iface.Process, c *canon.Call) error {
	a, err := Descriptors.Arg(p, c, 0)
	if err != nil {
		return err
	}
	b, err := Descriptors.Arg(p, c, 1)
	if err != nil {
		return err
	}
	same := false
	if p.Block(func() (err error) { same, err = files.SameObject(a.Descriptor, b.Descriptor); return err }) != nil {
		same = false
	}
	c.Return(mailbox.Bool(same))
	return nil
}
