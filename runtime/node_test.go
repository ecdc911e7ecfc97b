package runtime_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"wippy/mailbox"
	"wippy/runtime"
)

func TestNodeFromGo(t *testing.T) {
	rt, err := runtime.New()
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Send("<1.1.1>", "early"); !errors.Is(err, mailbox.Unavailable) {
		t.Errorf("before Start: %v", err)
	}
	if _, err := rt.Broadcast("all", "early"); !errors.Is(err, mailbox.Unavailable) || rt.LeaveGroup("all", "x") || rt.GroupMembers("all") != nil {
		t.Errorf("before Start: %v", err)
	}
	if rt.Waiting() != 0 {
		t.Error("processes wait before Start")
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	if err := rt.Load("testdata"); err == nil {
		t.Error("an application was loaded into a running node")
	}
	prog, err := rt.CompileScript("echo.lua", []byte(`return process.receive().payload, process.receive().payload`), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := rt.SpawnProgram(context.Background(), prog, "echo.lua", runtime.DefaultGroup)
	if err != nil {
		t.Fatal(err)
	}
	if i, ok := rt.Info(p.PID()); !ok || i.Group != runtime.DefaultGroup {
		t.Errorf("info: %+v, %t", i, ok)
	}
	if pids, err := rt.List(runtime.DefaultGroup); err != nil || len(pids) != 1 || pids[0] != p.PID() {
		t.Errorf("list: %v, %v", pids, err)
	}
	if err := rt.Register("echo", p.PID()); err != nil {
		t.Error(err)
	}
	if err := rt.Register("echo", p.PID()); !errors.Is(err, mailbox.Exists) {
		t.Errorf("a name that is taken: %v", err)
	}
	if pid, ok := rt.Lookup("echo"); !ok || pid != p.PID() {
		t.Errorf("lookup: %s, %t", pid, ok)
	}
	if err := errors.Join(rt.Send("echo", "t", 1), rt.JoinGroup("all", "echo"), rt.Unregister("echo")); err != nil {
		t.Error(err)
	}
	if pids := rt.GroupMembers("all"); len(pids) != 1 || pids[0] != p.PID() {
		t.Errorf("members: %v", pids)
	}
	if taken, err := rt.Broadcast("all", "t", "two"); taken != 1 || err != nil {
		t.Errorf("broadcast: %d, %v", taken, err)
	}
	if rt.LeaveGroup("all", "nobody") {
		t.Error("nobody left")
	}
	e := p.Exit()
	if e.Err != nil || e.Values[0].Float() != 1 || e.Values[1].Str() != "two" {
		t.Errorf("exit: %+v", e)
	}
	if err := rt.Terminate(p.PID()); !errors.Is(err, mailbox.NoProc) {
		t.Errorf("terminating the dead: %v", err)
	}
	if err := rt.Cancel("echo", "late", 0); !errors.Is(err, mailbox.NoProc) {
		t.Errorf("cancelling a name of nobody: %v", err)
	}
}

// Close ends what runs, whatever was forgotten before it, and may be called again.
func TestCloseStops(t *testing.T) {
	rt, err := runtime.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	prog, err := rt.CompileScript("loop.lua", []byte(`while true do end`), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := rt.SpawnProgram(context.Background(), prog, "loop.lua", rt.Terminal())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	}
	if e := p.Exit(); e.Reason != mailbox.ReasonCancelled {
		t.Errorf("exit: %+v", e)
	}
}

// An application without a terminal.host may call something else by the name
// of the default one.
func TestDefaultTerminalGivesWay(t *testing.T) {
	dir := t.TempDir()
	const yaml = "namespace: app\nentries:\n  - {name: terminal, kind: process.host}\n"
	if err := os.WriteFile(filepath.Join(dir, "_index.yaml"), []byte(yaml), 0o666); err != nil {
		t.Fatal(err)
	}
	rt, err := runtime.New()
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.Load(dir); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	if got := rt.Terminal(); got != runtime.DefaultTerminal+"_" {
		t.Errorf("the terminal is %s", got)
	}
}
