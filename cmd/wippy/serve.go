package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"wippy/config"
	"wippy/internal/neterr"
	"wippy/runtime"
	"wippy/wasmhost"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wasi/network"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	moduleFlags
	addr, group string
	grace       time.Duration
	logRequests bool
}

func (c *cli) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [flags] ENTRY|FILE.wasm",
		Short: "Serve HTTP by a component, a process for each request",
		Long: `Serve HTTP by a component that exports wasi:http/incoming-handler: an entry of
the application, or a file. Each request is handled by a process of its own, for
which the limits of the entry and of its group hold; a group without room answers
503. HTTP/1.1, and HTTP/2 in clear text to clients that begin with it.

The first signal lets the requests that there are come to their end, the second
ends them. After a SIGTERM the exit code is 0 if they did, and 143 if not; after
an interrupt it is 130.`,
		Example: `  wippy serve --addr :8080 app:web        an entry of the application
  wippy serve --addr :8080 --allow api.example.com:443 web.wasm`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("serve needs one entry, or one .wasm file, got %d; see \"wippy serve --help\"", len(args))
			}
			if _, _, err := net.SplitHostPort(f.addr); err != nil {
				return fmt.Errorf("--addr %s: expected HOST:PORT, or :PORT for all addresses of the machine", f.addr)
			}
			if f.grace < 0 {
				return badGrace(f.grace)
			}
			if filepath.Ext(args[0]) == moduleExt {
				if f.group != "" {
					return errors.New("--group is for an entry; a file runs in a group of its own")
				}
				return c.serveFile(args[0], &f)
			}
			if flag := firstModuleFlag(cmd); flag != "" {
				return fmt.Errorf("--%s is for a .wasm file; %s is none", flag, args[0])
			}
			return c.serveEntry(args[0], &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8080", "listen on `HOST:PORT`; port 0 picks one")
	flags.StringVar(&f.group, "group", "", "run the processes in this `process.host` (otherwise the only one that there is)")
	flags.DurationVar(&f.grace, "grace", c.grace, "what requests have to end after the first signal")
	flags.BoolVar(&f.logRequests, "log-requests", false, "log each request")
	f.add(flags)
	c.node.add(flags)
	return cmd
}

// serveEntry serves by an entry of the application.
func (c *cli) serveEntry(name string, f *serveFlags) error {
	dir, err := c.needApp()
	if err != nil {
		return err
	}
	n, err := c.open(dir)
	if err != nil {
		return err
	}
	defer n.close()
	id, err := findEntry(n.rt, name)
	if err != nil {
		return err
	}
	group, err := pickGroup(n.rt.App(), id, f.group)
	if err != nil {
		return err
	}
	return n.serve(string(id), f, func(ctx context.Context) (*runtime.Handler, error) {
		return n.rt.Handler(ctx, string(id), group)
	})
}

// findEntry gives the entry that the user names, by its ID or, where only one
// has it, by its name alone.
func findEntry(rt *runtime.Runtime, name string) (config.ID, error) {
	if rt.App().Entry(config.ID(name)) != nil {
		return config.ID(name), nil
	}
	var found, known []string
	for _, id := range rt.Programs() {
		known = append(known, string(id))
		if _, after, _ := strings.Cut(string(id), ":"); after == name {
			found = append(found, string(id))
		}
	}
	if len(found) == 1 {
		return config.ID(found[0]), nil
	}
	hint := "there are " + strings.Join(known, ", ")
	switch near := config.Nearest(name, known); {
	case len(found) > 1:
		return "", fmt.Errorf("several entries are called %q; name one of %s", name, strings.Join(found, ", "))
	case near != "":
		hint = fmt.Sprintf("did you mean %q?", near)
	case len(known) == 0:
		hint = "the application has none that can be run"
	}
	if _, err := os.Stat(name + moduleExt); err == nil {
		hint = fmt.Sprintf("did you mean the file %s?", name+moduleExt)
	}
	return "", fmt.Errorf("there is no entry %q; %s", name, hint)
}

// pickGroup gives the group that the user names, or else the only one.
func pickGroup(app *config.App, entry config.ID, name string) (string, error) {
	hosts := app.ByKind("process.host")
	switch {
	case name != "":
		return name, nil
	case len(hosts) == 1:
		return string(hosts[0].ID), nil
	case len(hosts) == 0:
		return "", &config.Error{
			Pos:     app.Entry(entry).Pos,
			Message: fmt.Sprintf("serving %q needs a process.host, which the application lacks", entry),
			Hint:    "add below entries:\n  - name: processes\n    kind: process.host",
		}
	}
	var ids []string
	for _, h := range hosts {
		ids = append(ids, string(h.ID))
	}
	return "", fmt.Errorf("the application has several process groups; pick one with --group: %s", strings.Join(ids, ", "))
}

// serveFile serves by a bare component, outside of any application.
func (c *cli) serveFile(file string, f *serveFlags) error {
	src := wasmhost.Source{Name: file, Method: wasmhost.HandlerMethod, Grants: slices.Clone(bareGrants)}
	if err := f.world(&src); err != nil {
		return err
	}
	if !src.Grants.Has("wasi:http") { // to serve is not yet to send requests
		src.Grants = append(src.Grants, "wasi:http")
		src.Network, _ = network.New(nil)
		src.Network.Where = "--allow"
	}
	var err error
	if src.Bytes, err = readFile(file, wasmhost.MaxBinary); err != nil {
		return err
	}
	if module.IsComponent(src.Bytes) && len(src.Dirs) == 0 {
		src.Grants = append(src.Grants, "wasi:filesystem") // as for run
	}
	n, err := c.open("")
	if err != nil {
		return err
	}
	defer n.close()
	return n.serve(file, f, func(ctx context.Context) (*runtime.Handler, error) {
		prog, err := n.rt.CompileModule(ctx, src)
		if err != nil {
			return nil, err
		}
		return n.rt.HandlerOf(prog, file, runtime.DefaultGroup)
	})
}

// serve compiles a handler, and serves by it until a signal comes.
func (n *node) serve(name string, f *serveFlags, make func(context.Context) (*runtime.Handler, error)) error {
	n.command = "serve " + name
	signals, stop := n.cli.signals()
	defer stop()
	defer ignorePipes()() // a log that nobody reads ends no request
	defer n.cli.flushLog(signals)
	listener, err := listen(f.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	handler, err := compile(n, signals, make)
	if err != nil {
		return err
	}
	if f.logRequests {
		handler.RequestLevel = slog.LevelInfo
	}
	if err := n.start(); err != nil {
		return err
	}
	server := n.rt.NewServer(handler)
	served := goServe(server, listener)
	fmt.Fprintf(n.cli.stderr, "wippy: %s is served on http://%s\n", name, listener.Addr())
	var result error
	asked := false // to end, and it did so in order
	select {
	case err := <-served: // the listener is of no use any more
		n.cli.complain(err)
		result = exit(exitFailed)
	case s := <-signals:
		asked = n.shutDown(server, s, f.grace, signals) && s == syscall.SIGTERM
		<-served
		result = signalled(s)
	}
	_ = server.Close()
	if killed := n.stop("the server has ended", lastSecond, signals); asked && !killed && !n.stuck {
		return nil // as for services
	}
	return result
}

// goServe serves in the background.
func goServe(server *runtime.Server, l net.Listener) <-chan error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	return served
}

// shutDown lets requests come to their end, and ends them when grace is over or
// at a further signal. It is true when all of them came to their end.
func (n *node) shutDown(server *runtime.Server, s os.Signal, grace time.Duration, signals <-chan os.Signal) bool {
	waiting := time.AfterFunc(sayWaiting, func() {
		fmt.Fprintf(n.cli.stderr, "wippy: %v: requests have %v to end; once more ends them\n", s, grace)
	})
	defer waiting.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- server.Shutdown(ctx) }()
	select {
	case err := <-done:
		return err == nil
	case <-signals:
		cancel()
		<-done
		n.rt.KillAll()
		return false
	}
}

// listen listens on an address that the user gave.
func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l, nil
	}
	hint := ""
	_, unknown := errors.AsType[*net.DNSError](err)
	switch kind := neterr.Of(err); {
	case kind == neterr.InUse:
		return nil, fmt.Errorf("--addr %s: another program listens there; end it, or choose another port (port 0 picks one that is free)", addr)
	case kind == neterr.Denied:
		hint = "; ports below 1024 are for the system's own programs on most systems"
	case kind == neterr.NoAddress, unknown:
		hint = "; expected an address of this machine"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return nil, fmt.Errorf("--addr %s: %w%s", addr, err, hint)
}
