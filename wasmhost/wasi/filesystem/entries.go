package filesystem

import (
	"wippy/mailbox"
	"wippy/wasmhost/canon"
	"wippy/wasmhost/wasi/files"
	"wippy/wasmhost/wasi/iface"
	"wippy/wasmhost/wasi/world"
)

// maxEntries is how many names one call on the I/O pool reads ahead.
const maxEntries = 64

// entryStream goes through the names of a directory. It has a place of its own
// in it, and stays when the descriptor is dropped.
type entryStream struct {
	list  *files.Listing
	ahead []files.Entry
	end   bool
	err   error // behind what was read ahead
}

// entryStreams is the resource type directory-entry-stream.
var entryStreams = iface.NewResource("directory-entry-stream", func(p *iface.Process, s *entryStream) { p.World.Release(s.list) })

func readDirectory(p *iface.Process, _ *canon.Call, d *descriptor) (mailbox.Value, error) {
	dir, err := d.dir()
	if err != nil {
		return mailbox.Nil, err
	}
	list, err := world.Open(p, p.World, dir.List)
	if err != nil {
		return mailbox.Nil, err
	}
	return entryStreams.New(p, &entryStream{list: list}), nil
}

func readDirectoryEntry(p *iface.Process, c *canon.Call) error {
	s, err := entryStreams.Arg(p, c, 0)
	if err != nil {
		return err
	}
	if len(s.ahead) == 0 && s.err == nil && !s.end {
		s.fill(p)
	}
	v := mailbox.Nil
	switch {
	case len(s.ahead) > 0:
		v = canon.Record(mailbox.Uint(uint64(s.ahead[0].Kind)), mailbox.String(s.ahead[0].Name))
		s.ahead = s.ahead[1:]
	case s.err != nil:
		err, s.err = s.err, nil
	}
	return answer(c, v, err)
}

// fill reads ahead.
func (s *entryStream) fill(p *iface.Process) {
	var ahead []files.Entry
	end := false
	s.err = p.Block(func() error {
		for len(ahead) < maxEntries {
			e, more, err := s.list.Next()
			if err != nil {
				return err
			}
			if !more {
				end = true
				return nil
			}
			ahead = append(ahead, e)
		}
		return nil
	})
	s.ahead, s.end = ahead, end
}
