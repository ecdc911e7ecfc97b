package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"wippy/luamod/internal/luatest"
	"wippy/luamod/json"
	timemod "wippy/luamod/time"
	"wippy/mailbox"
	"wippy/runtime/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLua(t *testing.T) {
	luatest.Run(t, nil, json.Module(), timemod.Module(luatest.Start))
}

// TestMemory decodes and encodes small values that stand for large ones.
func TestMemory(t *testing.T) {
	for name, script := range map[string]string{
		"decode": `return require("json").decode("[" .. string.rep("[],", 10000) .. "[]]")`,
		"encode": `
			local t = {"x"}
			for i = 1, 40 do t = {t, t} end
			return require("json").encode(t)`,
	} {
		t.Run(name, func(t *testing.T) {
			ctx := luatest.NewContext()
			ctx.Limit = process.Limits{MaxMemory: 4 << 20}
			result := luatest.Script(t, ctx, "test.lua", script, json.Module())
			if result.Err != nil {
				t.Fatal(result.Err)
			}
			if err := result.Values[1].Err(); err == nil || err.Kind != mailbox.LimitHit {
				t.Errorf("got %v", result.Values)
			}
		})
	}
}

// TestFuel shows that a long text is charged for, and so can be ended.
func TestFuel(t *testing.T) {
	ctx := luatest.NewContext()
	ctx.Limit.MaxFuel = 20_000
	result := luatest.Script(t, ctx, "test.lua", `
		require("json").decode(string.rep(" ", 10e6) .. "1")`, json.Module())
	if result.Err == nil || result.Err.Kind != mailbox.Killed {
		t.Errorf("got %v", result.Err)
	}
}

// FuzzDecode compares with encoding/json what is accepted, and what comes of a
// round trip.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e3,"é\u00e9\ud83d\ude00\n",true,false,null,{}],"":[]}`, `[18446744073709551615]`, `"\ud83d"`,
		`{"a":1,"a":2}`, ` -0 `, `[1,]`, `01`, `"\x"`, "\"\xff\"", `1e999`, `[[[[[]]]]]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		script := fmt.Sprintf(`
			local json = require("json")
			local v, err = json.decode(%s)
			if err then return nil, err end
			return json.encode(v)`, luaString(text))
		result := luatest.Script(t, luatest.NewContext(), "fuzz.lua", script, json.Module())
		if result.Err != nil {
			t.Fatal(result.Err)
		}
		decoder := stdjson.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var want any
		wantErr := decoder.Decode(&want)
		if wantErr == nil && decoder.More() || !stdjson.Valid([]byte(text)) {
			wantErr = fmt.Errorf("more than one value")
		}
		if len(result.Values) == 2 {
			message := result.Values[1].Err().Message
			// The bounds and strictness that encoding/json has not.
			for _, ours := range []string{"UTF-8", "nested deeper", "out of range", "more than 4096"} {
				if strings.Contains(message, ours) {
					return
				}
			}
			if wantErr == nil {
				t.Errorf("%q: %s, which encoding/json accepts", text, message)
			}
			return
		}
		if wantErr != nil {
			t.Fatalf("%q is accepted, but: %v", text, wantErr)
		}
		again := stdjson.NewDecoder(strings.NewReader(result.Values[0].Str()))
		again.UseNumber()
		var got any
		if err := again.Decode(&got); err != nil {
			t.Fatalf("%q came back as %q: %v", text, result.Values[0].Str(), err)
		}
		if g, w := canonical(got), canonical(want); g != w {
			t.Errorf("%q came back as %s, want %s", text, g, w)
		}
	})
}

func luaString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		fmt.Fprintf(&b, "\\%03d", s[i])
	}
	b.WriteByte('"')
	return b.String()
}

// canonical writes what a decoded text means: members that are null are absent,
// integers are exact up to 64 bits, and all other numbers are floats.
func canonical(v any) string {
	var b bytes.Buffer
	e := stdjson.NewEncoder(&b)
	if err := e.Encode(plain(v)); err != nil {
		return err.Error()
	}
	return b.String()
}

func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if value == nil {
				delete(v, key)
			} else {
				v[key] = plain(value)
			}
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case stdjson.Number:
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil && i != 0 {
			return i
		}
		if u, err := strconv.ParseUint(v.String(), 10, 64); err == nil && u != 0 {
			return u
		}
		f, _ := v.Float64()
		if f == math.Trunc(f) && math.Abs(f) <= 1<<53 && f != 0 {
			return int64(f)
		}
		return f
	}
	return v
}
