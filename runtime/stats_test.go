package runtime_test

import (
	"testing"

	"wippy/runtime"
)

// TestStatsWithoutAStart gives what there is: nothing but compilations.
func TestStatsWithoutAStart(t *testing.T) {
	rt, err := runtime.New()
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if _, err := rt.CompileScript("good.lua", []byte("return 1"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.CompileScript("bad.lua", []byte("return +"), nil); err == nil {
		t.Fatal("it was compiled")
	}
	st := rt.Stats()
	if n := st.Compiled["process.lua"].Count(); n != 2 || st.CompileErrors["process.lua"] != 1 {
		t.Errorf("%d compilations of Lua, of which %d failed", n, st.CompileErrors["process.lua"])
	}
	if d, there := st.Compiled["process.wasm"]; !there || d.Count() != 0 || len(st.Entries) != 0 {
		t.Errorf("%+v", st)
	}
	for p := range rt.Processes() {
		t.Errorf("a process: %+v", p)
	}
	if rt.Live() != 0 || rt.Stopping() {
		t.Error("it runs")
	}
}
