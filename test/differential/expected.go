package differential

import (
	"bytes"
	"encoding/json"
	"fmt"

	"wippy/mailbox"
	"wippy/test/differential/ours"
	"wippy/test/differential/peer"
	"wippy/test/differential/value"
	"wippy/wasmhost/wit"
)

// Calls is what lies beside a guest: calls, in their order, and what comes of
// them. After one that fails the next is of another instance.
type Calls []*Expected

// Expected is a call.
type Expected struct {
	// Method is the function's whole name.
	Method string `json:"method"`
	// Args are as SPEC section 3 maps values; "$x" is a resource.
	Args []any `json:"args"`
	// Keep names the resource that is the result.
	Keep string `json:"keep,omitempty"`
	// Result is the result in the same mapping, where it is no resource.
	Result json.RawMessage `json:"result,omitempty"`
	// Fails is the class of the error (see Class) of a call that fails.
	Fails string `json:"fails,omitempty"`
}

// Read reads calls.
func Read(b []byte) (c Calls, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	d.DisallowUnknownFields()
	return c, d.Decode(&c)
}

// Write writes them, a line each.
func (c Calls) Write() []byte {
	b := []byte("[\n")
	for i, e := range c {
		var line bytes.Buffer
		enc := json.NewEncoder(&line)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(e); err != nil {
			panic(err)
		}
		b = append(append(b, "  "...), bytes.TrimRight(line.Bytes(), "\n")...)
		if i < len(c)-1 {
			b = append(b, ',')
		}
		b = append(b, '\n')
	}
	return append(b, "]\n"...)
}

// Check makes the calls on both engines. With update it takes what both answer
// for what is expected. Functions that the component does not have are left out.
func (p *Pair) Check(calls Calls, update bool) (checked int, errs []error) {
	var s *Session
	kept := map[string]uint64{}
	defer func() {
		if s != nil {
			s.Close()
		}
	}()
	for _, c := range calls {
		if s == nil {
			var err error
			if s, err = p.Start(nil); err != nil {
				return checked, append(errs, err)
			}
			clear(kept)
		}
		f := s.Func(c.Method)
		if f == nil {
			continue
		}
		checked++
		failed, err := s.check(c, f, kept, update)
		if err != nil {
			errs = append(errs, err)
		}
		if failed {
			s.Close()
			s = nil
		}
	}
	return checked, errs
}

func (s *Session) check(c *Expected, f *peer.Func, kept map[string]uint64, update bool) (failed bool, err error) {
	wrong := func(format string, args ...any) (bool, error) {
		return true, fmt.Errorf("%s: %s%v: %s", s.pair.name, c.Method, c.Args, fmt.Sprintf(format, args...))
	}
	if len(c.Args) != len(f.Type.Params) {
		return wrong("it takes %d arguments", len(f.Type.Params))
	}
	var args []value.Value
	for i, p := range f.Type.Params {
		v, err := value.OfJSON(c.Args[i], p.Type, false, func(name string) (uint64, bool) {
			n, known := kept[name]
			return n, known
		})
		if err != nil {
			return wrong("argument %d: %v", i+1, err)
		}
		args = append(args, v)
	}
	before := len(s.resources)
	ok, err := s.Call(f, args)
	if err != nil {
		return true, err
	}
	if !ok {
		if update {
			c.Fails, c.Result = s.Failure, nil
		}
		if c.Fails != s.Failure {
			return wrong("it fails: %s; expected %q", s.Failure, c.Fails)
		}
		return true, nil
	}
	if len(s.resources) > before {
		if c.Keep != "" {
			kept[c.Keep] = uint64(before)
		}
		return false, nil
	}
	var got []byte
	if f.Type.Result != nil {
		got = s.Result.AppendJSON(nil)
	}
	if update {
		c.Fails, c.Result = "", got
	}
	if want := compact(c.Result); c.Fails != "" || want != compact(got) {
		return wrong("it gives %s; expected %s%s", got, want, c.Fails)
	}
	return false, nil
}

// compact gives JSON with its fields sorted.
func compact(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return err.Error()
	}
	b, _ = json.Marshal(v)
	return string(b)
}

// CheckOurs is Check on our engine alone, for what wasmtime cannot run.
func CheckOurs(name string, binary []byte, calls Calls) (errs []error) {
	c, err := ours.Load(name, binary)
	if err != nil {
		return []error{err}
	}
	defer c.Close()
	types := map[string]value.Func{}
	numbers := map[*wit.Resource]uint32{}
	for _, e := range c.Exports() {
		types[e.Name] = value.OfWIT(&e.Type, numbers)
	}
	var i *ours.Instance
	var resources []mailbox.Value
	kept := map[string]uint64{}
	for _, call := range calls {
		if i == nil {
			if i, err = c.Start(); err != nil {
				return append(errs, err)
			}
			clear(kept)
		}
		t, known := types[call.Method]
		if !known {
			continue
		}
		if len(t.Params) != len(call.Args) {
			errs = append(errs, fmt.Errorf("%s: %s%v: it is %s", name, call.Method, call.Args, t))
			continue
		}
		var args []mailbox.Value
		for n, p := range t.Params {
			v, err := value.OfJSON(call.Args[n], p.Type, false, func(name string) (uint64, bool) {
				n, known := kept[name]
				return n, known
			})
			if err != nil {
				return append(errs, fmt.Errorf("%s: %s%v: %w", name, call.Method, call.Args, err))
			}
			args = append(args, v.Mailbox(p.Type, false, func(n uint64) mailbox.Value { return resources[n] }))
		}
		v, err := i.Call(call.Method, args)
		got, failed := "", ""
		switch {
		case err != nil:
			failed = Class(err)
			i.Close()
			i = nil
		case call.Keep != "":
			if t := v.Table(); t != nil { // of a result
				v = t.Get("ok")
			}
			kept[call.Keep] = uint64(len(resources))
			resources = append(resources, v)
		case t.Result != nil:
			got = compact(v.AppendJSON(nil))
		}
		if want := compact(call.Result); got != want || failed != call.Fails {
			errs = append(errs, fmt.Errorf("%s: %s%v: it gives %s%s; expected %s%s", name, call.Method, call.Args, got, failed, want, call.Fails))
		}
	}
	if i != nil {
		if err := i.Close(); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}
