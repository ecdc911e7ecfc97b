package preview1

import (
	"context"
	"io"
	"math"

	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/poll"
	"wippy/wasmhost/wasi/streams"
)

// await runs a call of package files on the I/O pool.
func (x *call) await(f func() error) errno {
	return errnoOf(x.Await(func(context.Context) error { return f() }))
}

func fdRead(x *call, a []uint64) errno {
	count := x.out(a[3], 4)
	d, no := x.find(a[0], 0)
	switch {
	case no != success:
		return no
	case d.dir != nil:
		return eisdir
	case d.base&fdReadRight == 0:
		return enotcapable
	}
	buffers, no := x.vectors(a[1], a[2])
	if no != success {
		return no
	}
	var n int
	if d.file != nil {
		n, no = x.readAt(d.file, buffers, d.at)
		d.at += uint64(n)
	} else {
		n, no = x.readStream(d, buffers)
	}
	le.PutUint32(count, uint32(n))
	return no
}

// readStream waits for something to read, and reads what there is.
func (x *call) readStream(d *descriptor, buffers [][]byte) (total int, no errno) {
	for i, b := range buffers {
		var n int
		var err error
		if i == 0 && d.flags&files.NonBlock == 0 {
			n, err = streams.Read(x, d.in, b)
		} else {
			n, err = d.in.Read(x, b)
		}
		total += n
		x.Charge(n)
		switch {
		case total > 0 && (n < len(b) || err != nil): // an error comes again
			return total, success
		case err == io.EOF:
			return 0, success
		case err != nil:
			return 0, errnoOf(err)
		case n == 0:
			poll.Nudge(d.in) // it may ask again and again instead of waiting
			return 0, eagain
		}
	}
	return total, success
}

func fdPread(x *call, a []uint64) errno {
	count := x.out(a[4], 4)
	d, no := x.findFile(a[0], fdReadRight)
	if no != success {
		return no
	}
	buffers, no := x.vectors(a[1], a[2])
	if no != success {
		return no
	}
	n, no := x.readAt(d.file, buffers, a[3])
	le.PutUint32(count, uint32(n))
	return no
}

// readAt reads a file into buffers until they are full or it ends.
func (x *call) readAt(f *files.File, buffers [][]byte, at uint64) (total int, no errno) {
	for _, b := range buffers {
		n, err := streams.ReadFile(x, f, b, at+uint64(total))
		total += n
		x.Charge(n)
		if err != nil && total == 0 {
			return 0, errnoOf(err)
		}
		if n < len(b) {
			break
		}
	}
	return total, success
}

func fdWrite(x *call, a []uint64) errno {
	count := x.out(a[3], 4)
	d, no := x.find(a[0], 0)
	switch {
	case no != success:
		return no
	case d.dir != nil:
		return eisdir
	case d.base&fdWriteRight == 0:
		return enotcapable
	}
	buffers, no := x.vectors(a[1], a[2])
	if no != success {
		return no
	}
	var n int
	switch {
	case d.file == nil:
		n, no = x.writeAll(buffers, func(p []byte, _ uint64) (int, error) { return d.out.Write(x, p) })
	case d.file.Flags()&files.Append != 0:
		n, no = x.writeAll(buffers, func(p []byte, _ uint64) (int, error) {
			n, end, err := streams.AppendFile(x, d.file, p)
			if n > 0 {
				d.at = end
			}
			return n, err
		})
	default:
		n, no = x.writeAt(d.file, buffers, d.at)
		d.at += uint64(n)
	}
	le.PutUint32(count, uint32(n))
	return no
}

func fdPwrite(x *call, a []uint64) errno {
	count := x.out(a[4], 4)
	d, no := x.findFile(a[0], fdWriteRight)
	if no != success {
		return no
	}
	buffers, no := x.vectors(a[1], a[2])
	if no != success {
		return no
	}
	n, no := x.writeAt(d.file, buffers, a[3])
	le.PutUint32(count, uint32(n))
	return no
}

func (x *call) writeAt(f *files.File, buffers [][]byte, at uint64) (int, errno) {
	return x.writeAll(buffers, func(p []byte, done uint64) (int, error) {
		return streams.WriteFile(x, f, p, at+done)
	})
}

// maxGather is how many bytes small buffers are put together to, so that they
// are written at once: a line that is written in pieces should not be torn.
const maxGather = 64 << 10

// writeAll writes buffers. An error after some bytes is that of the next call.
func (x *call) writeAll(buffers [][]byte, write func(p []byte, done uint64) (int, error)) (total int, no errno) {
	for first := true; first || len(buffers) > 0; first = false {
		var p []byte
		p, buffers = gather(buffers)
		n, err := write(p, uint64(total))
		total += n
		x.Charge(n)
		if err != nil && total == 0 {
			return 0, errnoOf(err)
		}
		if err != nil {
			break
		}
	}
	return total, success
}

// gather takes what is to be written next from the front of buffers.
func gather(buffers [][]byte) (p []byte, rest [][]byte) {
	if len(buffers) == 0 {
		return nil, nil
	}
	if len(buffers) == 1 || len(buffers[0]) >= maxGather {
		return buffers[0], buffers[1:]
	}
	for len(buffers) > 0 && (len(p) == 0 || len(p)+len(buffers[0]) <= maxGather) {
		p = append(p, buffers[0]...)
		buffers = buffers[1:]
	}
	return p, buffers
}

// From where an offset counts.
const (
	fromStart   = 0
	fromCurrent = 1
	fromEnd     = 2
)

func fdSeek(x *call, a []uint64) errno {
	out := x.out(a[3], 8)
	delta, whence := int64(a[1]), uint32(a[2])
	need := fdSeekRight
	if whence == fromCurrent && delta == 0 {
		need = fdTellRight
	}
	d, no := x.findFile(a[0], need)
	if no != success {
		return no
	}
	var from uint64
	switch whence {
	case fromStart:
	case fromCurrent:
		from = d.at
	case fromEnd:
		var s files.Stat
		if no := x.await(func() (err error) { s, err = d.file.Stat(); return err }); no != success {
			return no
		}
		from = s.Size
	default:
		return einval
	}
	switch to := from + uint64(delta); {
	case delta < 0 && uint64(-delta) > from:
		return einval
	case to > math.MaxInt64:
		return eoverflow
	default:
		d.at = to
		le.PutUint64(out, to)
	}
	return success
}

func fdTell(x *call, a []uint64) errno {
	out := x.out(a[1], 8)
	d, no := x.findFile(a[0], fdTellRight)
	if no != success {
		return no
	}
	le.PutUint64(out, d.at)
	return success
}

func fdAdvise(x *call, a []uint64) errno {
	d, no := x.findFile(a[0], fdAdviseRight)
	switch {
	case no != success:
		return no
	case uint32(a[3]) > uint32(files.NoReuse):
		return einval
	}
	return errnoOf(d.file.Advise(a[1], a[2], files.Advice(a[3])))
}

func fdAllocate(x *call, a []uint64) errno {
	d, no := x.findFile(a[0], fdAllocateRight)
	if no != success {
		return no
	}
	return x.await(func() error { return d.file.Allocate(a[1], a[2]) })
}

func fdSync(x *call, a []uint64) errno     { return x.sync(a[0], fdSyncRight, false) }
func fdDatasync(x *call, a []uint64) errno { return x.sync(a[0], fdDatasyncRight, true) }

func (x *call) sync(fd uint64, need rights, data bool) errno {
	d, no := x.find(fd, need)
	switch {
	case no != success:
		return no
	case d.any() == nil:
		return success // nothing is held back
	}
	return x.await(func() error { return d.any().Sync(data) })
}

func fdClose(x *call, a []uint64) errno {
	d, no := x.find(a[0], 0)
	if no != success {
		return no
	}
	x.table.remove(a[0])
	x.close(d)
	return success
}

// fdRenumber gives a descriptor the number of another, which is closed.
func fdRenumber(x *call, a []uint64) errno {
	from, no := x.find(a[0], 0)
	if no != success {
		return no
	}
	to, no := x.find(a[1], 0)
	if no != success {
		return no
	}
	if from != to {
		x.close(to)
		x.table.open[uint32(a[1])] = from
		x.table.remove(a[0])
	}
	return success
}

// fdPrestatGet tells how long the name of a mount is. Those who look for
// mounts begin at 3 and end with EBADF.
func fdPrestatGet(x *call, a []uint64) errno {
	out := x.out(a[1], 8)
	d, no := x.prestat(a[0])
	if no != success {
		return no
	}
	clear(out)
	le.PutUint32(out[4:], uint32(len(d.preopen)))
	return success
}

func fdPrestatDirName(x *call, a []uint64) errno {
	out := x.out(a[1], uint32(a[2]))
	d, no := x.prestat(a[0])
	if no != success {
		return no
	}
	if len(out) < len(d.preopen) {
		return enametoolong
	}
	copy(out, d.preopen)
	return success
}

func (x *call) prestat(fd uint64) (*descriptor, errno) {
	x.begin()
	d := x.table.get(fd)
	if d == nil || d.preopen == "" {
		return nil, ebadf
	}
	return d, success
}

// Without sockets there is no descriptor that these can work on.

func sockAccept(x *call, a []uint64) errno   { return x.notSocket(a[0]) }
func sockRecv(x *call, a []uint64) errno     { return x.notSocket(a[0]) }
func sockSend(x *call, a []uint64) errno     { return x.notSocket(a[0]) }
func sockShutdown(x *call, a []uint64) errno { return x.notSocket(a[0]) }

func (x *call) notSocket(fd uint64) errno {
	if _, no := x.find(fd, 0); no != success {
		return no
	}
	return enotsock
}
