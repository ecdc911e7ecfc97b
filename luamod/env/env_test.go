package env_test

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"wippy/config"
	"wippy/luamod/env"
	"wippy/luamod/internal/luatest"
	"wippy/mailbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source holds values by ID; the IDs with "secret" or "granted" are secret.
type source map[config.ID]string

func (s source) Env(id config.ID) (string, bool, error) {
	secret := strings.Contains(string(id), "secret") || strings.Contains(string(id), "granted")
	value, ok := s[id]
	if !ok {
		return "", secret, mailbox.Errorf(mailbox.NotFound, "no %s", id)
	}
	return value, secret, nil
}

func TestLua(t *testing.T) {
	values := source{
		"app:mode": "fast", "other:mode": "slow", "app:empty": "",
		"app:granted": "t0k3n", "app:secret": "s3cr3t",
	}
	luatest.Run(t, nil, env.Module(values, func(entry, variable config.ID) bool {
		return entry == "app:test" && variable == "app:granted"
	}))
}

func TestNobodyIsGranted(t *testing.T) {
	result := luatest.Script(t, luatest.NewContext(), "test.lua", `
		local value, err = require("env").get("granted")
		assert(value == nil and err:kind() == "denied")
	`, env.Module(source{"app:granted": "t0k3n"}, nil))
	if result.Err != nil {
		t.Error(result.Err)
	}
}
