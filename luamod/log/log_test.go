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
