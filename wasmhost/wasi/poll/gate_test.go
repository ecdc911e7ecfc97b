package poll

import "testing"

func TestGate(t *testing.T) {
	var g Gate
	woken := 0
	wake := func() { woken++ }
	stop := g.Watch(wake)
	g.Set(false)
	if g.Ready() || woken != 0 {
		t.Error("open")
	}
	g.Set(true)
	g.Set(true)
	if !g.Ready() || woken != 1 {
		t.Errorf("woken %d times", woken)
	}
	stop()
	g.Watch(wake)() // it is open
	g.Set(false)
	g.Watch(wake)()
	g.Set(true)
	if woken != 2 {
		t.Errorf("woken %d times", woken)
	}
}
