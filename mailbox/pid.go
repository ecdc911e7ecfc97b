package mailbox

import (
	"fmt"
	"strconv"
	"strings"
)

// PID is the address of a mailbox, and so of the process that owns it. It
// prints as <node.group.n> and is opaque to users: equality is the only
// operation that they need. The zero PID is nobody (SPEC section 3).
//
// A PID is a string, not a struct, because both guests' languages hold it as
// one: crossing into Lua costs no formatting.
type PID string

// MakePID returns the n-th PID of a group on a node. Node and group are
// small numbers that the node hands out; n is never used twice.
func MakePID(node, group uint32, n uint64) PID {
	b := make([]byte, 0, 24)
	b = append(b, '<')
	b = strconv.AppendUint(b, uint64(node), 10)
	b = append(b, '.')
	b = strconv.AppendUint(b, uint64(group), 10)
	b = append(b, '.')
	b = strconv.AppendUint(b, n, 10)
	return PID(append(b, '>'))
}

// IsPID tells whether s has the form of a PID, which no registered name may have.
func IsPID(s string) bool { return len(s) > 0 && s[0] == '<' }

// Split gives back what MakePID was given. The error says what was expected:
// only the one spelling that MakePID makes is a PID, since PIDs are compared
// as strings.
func (p PID) Split() (node, group uint32, n uint64, err error) {
	var v [3]uint64
	inner, _ := strings.CutPrefix(string(p), "<")
	inner, _ = strings.CutSuffix(inner, ">")
	parts := strings.SplitN(inner, ".", len(v)+1)
	for i := range min(len(parts), len(v)) {
		v[i], _ = strconv.ParseUint(parts[i], 10, 64)
	}
	node, group, n = uint32(v[0]), uint32(v[1]), v[2]
	if MakePID(node, group, n) != p {
		return 0, 0, 0, fmt.Errorf("expected a PID like <1.2.3>, got %q", string(p))
	}
	return node, group, n, nil
}

// Inbox gives the address of the n-th inbox of the process: <node.group.n/inbox>.
func (p PID) Inbox(n uint64) PID {
	return p[:len(p)-1] + PID("/"+strconv.FormatUint(n, 10)+">")
}

// SplitInbox gives back what Inbox made. False for every other text.
func (p PID) SplitInbox() (owner PID, n uint64, ok bool) {
	slash := strings.IndexByte(string(p), '/')
	if slash < 0 || !IsPID(string(p)) || p[len(p)-1] != '>' {
		return "", 0, false
	}
	n, err := strconv.ParseUint(string(p[slash+1:len(p)-1]), 10, 64)
	owner = p[:slash] + ">"
	return owner, n, err == nil && owner.Inbox(n) == p
}

// NoProcess is the error, of kind NoProc, of addressing a dest, PID or name,
// that is no living process.
func NoProcess(dest PID) *Error {
	if _, _, ok := dest.SplitInbox(); ok {
		return Errorf(NoProc, "nobody receives at %s any more", Shown(dest))
	}
	if IsPID(string(dest)) {
		return Errorf(NoProc, "there is no process %s", Shown(dest))
	}
	return Errorf(NoProc, "no process has the name %q", Shown(dest))
}

// Shown gives a PID, a name or an ID as messages show it: what a caller took
// for one may be of any length.
func Shown[S ~string](name S) string {
	const most = 128
	if len(name) <= most {
		return string(name)
	}
	return string(name[:most]) + "…"
}
