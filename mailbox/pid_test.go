package mailbox

import (
	"fmt"
	"math"
	"testing"
)

func TestPIDRoundTrip(t *testing.T) {
	for _, c := range []struct {
		node, group uint32
		n           uint64
		text        string
	}{
		{0, 0, 0, "<0.0.0>"},
		{1, 2, 3, "<1.2.3>"},
		{math.MaxUint32, math.MaxUint32, math.MaxUint64, "<4294967295.4294967295.18446744073709551615>"},
	} {
		p := MakePID(c.node, c.group, c.n)
		if string(p) != c.text || !IsPID(c.text) {
			t.Errorf("MakePID(%d, %d, %d) = %s, IsPID %v, want %s", c.node, c.group, c.n, p, IsPID(c.text), c.text)
		}
		node, group, n, err := p.Split()
		if node != c.node || group != c.group || n != c.n || err != nil {
			t.Errorf("%s.Split() = %d, %d, %d, %v", p, node, group, n, err)
		}
	}
}

func TestSplitRefusesEveryOtherSpelling(t *testing.T) {
	for _, s := range []string{
		"", "<", ">", "<>", "1.2.3", "<1.2.3", "1.2.3>", "<<1.2.3>>", "<1.2>", "<1.2.3.4>", "<1..3>", "<1.2.3> ",
		"<a.2.3>", "<-1.2.3>", "<+1.2.3>", "<01.2.3>", "<1.2.0x3>", "<1_0.2.3>", "<1 .2.3>",
		"<4294967296.0.0>", "<0.4294967296.0>", "<0.0.18446744073709551616>",
	} {
		node, group, n, err := PID(s).Split()
		want := fmt.Sprintf("expected a PID like <1.2.3>, got %q", s)
		if err == nil || err.Error() != want || node != 0 || group != 0 || n != 0 {
			t.Errorf("Split(%q) = %d, %d, %d, %v, want %s", s, node, group, n, err, want)
		}
	}
}

func TestIsPIDAsksForTheBracketOnly(t *testing.T) {
	for s, want := range map[string]bool{"": false, "name": false, "1.2.3": false, "<": true, "<1.2.3>": true, "<x": true} {
		if IsPID(s) != want {
			t.Errorf("IsPID(%q) = %v", s, !want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"<1.2.3>", "<1.2>", "<01.2.3>", "<4294967296.0.0>", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		node, group, n, err := PID(s).Split()
		if err == nil && string(MakePID(node, group, n)) != s {
			t.Errorf("%q was taken for %s", s, MakePID(node, group, n))
		}
	})
}

func TestInboxAddresses(t *testing.T) {
	p := MakePID(1, 2, 3)
	address := p.Inbox(7)
	if address != "<1.2.3/7>" {
		t.Fatal(address)
	}
	if owner, n, ok := address.SplitInbox(); !ok || owner != p || n != 7 {
		t.Errorf("%s, %d, %v", owner, n, ok)
	}
	for _, s := range []PID{"", "<", "/", "<1.2.3>", "<1.2.3/>", "<1.2.3/07>", "<1.2.3/-1>", "<1.2.3/7", "1.2.3/7>", "a/7>", "<1.2.3/99999999999999999999>", "<1.2.3/7/7>"} {
		if owner, n, ok := s.SplitInbox(); ok {
			t.Errorf("%q is inbox %d of %q", s, n, owner)
		}
	}
}

func FuzzSplitInbox(f *testing.F) {
	f.Add("<1.2.3/7>")
	f.Add("<//>")
	f.Fuzz(func(t *testing.T, s string) {
		if owner, n, ok := PID(s).SplitInbox(); ok && owner.Inbox(n) != PID(s) {
			t.Errorf("%q splits into %q and %d", s, owner, n)
		}
	})
}
