package wasmhost

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// TestExpected calls every function of the guest echo with what another engine was
// asked as well (test/differential), as processes of the component, in each
// encoding, and of a core module of the canonical ABI.
func TestExpected(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(guests, "component", "echo.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Method string
		Args   []json.RawMessage
		Result json.RawMessage
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	wit, err := os.ReadFile(filepath.Join(guests, "component", "echo_core.wit"))
	if err != nil {
		t.Fatal(err)
	}
	for _, guest := range []string{"echo", "echo_utf16", "echo_latin1", "echo_core"} {
		t.Run(guest, func(t *testing.T) {
			h := newHost(t, Options{})
			src := Source{Name: guest + ".wasm", Bytes: readGuest(t, "component/"+guest)}
			programs := map[string]process.Program{}
			for _, c := range cases {
				if strings.HasSuffix(c.Method, "#leftover") {
					continue // what a call leaves for the next
				}
				src.Method = c.Method
				if guest == "echo_core" {
					src.WIT = string(wit)
					_, src.Method, _ = strings.Cut(c.Method, "#")
					if src.Method == "echo-tuple-one" {
						continue // the elements of a core module's tuple are results by themselves
					}
				}
				p := programs[src.Method]
				if p == nil {
					if p, err = h.Compile(context.Background(), src); err != nil {
						t.Fatal(err)
					}
					programs[src.Method] = p
				}
				args := make([]mailbox.Value, len(c.Args))
				for i, a := range c.Args {
					args[i] = fromJSON(t, a)
				}
				want := ""
				if c.Result != nil {
					want = string(fromJSON(t, c.Result).AppendJSON(nil))
				}
				if got := outcome(run(t, p, process.Limits{}, args...), want); got != want {
					t.Errorf("%s(%s): got %s, want %s", c.Method, c.Args, got, want)
				}
			}
		})
	}
}

// outcome gives what a process ended with in the form that want has: that of the
// function's result, which may be a WIT result.
func outcome(r process.Result, want string) string {
	wrapped := func(name string, v mailbox.Value) string {
		if want == `{"`+name+`":true}` && v.IsNil() {
			v = mailbox.Bool(true)
		}
		return `{"` + name + `":` + string(v.AppendJSON(nil)) + `}`
	}
	switch {
	case r.Err != nil && strings.HasPrefix(want, `{"err":`):
		return wrapped("err", r.Err.Value)
	case r.Err != nil:
		return "the error " + r.Err.Message
	case len(r.Values) == 0 && want == "":
		return ""
	case len(r.Values) == 0:
		return wrapped("ok", mailbox.Nil)
	}
	text := string(r.Values[0].AppendJSON(nil))
	if text != want && strings.HasPrefix(want, `{"ok":`) {
		return wrapped("ok", r.Values[0])
	}
	return text
}

// fromJSON makes a value of JSON text. Numbers are exact.
func fromJSON(t *testing.T, text []byte) mailbox.Value {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return valueOf(v)
}

func valueOf(v any) mailbox.Value {
	switch v := v.(type) {
	case nil:
		return mailbox.Nil
	case bool:
		return mailbox.Bool(v)
	case string:
		return mailbox.String(v)
	case json.Number:
		bits, negative, ok := decimal(v.String())
		switch f, _ := v.Float64(); {
		case !ok || f == 0: // which may be negative
			return mailbox.Float(f)
		case negative:
			return mailbox.Int(int64(bits))
		}
		return mailbox.Uint(bits)
	case []any:
		list := make([]mailbox.Value, len(v))
		for i, e := range v {
			list[i] = valueOf(e)
		}
		return mailbox.TableValue(list, nil)
	}
	var pairs []mailbox.Pair
	for name, e := range v.(map[string]any) {
		pairs = append(pairs, mailbox.Pair{Key: mailbox.String(name), Value: valueOf(e)})
	}
	return mailbox.TableValue(nil, pairs)
}
