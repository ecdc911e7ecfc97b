package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"wippy/runtime/control"
	"wippy/runtime/metrics"
)

// nodeFlags are the flags of every command that runs a node.
type nodeFlags struct {
	metrics string
}

func (f *nodeFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.metrics, "metrics", "", "serve Prometheus metrics at `HOST:PORT`, as /metrics; and /healthz")
}

// badGrace is the mistake of a negative --grace.
func badGrace(d time.Duration) error {
	return fmt.Errorf("--grace: expected a duration such as 5s, found %v", d)
}

// ears are where a node hears who asks about it from outside.
type ears struct {
	taken   bool            // listen was called
	metrics *metrics.Server // nil where nobody wants it
	control *control.Server // nil where it cannot be made
}

// listen takes the places where the node is asked from outside, before anything
// takes long. A node without a control socket works as well, so that this is only
// logged.
//
// # Errors
//
// When the address for metrics cannot be used.
func (n *node) listen() error {
	if n.ears.taken {
		return nil
	}
	n.ears.taken = true
	if addr := n.cli.node.metrics; addr != "" {
		var err error
		if n.ears.metrics, err = metrics.Listen(addr); err != nil {
			return fmt.Errorf("--metrics: %w", err)
		}
	}
	about := control.Node{Command: n.command, Version: version()}
	if n.dir != "" {
		about.App, _ = filepath.Abs(n.dir)
	}
	var err error
	if n.ears.control, err = control.Listen(about); err != nil {
		n.rt.Logger().Debug("ps and kill will not find this node", "error", err)
	}
	return nil
}

// start starts the runtime, and answers who asks about it, until close.
func (n *node) start() error {
	if err := n.listen(); err != nil {
		return err
	}
	if err := n.rt.Start(); err != nil {
		return err
	}
	if m := n.ears.metrics; m != nil {
		m.Serve(n.rt, metrics.LinesDropped(n.cli.sink.lostLines))
		n.rt.Logger().Info("metrics are served", "address", m.Addr().String())
	}
	if n.ears.control != nil {
		n.ears.control.Serve(n.rt)
	}
	return nil
}

// deafen gives up what listen took.
func (n *node) deafen() {
	if n.ears.metrics != nil {
		n.ears.metrics.Close()
	}
	if n.ears.control != nil {
		n.ears.control.Close()
	}
	n.ears = ears{}
}
