// Command wippy runs Lua scripts and WebAssembly modules as processes: the
// commands of an application, a script, or a bare module. See wippy help.
package main

import (
	"io"
	"log"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// ballast is never used, and takes no memory but addresses. The garbage collector
// counts it as alive, and so lets 64 MiB gather before it runs for the first
// time: a node whose processes come and go makes garbage fast while little is
// alive, and would collect hundreds of times a second.
var ballast = make([]byte, 32<<20)

func main() {
	runtime.KeepAlive(ballast)
	log.SetOutput(io.Discard) // where package net/http quotes what servers send unasked: a guest's server would write to our log
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run runs the command line and gives the exit code. args are without the
// program's name.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &cli{
		stdin: stdin, stdout: stdout, stderr: stderr,
		signals:  systemSignals,
		grace:    5 * time.Second,
		patience: 2 * time.Second,
	}
	return c.run(args)
}

// systemSignals takes over the signals that ask the program to end, until stop: an
// interrupt, SIGTERM, and SIGHUP when its terminal goes away. One that is ignored
// stays so, as nohup and shells want it of what runs in the background.
func systemSignals() (signals <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 2)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
	return c, func() { signal.Stop(c) }
}
