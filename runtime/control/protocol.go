// Package control lets programs of the same user look at a node from outside, and
// end its processes: [Server] listens for a node, [Nodes] finds the nodes of this
// machine, and a [Client] asks one.
//
// A node listens at a Unix socket in a directory that only its user can enter (see
// [Dir]): whoever can connect may do what the user could do by a signal to the whole
// program. A connection carries one request, a line of JSON, and the answer, lines of JSON of
// which the last one says that it is complete. Both have bounds in size and time.
package control

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// Version is that of the protocol. A node answers requests of its own version only.
const Version = 1

// The operations.
const (
	opNode      = "node"
	opProcesses = "processes"
	opTerminate = "terminate"
	opCancel    = "cancel"
)

const (
	maxRequest = 4 << 10 // bytes of a request with its end of line
	maxLine    = 1 << 20 // bytes of a line of an answer: a process may have 64 names
)

// request is what a client wants.
type request struct {
	Version int    `json:"v"`
	Op      string `json:"op"`
	// Dest is the PID or the name of a process, for opTerminate and opCancel.
	Dest string `json:"dest,omitempty"`
	// Reason and GraceMS are for opCancel.
	Reason  string `json:"reason,omitempty"`
	GraceMS int64  `json:"grace_ms,omitempty"`
}

// answer is one line of an answer: one of its fields is set. The last line is an
// end or an error.
type answer struct {
	Node    *Node    `json:"node,omitempty"`
	Process *Process `json:"process,omitempty"`
	End     bool     `json:"end,omitempty"`
	Error   *failure `json:"error,omitempty"`
}

type failure struct {
	Kind    mailbox.ErrorKind `json:"kind"`
	Message string            `json:"message"`
}

// Node describes a node.
type Node struct {
	// ID tells it from others of this machine: the number of its program, and what
	// it needs beyond that if it is not the only one there.
	ID string `json:"id"`
	// App is the application's directory; "" if there is none.
	App string `json:"app"`
	// Command is what it was started for, without arguments.
	Command string `json:"command"`
	// Version is the program's.
	Version   string `json:"version"`
	UptimeMS  int64  `json:"uptime_ms"`
	Processes int    `json:"process_count"` // that live
	Stopping  bool   `json:"stopping"`
}

// Process describes a living process. The fields mean what those of
// process.Info mean.
type Process struct {
	PID      string   `json:"pid"`
	Entry    string   `json:"entry"`
	Group    string   `json:"group"`
	State    string   `json:"state"`
	UptimeMS int64    `json:"uptime_ms"`
	Mailbox  int      `json:"mailbox"`
	Dropped  uint64   `json:"dropped"`
	Fuel     uint64   `json:"fuel"`
	Memory   uint64   `json:"memory"`
	Peak     uint64   `json:"peak"`
	Steps    uint64   `json:"steps"`
	Children int      `json:"children"`
	Links    int      `json:"links"`
	Monitors int      `json:"monitors"`
	Names    []string `json:"names"`
}

func describe(s *process.Summary) *Process {
	names := s.Names
	if names == nil {
		names = []string{}
	}
	return &Process{
		PID: string(s.PID), Entry: s.Entry, Group: s.Group, State: s.State, UptimeMS: s.Uptime.Milliseconds(),
		Mailbox: s.Mailbox, Dropped: s.Dropped, Fuel: s.Fuel, Memory: s.Memory, Peak: s.Peak, Steps: s.Steps,
		Children: s.Children, Links: s.Links, Monitors: s.Monitors, Names: names,
	}
}

// readRequest reads a request, of which it believes nothing.
//
// # Errors
//
// *mailbox.Error of kind Invalid for what is none; those of r.
func readRequest(r io.Reader) (*request, error) {
	line, err := bufio.NewReaderSize(r, maxRequest).ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, mailbox.Errorf(mailbox.Invalid, "a request may have %d bytes", maxRequest)
	case errors.Is(err, io.EOF):
		return nil, mailbox.Errorf(mailbox.Invalid, "a request is one line of JSON; this one has no end")
	case err != nil:
		return nil, err
	}
	var req request
	var version struct {
		V int `json:"v"`
	}
	if json.Unmarshal(line, &version) == nil && version.V != 0 && version.V != Version { // whose fields are not ours to judge
		return nil, mailbox.Errorf(mailbox.Invalid, "the node speaks version %d of the control protocol, not %d; use the wippy that it was started by", Version, version.V)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&req); err != nil {
		return nil, mailbox.Errorf(mailbox.Invalid, "a request is one line of JSON: %w", err)
	}
	if req.Version != Version {
		return nil, mailbox.Errorf(mailbox.Invalid, "a request needs \"v\": %d", Version)
	}
	return &req, nil
}

// readAnswer reads an answer, and gives each of its lines to use until the last one.
//
// # Errors
//
// *mailbox.Error as the node sent it, or of kind Unavailable for an answer that
// is none; those of r, and of use, which end it.
func readAnswer(r io.Reader, use func(*answer) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return mailbox.Errorf(mailbox.Unavailable, "the node's answer makes no sense: %w", err)
		}
		switch {
		case a.Error != nil:
			return mailbox.Errorf(a.Error.Kind, "%s", a.Error.Message)
		case a.End:
			return nil
		}
		if err := use(&a); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return mailbox.Errorf(mailbox.Unavailable, "the node's answer has no end")
}
