//go:build linux || darwin

package files

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// maxComponents is how many components one walk looks at, those of links
	// and those that it goes through again after ".." not counted.
	maxComponents = 4 * MaxDepth
	// maxRaces is how often a call begins again because somebody changed what
	// it was looking at.
	maxRaces = 64
)

func rooted(path string) bool { return path[0] == '/' }

// place is one name within a directory that is held. Whatever is done to a
// place does not follow the name, should it be a symbolic link by then.
type place struct {
	dir   int
	name  string // one component; "." for the directory itself, never ".."
	slash bool   // the path asks for a directory
	own   bool   // dir is to be closed
}

func (p place) close() {
	if p.own {
		_ = unix.Close(p.dir) // it was opened to look names up only
	}
}

// here tells whether the place is the directory itself.
func (p place) here() bool { return p.name == "." }

// within finds the place of a path below base and does something there. What
// it does says errLink if it finds a symbolic link where it does not want one:
// with follow, that is followed and it is done again there, where there may be
// nothing. If it says errRaced, everything begins again.
func (m *Mount) within(base raw, n name, follow bool, do func(place) error) error {
	for range maxRaces {
		err := m.once(base, n, follow, do)
		if err != errRaced {
			return codeFrom(err)
		}
	}
	return Busy
}

func (m *Mount) once(base raw, n name, follow bool, do func(place) error) error {
	links := maxLinks
	for {
		p, err := m.parent(base.fd, n, &links)
		if err != nil {
			return err
		}
		err = do(p)
		switch {
		case err != errLink:
			p.close()
			return err
		case !follow:
			p.close()
			return Loop
		}
		target, err := p.readlink()
		p.close()
		switch {
		case err == unix.EINVAL || err == unix.ENOENT: // it was one just now
			return errRaced
		case err != nil:
			return err
		}
		if n, err = n.follow(target); err != nil {
			return err
		}
		if links--; links < 0 {
			return Loop
		}
	}
}

// follow gives the path that the link at n leads to.
func (n name) follow(target string) (name, error) {
	switch {
	case target == "":
		return name{}, NoEntry
	case rooted(target):
		return name{}, NotPermitted
	case len(n.head)+len(target) >= MaxPath:
		return name{}, NameTooLong
	}
	if n.head != "" {
		target = n.head + "/" + target
	}
	to, err := split(target)
	to.slash = to.slash || n.slash
	return to, err
}

// parent finds the place of a path, following links before the last component
// only. Those that it follows itself it takes from links.
func (m *Mount) parent(base int, n name, links *int) (place, error) {
	p := place{dir: base, name: n.last, slash: n.slash}
	look := n.head
	if n.here() {
		p.name, p.slash = ".", true
		look = n.text()
	}
	if look == "" || look == "." {
		return p, nil
	}
	p.own = true
	var err error
	if !m.walk {
		if p.dir, err = lookBeneath(base, look); err != errRaced {
			return p, codeFrom(err)
		}
	}
	p.dir, err = walk(base, look, links)
	return p, codeFrom(err)
}

// walk opens the directory of a path below base, component by component. It
// trusts nothing but the directory that it holds: a component that turns out
// to be a link is read and its target walked in its place, and ".." goes back
// to the names that were walked, never to what the host has as the parent.
func walk(base int, path string, links *int) (int, error) {
	var names []string // from base to dir, no links among them
	todo := components(path)
	dir := base
	leave := func() {
		if dir != base {
			_ = unix.Close(dir)
		}
		dir = base
	}
	races := 0
	for looked := 0; len(todo) > 0; looked++ {
		if looked > maxComponents || len(names) > MaxDepth {
			leave()
			return -1, NameTooLong
		}
		component := todo[0]
		todo = todo[1:]
		if component == ".." {
			leave()
			if len(names) == 0 {
				return -1, NotPermitted
			}
			todo = slices.Concat(names[:len(names)-1], todo)
			looked -= len(names) - 1
			names = nil
			continue
		}
		next, err := openRetry(dir, component, lookFlags|unix.O_DIRECTORY, 0)
		if err == nil {
			leave()
			dir = next
			names = append(names, component)
			continue
		}
		if err != unix.ENOTDIR && err != unix.ELOOP {
			leave()
			return -1, err
		}
		p := place{dir: dir, name: component}
		target, err := p.readlink()
		switch {
		case err == unix.EINVAL:
			s, statErr := p.stat()
			if races++; statErr == nil && (s.Kind == DirectoryKind || s.Kind == SymbolicLink) && races < maxRaces {
				todo = slices.Insert(todo, 0, component) // it was a link just now
				continue
			}
			err = NotDirectory
		case err != nil:
		case target == "":
			err = NoEntry
		case rooted(target):
			err = NotPermitted
		default:
			if *links--; *links < 0 {
				err = Loop
			}
		}
		if err != nil {
			leave()
			return -1, err
		}
		todo = append(components(target), todo...)
	}
	if dir == base { // the caller closes what it gets
		return openRetry(base, ".", lookFlags|unix.O_DIRECTORY, 0)
	}
	return dir, nil
}

// components divides a path, "." left out.
func components(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(c string) bool { return c == "" || c == "." })
}

// readlink gives the target of a link; the system's error if it is none.
func (p place) readlink() (string, error) {
	var b [MaxPath + 1]byte
	for {
		n, err := unix.Readlinkat(p.dir, p.name, b[:])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return "", err
		case n > MaxPath:
			return "", NameTooLong
		default:
			return string(b[:n]), nil
		}
	}
}

// openRetry opens one name within a directory, and never what it links to.
func openRetry(dir int, name string, flags int, mode uint32) (int, error) {
	for {
		fd, err := unix.Openat(dir, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
		if err != unix.EINTR {
			return fd, err
		}
	}
}
