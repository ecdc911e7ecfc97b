package log_test

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"wippy/luamod/internal/luatest"
	"wippy/luamod/log"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLua(t *testing.T) {
	luatest.Run(t, nil, log.Module())
}

func TestManyFields(t *testing.T) {
	ctx := luatest.NewContext()
	result := luatest.Script(t, ctx, "test.lua", `
		local fields, list = {}, {}
		for i = 1, 5000 do fields["k" .. i] = i; list[i] = i end
		require("log").info("fields", fields)
		require("log").info("list", {list = list})
	`, log.Module())
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	if n := strings.Count(ctx.Log.String(), "…"); n < 2 || ctx.Log.Len() > 20_000 {
		t.Errorf("the log has %d bytes and %d ellipses", ctx.Log.Len(), n)
	}
}

// TestJSON shows that every line is a JSON object without a name that is there twice.
func TestJSON(t *testing.T) {
	ctx := luatest.NewContext()
	ctx.JSON = true
	result := luatest.Script(t, ctx, "test.lua", `
		require("log").with{id = 1, nan = 0/0, [""] = {pid = 5}}:info("m", {
			id = 2, level = "x", pid = "<9.9.9>", huge = math.huge, list = {1, 0/0, {a = 1}}, bytes = "\255",
		})
	`, log.Module())
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	want := `{"level":"INFO","msg":"m","fields":{"(empty)":{"pid":5},"bytes":"\ufffd","huge":"+Inf","id":2,` +
		`"level":"x","list":[1,"NaN",{"a":1}],"nan":"NaN","pid":"<9.9.9>"}}` + "\n"
	if got := ctx.Log.String(); got != want {
		t.Errorf("the log is\n%swant\n%s", got, want)
	}
}

func TestLongTexts(t *testing.T) {
	ctx := luatest.NewContext()
	result := luatest.Script(t, ctx, "test.lua", `
		local long = ("é"):rep(1e6)
		require("log").info(long, {[long] = long, list = {long, long}})
	`, log.Module())
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	if n := strings.Count(ctx.Log.String(), "…"); n < 5 || ctx.Log.Len() > 200_000 {
		t.Errorf("the log has %d bytes and %d ellipses", ctx.Log.Len(), n)
	}
}
