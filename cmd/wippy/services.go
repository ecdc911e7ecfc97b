package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"wippy/mailbox"
	"wippy/runtime"
)

// runServices runs the application's services until a signal, or none is left.
func (c *cli) runServices() error {
	dir, err := c.needApp()
	if err != nil {
		return fmt.Errorf("%w; without a name, run starts an application's services", err)
	}
	n, err := c.open(dir)
	if err != nil {
		return err
	}
	defer n.close()
	n.command = "run"
	return n.runServices()
}

func (n *node) runServices() error {
	signals, stop := n.cli.signals()
	defer stop()
	defer ignorePipes()() // a log that nobody reads ends no service
	defer n.cli.flushLog(signals)
	_, err := compile(n, signals, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, n.rt.PrepareServices(ctx, runtime.ApplicationServices)
	})
	if err != nil {
		return err
	}
	if err := n.start(); err != nil {
		return err
	}
	var services *runtime.Services
	_, err = n.log.spawnMain(func() (*runtime.Process, error) {
		var err error
		if services, err = n.rt.StartServices(context.Background(), runtime.ApplicationServices); err != nil {
			return nil, err
		}
		return services.Process(), nil
	})
	if err != nil {
		n.stop("nothing to run", 0, signals)
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		if services.Started(ctx) == nil {
			slog.New(n.log).Info("the services have started", "services", services.Count())
		}
	}()
	select {
	case <-services.Done():
		n.stop("every service has ended", lastSecond, signals)
		return n.servicesOver(services)
	case s := <-signals:
		killed := n.stopServices(services, s.String(), signals) || n.stop(s.String(), n.cli.grace, signals)
		if s == syscall.SIGTERM && !killed && !n.stuck {
			return nil // it did what it was asked
		}
		return signalled(s)
	}
}

// servicesOver says that no service is left, and gives the command's result:
// zero where all of them ended well.
func (n *node) servicesOver(services *runtime.Services) error {
	if e := services.Exit(); e.Err != nil {
		n.cli.complain(e.Err)
		return exit(exitFailed)
	}
	fmt.Fprintln(n.cli.stderr, "wippy: every service has ended")
	return nil
}

// stopServices stops the services in order, each in its own time. A further
// signal kills all processes; it is true then.
func (n *node) stopServices(services *runtime.Services, reason string, signals <-chan os.Signal) (killed bool) {
	within, bounded := services.StopTime()
	hint := "services have"
	if bounded {
		hint += fmt.Sprintf(" %v", within)
	} else {
		hint += " as long as they like"
	}
	waiting := time.AfterFunc(sayWaiting, func() {
		fmt.Fprintf(n.cli.stderr, "wippy: %s: %s to stop in order; once more kills them\n", reason, hint)
	})
	defer waiting.Stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if bounded {
		ctx, cancel = context.WithTimeout(ctx, within+n.cli.patience)
		defer cancel()
	}
	stopped := make(chan struct{})
	go func() {
		_ = services.Stop(ctx, reason) // what is stuck is named when the node stops
		close(stopped)
	}()
	select {
	case <-stopped:
		return false
	case <-signals:
		n.rt.KillAll()
		n.stop(reason, 0, signals)
		return true
	}
}

// startAlways starts the services that run beside a command, and waits until
// they have started. A signal meanwhile stops them.
func (n *node) startAlways(signals <-chan os.Signal) (*runtime.Services, error) {
	services, err := n.rt.StartServices(context.Background(), runtime.AlwaysServices)
	if errors.Is(err, mailbox.NotFound) {
		return nil, nil
	}
	if err != nil {
		n.stop("nothing to run", 0, signals)
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	started := make(chan error, 1)
	go func() { started <- services.Started(ctx) }()
	select {
	case err := <-started:
		if err == nil {
			return services, nil
		}
		n.stopAll(services, "a service cannot start", lastSecond, signals)
		n.cli.complain(err)
		return nil, exit(exitFailed)
	case s := <-signals:
		n.stopAll(services, s.String(), n.cli.grace, signals)
		return nil, signalled(s)
	}
}

// stopAll stops services, if there are any, and then all other processes.
func (n *node) stopAll(services *runtime.Services, reason string, grace time.Duration, signals <-chan os.Signal) {
	if services != nil && n.stopServices(services, reason, signals) {
		return
	}
	n.stop(reason, grace, signals)
}
