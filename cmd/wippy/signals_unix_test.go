//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// TestSystemSignals takes each of the signals, but one that is ignored.
func TestSystemSignals(t *testing.T) {
	send := func(s syscall.Signal) {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	signals, stop := systemSignals()
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		send(s)
		if got := <-signals; got != s {
			t.Errorf("got %v for %v", got, s)
		}
	}
	stop()
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	signals, stop = systemSignals()
	defer stop()
	send(syscall.SIGHUP)
	send(syscall.SIGTERM)
	if got := <-signals; got != syscall.SIGTERM {
		t.Errorf("got %v, though it is ignored", got)
	}
}
