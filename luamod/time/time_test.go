package timemod_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"wippy/luamod/internal/luatest"
	timemod "wippy/luamod/time"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLua(t *testing.T) {
	luatest.Run(t, nil, timemod.Module(luatest.Start.Add(-10*time.Second)))
}
