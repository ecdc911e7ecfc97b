package canon

import (
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"wippy/mailbox"
)

// What wazero has is what calls take.
var (
	_ Memory   = api.Memory(nil)
	_ CoreFunc = api.Function(nil)
)

// echoModule exports memory "m", realloc "r", which bumps and never copies, and "e", which takes
// two i32 and gives the address of them in memory.
var echoModule = []byte("\x00asm\x01\x00\x00\x00" +
	"\x01\x0f\x02\x60\x04\x7f\x7f\x7f\x7f\x01\x7f\x60\x02\x7f\x7f\x01\x7f" + // types
	"\x03\x03\x02\x00\x01" + // functions
	"\x05\x03\x01\x00\x01" + // a memory of a page
	"\x06\x07\x01\x7f\x01\x41\x80\x08\x0b" + // a global of 1024
	"\x07\x0d\x03\x01m\x02\x00\x01r\x00\x00\x01e\x00\x01" +
	"\x0a\x26\x02" +
	"\x11\x00\x23\x00\x23\x00\x20\x03\x6a\x41\x07\x6a\x41\x78\x71\x24\x00\x0b" +
	"\x12\x00\x41\x08\x20\x00\x36\x02\x00\x41\x0c\x20\x01\x36\x02\x00\x41\x08\x0b")

// TestWazero calls core code as it really runs.
func TestWazero(t *testing.T) {
	engine := wazero.NewRuntime(bg)
	defer engine.Close(bg)
	c, s := NewCompiler(), &Store{}
	instantiate := func() (*Options, api.Module) {
		m, err := engine.InstantiateWithConfig(bg, echoModule, wazero.NewModuleConfig().WithName(""))
		if err != nil {
			t.Fatal(err)
		}
		return &Options{Instance: s.NewInstance(nil, 0), Memory: m.Memory(), Realloc: m.ExportedFunction("r")}, m
	}
	f := compile(t, c, function(tString, tString))
	o, m := instantiate()
	l := &Lifted{Plan: f, Options: o, Core: m.ExportedFunction("e")}
	for _, text := range []string{"", "hello", strings.Repeat("☃", 1000)} {
		if v, err := l.Call(bg, []mailbox.Value{str(text)}); err != nil || v.Str() != text {
			t.Errorf("%s %v", v, err)
		}
	}
	u, _ := instantiate()
	u.Encoding = UTF16
	u.Memory.(api.Memory).Write(64, []byte("h\x00i\x00"))
	low := &Lowered{Plan: f, Options: u, Target: l}
	stack := []uint64{64, 2, 16}
	if err := low.Call(bg, stack); err != nil {
		t.Fatal(err)
	}
	mem := u.view()
	p := le.Uint32(mem[16:])
	if units := le.Uint32(mem[20:]); units != 2 || string(mem[p:p+4]) != "h\x00i\x00" {
		t.Errorf("%d units at %#x", units, p)
	}
	_, err := l.Call(bg, []mailbox.Value{str(strings.Repeat("x", 1<<16))})
	wantTrap(t, err, "realloc return: beyond end of memory")
}
