package cli

import "testing"

func TestEnded(t *testing.T) {
	if r := Ended(false); r.Code != 0 || !r.HasCode || r.Err != nil {
		t.Errorf("%+v", r)
	}
	if r := Ended(true); r.Code != 1 || !r.HasCode || r.Err == nil || r.Err.Message != "exit code 1" {
		t.Errorf("%+v", r)
	}
}

func TestIsRun(t *testing.T) {
	for name, want := range map[string]bool{
		"wasi:cli/run@0.2.0": true, "wasi:cli/run@0.2.12": true, "wasi:cli/run": false, "wasi:cli/run@0.3.0": false,
		"wasi:cli/run@0.20.0": false, "acme:cli/run@0.2.0": false, "wasi:cli/runs@0.2.0": false,
	} {
		if IsRun(name) != want {
			t.Errorf("%s is: %t", name, !want)
		}
	}
}
