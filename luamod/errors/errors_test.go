package errors

import (
	"testing"

	"wippy/luamod/internal/luatest"
)

func TestLua(t *testing.T) { luatest.Run(t, nil, Module()) }
