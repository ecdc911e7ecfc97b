package component

import "testing"

func TestParseName(t *testing.T) {
	for s, want := range map[string]Name{
		"a":                      {Kind: PlainName, Label: "a"},
		"get-JSON":               {Kind: PlainName, Label: "get-JSON"},
		"a-1-b2":                 {Kind: PlainName, Label: "a-1-b2"},
		"[constructor]file":      {Kind: ConstructorName, Resource: "file"},
		"[method]file.read":      {Kind: MethodName, Resource: "file", Label: "read"},
		"[static]file.open":      {Kind: StaticName, Resource: "file", Label: "open"},
		"wasi:io/poll":           {Kind: InterfaceName, Namespace: "wasi", Package: "io", Label: "poll"},
		"a-1:b-2/C-3@1.2.3":      {Kind: InterfaceName, Namespace: "a-1", Package: "b-2", Label: "C-3", Version: "1.2.3"},
		"a:b/c@0.0.0-rc.1.x-y+0": {Kind: InterfaceName, Namespace: "a", Package: "b", Label: "c", Version: "0.0.0-rc.1.x-y+0"},
		"a:b/c@0.0.0+007":        {Kind: InterfaceName, Namespace: "a", Package: "b", Label: "c", Version: "0.0.0+007"},
	} {
		if got, err := ParseName(s); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "-", "a-", "-a", "a--b", "1", "1a", "a b", "aB", "a_b", "é", "a.b", "a/b", "a@1.0.0",
		"[constructor]", "[constructor]a.b", "[method]a", "[method]a.", "[method].a", "[method]a.b.c", "[static]a", "[other]a", "[method", "method]a.b",
		"a:b", "a:/b", ":b/c", "a:b/", "A:b/c", "a:B/c", "a:b:c/d", "a:b/c/d", "a:b/c@", "a:b/c@1", "a:b/c@1.2", "a:b/c@01.2.3", "a:b/c@1.2.3.4",
		"a:b/c@1.2.3-", "a:b/c@1.2.3-01", "a:b/c@1.2.3-a..b", "a:b/c@1.2.3+", "a:b/c@1.2.3+é", "a:b/c@18446744073709551616.0.0", "a:b/c@1.2.3@4",
		"url=<https://a.b/c>", "locked-dep=<a:b>", "unlocked-dep=<a:b>", "integrity=<sha256-x>",
	} {
		if got, err := ParseName(s); err == nil {
			t.Errorf("%q: got %+v", s, got)
		}
	}
}

// TestUnique goes through the names that the specification has as examples.
func TestUnique(t *testing.T) {
	forms := map[string]string{}
	form := func(s string) string {
		n, err := ParseName(s)
		if err != nil {
			t.Fatal(err)
		}
		return uniqueForm(s, n)
	}
	for _, s := range []string{"foo", "foo-bar", "[constructor]foo", "[method]foo.bar", "[static]foo.baz", "foo:bar/baz", "foo:bar/baz@1.0.0"} {
		if other, twice := forms[form(s)]; twice {
			t.Errorf("%s is like %s", s, other)
		}
		forms[form(s)] = s
	}
	for s, other := range map[string]string{
		"FOO": "foo", "foo-BAR": "foo-bar", "[constructor]FOO": "[constructor]foo", "[method]foo.BAR": "[method]foo.bar",
		"[static]foo.bar": "[method]foo.bar", "[method]foo.baz": "[static]foo.baz", "[method]foo.foo": "foo",
		"[static]foo-BAR.FOO-bar": "foo-bar", "foo:bar/BAZ": "foo:bar/baz",
	} {
		if forms[form(s)] != other {
			t.Errorf("%s is like %q, not like %s", s, forms[form(s)], other)
		}
	}
}
