package control

import (
	"bytes"
	"testing"
)

// FuzzRequest reads requests of which nothing is to be believed.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"v":1,"op":"cancel","dest":"<1.1.1>","reason":"x","grace_ms":5}` + "\n"))
	f.Add([]byte(`{"v":2}` + "\n"))
	f.Add([]byte("[[[[\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		req, err := readRequest(bytes.NewReader(b))
		if (req == nil) == (err == nil) {
			t.Errorf("%+v, %v", req, err)
		}
		if req != nil && req.Version != Version {
			t.Errorf("%+v", req)
		}
	})
}

// FuzzAnswer reads what something sends that may be no node.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"node":{"id":"1"}}` + "\n" + `{"process":{"pid":"<1.1.1>","names":["x"]}}` + "\n" + `{"end":true}` + "\n"))
	f.Add([]byte(`{"error":{"kind":"noproc","message":"%s"}}`))
	f.Add([]byte("{}\n{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		lines := 0
		err := readAnswer(bytes.NewReader(b), func(*answer) error { lines++; return nil })
		if err == nil && lines >= bytes.Count(b, []byte("\n"))+1 {
			t.Errorf("%d lines, and an end, of %q", lines, b)
		}
	})
}
