package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"wippy/mailbox"
)

// Client asks one node. Its methods may be called from any goroutine; each makes a
// connection of its own, and blocks until the answer is there or ctx is done.
type Client struct {
	// Node describes the node as it was when it was found.
	Node Node
	path string
}

// answerWithin is how long finding nodes waits for each.
const answerWithin = 5 * time.Second

// Nodes finds the nodes of this user on this machine, the oldest first. A socket
// that a node left behind is removed. The error names those that did not answer; the
// others are given all the same.
//
// # Errors
//
// Dir's, and of sockets that cannot be asked.
func Nodes(ctx context.Context) ([]*Client, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	paths, err := sockets(dir)
	if err != nil {
		return nil, err
	}
	found, errs := make([]*Client, len(paths)), make([]error, len(paths))
	var asking sync.WaitGroup
	for i, path := range paths {
		asking.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, answerWithin)
			defer cancel()
			found[i], errs[i] = open(ctx, path)
		})
	}
	asking.Wait()
	found = slices.DeleteFunc(found, func(c *Client) bool { return c == nil })
	slices.SortFunc(found, func(a, b *Client) int {
		return cmp.Or(cmp.Compare(b.Node.UptimeMS, a.Node.UptimeMS), cmp.Compare(a.Node.ID, b.Node.ID))
	})
	return found, errors.Join(errs...)
}

// open asks a socket for its node; nil if there is none any more.
func open(ctx context.Context, path string) (*Client, error) {
	c := &Client{path: path}
	err := c.ask(ctx, request{Op: opNode}, func(a *answer) error {
		if a.Node != nil {
			c.Node = *a.Node
		}
		return nil
	})
	switch {
	case errors.Is(err, errRefused):
		removeStale(path)
		return nil, nil
	case errors.Is(err, fs.ErrNotExist): // it ended meanwhile
		return nil, nil
	case err != nil:
		id, _, _ := strings.Cut(filepath.Base(path), "-")
		return nil, fmt.Errorf("the node %s does not answer: %w", id, cause(err))
	}
	return c, nil
}

// cause leaves out of an error what the reader knows.
func cause(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		return errors.New("it took too long")
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// Processes gives each living process to use, the oldest first, until that fails.
// The client's Node is given anew.
func (c *Client) Processes(ctx context.Context, use func(*Process) error) (Node, error) {
	node := c.Node
	err := c.ask(ctx, request{Op: opProcesses}, func(a *answer) error {
		if a.Node != nil {
			node = *a.Node
		}
		if a.Process == nil {
			return nil
		}
		return use(a.Process)
	})
	return node, err
}

// Terminate kills a process, by its PID or a name of it. It has ended some time
// after that.
//
// # Errors
//
// *mailbox.Error of kind NoProc if there is none.
func (c *Client) Terminate(ctx context.Context, dest string) error {
	return c.ask(ctx, request{Op: opTerminate, Dest: dest}, ignore)
}

// Cancel asks a process to end within grace, after which it is killed. The error
// is Terminate's.
func (c *Client) Cancel(ctx context.Context, dest, reason string, grace time.Duration) error {
	return c.ask(ctx, request{Op: opCancel, Dest: dest, Reason: reason, GraceMS: grace.Milliseconds()}, ignore)
}

func ignore(*answer) error { return nil }

// ask sends a request and reads the answer.
func (c *Client) ask(ctx context.Context, req request, use func(*answer) error) error {
	req.Version = Version
	line, err := json.Marshal(req)
	if err != nil {
		return err
	}
	if len(line) >= maxRequest {
		return mailbox.Errorf(mailbox.Invalid, "a request may have %d bytes, with the reason; this one has %d", maxRequest, len(line)+1)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", c.path)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return err
	}
	if err := readAnswer(conn, use); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	return nil
}
