package canon

import "testing"

func TestObjects(t *testing.T) {
	var o Objects[string]
	a, b := o.Add("a"), o.Add("b")
	if v, ok := o.Get(a); a != 1 || b != 2 || v != "a" || !ok || o.Len() != 2 {
		t.Errorf("reps %d and %d, %q %v", a, b, v, ok)
	}
	if v, ok := o.Remove(a); v != "a" || !ok {
		t.Errorf("%q %v", v, ok)
	}
	for _, rep := range []uint32{0, a, 3, 1<<32 - 1} {
		if v, ok := o.Get(rep); ok || v != "" {
			t.Errorf("rep %d is %q", rep, v)
		}
		if _, ok := o.Remove(rep); ok {
			t.Errorf("rep %d was removed", rep)
		}
	}
	if c := o.Add("c"); c != a || o.Len() != 2 {
		t.Errorf("rep %d, %d kept", c, o.Len())
	}
	var all string
	for rep, v := range o.All {
		all += v
		o.Remove(rep)
	}
	if all != "cb" || o.Len() != 0 {
		t.Errorf("all are %q, %d left", all, o.Len())
	}
}
