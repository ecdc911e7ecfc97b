// Package soak holds the tests of many processes at once: what is acknowledged
// is not lost, and everyone's end is told once, whoever is killed meanwhile.
package soak

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/runtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds a test that hangs.
const patience = 3 * time.Minute

// TestRandomKills has 10,000 processes, of Lua and WebAssembly in turn, killed at
// random while they message each other. A receiver acknowledges a message once it is in the ledger; so each
// that a sender saw acknowledged has to be there.
func TestRandomKills(t *testing.T) {
	victims := 10_000
	if testing.Short() {
		victims = 1000
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	rt, err := runtime.New()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := rt.Load(application(t, "testdata/kills")); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(); err != nil {
		t.Fatal(err)
	}
	counts, err := rt.Run(ctx, "soak:keeper", "soak:others", victims, 200)
	if err != nil {
		t.Fatal(err)
	}
	received, acknowledged, lost := counts[0].Float(), counts[1].Float(), counts[2].Float()
	t.Logf("%.0f messages, %.0f acknowledged", received, acknowledged)
	if received == 0 || acknowledged == 0 {
		t.Error("no message was acknowledged: the test shows nothing")
	}
	if lost > 0 {
		t.Errorf("%.0f acknowledged messages were lost", lost)
	}
	if err := rt.Stop(ctx, "over", 0); err != nil {
		t.Error(err)
	}
}

// application copies one to a folder of its own, with the guest peer.wasm, whose
// hash ${hash:peer} stands for, and gives the folder.
func application(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	peer, err := os.ReadFile("../guests/bin/peer.wasm")
	if err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(dir, "_index.yaml")
	text, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("${hash:peer}"), fmt.Appendf(nil, "sha256:%x", sha256.Sum256(peer)))
	for name, data := range map[string][]byte{index: text, filepath.Join(dir, "peer.wasm"): peer} {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
