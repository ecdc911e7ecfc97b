package wit

import "testing"

// TestInterface prints definitions and functions of every kind.
func TestInterface(t *testing.T) {
	counter := &Resource{Name: "counter"}
	own, borrow := &Type{Kind: Own, Resource: counter}, &Type{Kind: Borrow, Resource: counter}
	u8, str := &Type{Kind: U8}, &Type{Kind: String}
	point := &Type{Kind: Record, Name: "point", Fields: []Field{{"x", u8}, {"list", str}}}
	shape := &Type{Kind: Variant, Name: "shape", Cases: []Case{{"at", point}, {"nothing", nil}}}
	enum := &Type{Kind: Enum, Name: "enum", Labels: []string{"static", "B2"}}
	perms := &Type{Kind: Flags, Name: "perms", Labels: []string{"read", "use"}}
	points := &Type{Kind: List, Elem: point}
	i := Interface{
		Types: []Def{
			{Name: "number", Type: u8}, {Name: "point", Type: point}, {Name: "place", Type: point}, {Name: "shape", Type: shape},
			{Name: "enum", Type: enum}, {Name: "perms", Type: perms}, {Name: "points", Type: points}, {Name: "lines", Type: points},
			{Name: "counter", Resource: counter}, {Name: "meter", Resource: counter}, {Name: "bare", Resource: &Resource{Name: "bare"}},
			{Name: "handle", Type: &Type{Kind: Option, Elem: own}},
		},
		Funcs: []Func{
			{Name: "[constructor]counter", Params: []Param{{"start", u8}}, Results: []Param{{Type: own}}},
			{Name: "[method]counter.value", Params: []Param{{"self", borrow}}, Results: []Param{{Type: u8}}},
			{Name: "[method]counter.import", Params: []Param{{"self", borrow}, {"from", borrow}}},
			{Name: "[static]counter.merge", Params: []Param{{"a", own}, {"b", borrow}}, Results: []Param{{Type: own}}},
			{Name: "f", Params: []Param{{"a", points}, {"b", &Type{Kind: Result, OK: enum}}}, Results: []Param{{Type: &Type{Kind: Result, Err: perms}}}},
			{Name: "type", Results: []Param{{Type: &Type{Kind: Tuple, Fields: []Field{{Type: shape}, {Type: str}}}}}},
		},
	}
	want := `type number = u8;
record point {
  x: u8,
  %list: string,
}
type place = point;
variant shape {
  at(point),
  nothing,
}
enum %enum {
  %static,
  B2,
}
flags perms {
  read,
  %use,
}
type points = list<point>;
type lines = points;
resource counter {
  constructor(start: u8);
  value: func() -> u8;
  %import: func(%from: borrow<counter>);
  merge: static func(a: counter, b: borrow<counter>) -> counter;
}
type meter = counter;
resource bare;
type handle = option<counter>;

f: func(a: points, b: result<%enum>) -> result<_, perms>;
%type: func() -> tuple<shape, string>;
`
	if got := i.String(); got != want {
		t.Errorf("got\n%s", got)
	}
}

// again is a type as it is once it is imported or exported by a name.
func again(t *Type, name string) *Type {
	u := *t
	u.Name = name
	return &u
}

// rich is a world as a binary holds it: the types of an interface stand again
// in those that use them, and an interface that is imported and exported has
// each time types of its own.
func rich() *World {
	s32, str := &Type{Kind: S32}, &Type{Kind: String}
	types := func() (*Interface, *Type, *Type) {
		point := &Type{Kind: Record, Name: "point", Fields: []Field{{"x", s32}, {"y", s32}}}
		failure := &Type{Kind: Enum, Name: "error", Labels: []string{"too-big"}}
		return &Interface{Types: []Def{{Name: "point", Type: point}, {Name: "error", Type: failure}}}, point, failure
	}
	in, point, failure := types()
	out, point2, failure2 := types()
	out.Funcs = []Func{{Name: "origin", Results: []Param{{Type: point2}}}}
	blob := &Resource{Name: "blob"}
	host := &Interface{
		Types: []Def{{Name: "blob", Resource: blob}, {Name: "types-error", Type: again(failure, "types-error")}},
		Funcs: []Func{
			{Name: "[constructor]blob", Params: []Param{{"data", str}}, Results: []Param{{Type: &Type{Kind: Result, OK: &Type{Kind: Own, Resource: blob}, Err: failure}}}},
			{Name: "[method]blob.size", Params: []Param{{"self", &Type{Kind: Borrow, Resource: blob}}}, Results: []Param{{Type: s32}}},
		},
	}
	here, place := again(point2, "point"), again(point2, "place")
	api := &Interface{
		Types: []Def{{Name: "point", Type: here}, {Name: "error", Type: again(failure2, "error")}, {Name: "size", Type: &Type{Kind: U8}}},
		Funcs: []Func{{Name: "move", Params: []Param{{"p", here}, {"future", point2}}, Results: []Param{{Type: &Type{Kind: Result, OK: here, Err: failure2}}}}},
	}
	out.Types = append(out.Types, Def{Name: "place", Type: place})
	out.Funcs = append(out.Funcs, Func{Name: "where", Results: []Param{{Type: place}}})
	_, alike, _ := types()
	copied := &Interface{Types: []Def{{Name: "point", Type: alike}, {Name: "error", Type: &Type{Kind: Enum, Name: "error", Labels: []string{"other"}}}}}
	return &World{
		Package: "root:component", Name: "root",
		Imports: []Item{
			{Name: "guests:rich/types@0.1.0-rc.1", Interface: in},
			{Name: "guests:include/host", Interface: host},
			{Name: "local", Interface: &Interface{Types: []Def{{Name: "point", Type: point}}, Funcs: []Func{{Name: "f", Params: []Param{{"p", point}}}}}},
			{Name: "spot", Type: point},
			{Name: "thing", Resource: &Resource{Name: "thing"}},
			{Name: "spots", Type: &Type{Kind: List, Elem: point}},
		},
		Exports: []Item{
			{Name: "guests:rich/types@0.1.0-rc.1", Interface: out},
			{Name: "guests:rich/copied@0.1.0-rc.1", Interface: copied},
			{Name: "guests:app/api", Interface: api},
			{Name: "guests:app/more", Interface: &Interface{Types: []Def{{Name: "move-error", Type: again(failure2, "move-error")}}}},
			{Name: "run-host", Func: &Func{Name: "run-host", Params: []Param{{"list", &Type{Kind: List, Elem: point}}}, Results: []Param{{Type: str}}}},
		},
	}
}

func TestWorld(t *testing.T) {
	want := `package root:component;

world root {
  use guests:rich/types@0.1.0-rc.1.{point as spot};

  resource thing;
  type spots = list<spot>;

  import guests:rich/types@0.1.0-rc.1;
  import guests:%include/host;
  import local: interface {
    use guests:rich/types@0.1.0-rc.1.{point};

    f: func(p: point);
  }

  export guests:rich/types@0.1.0-rc.1;
  export guests:rich/copied@0.1.0-rc.1;
  export guests:app/api;
  export guests:app/more;
  export run-host: func(%list: list<spot>) -> string;
}

package guests:rich@0.1.0-rc.1 {
  interface types {
    record point {
      x: s32,
      y: s32,
    }
    enum error {
      too-big,
    }
    type place = point;

    origin: func() -> point;
    where: func() -> place;
  }

  interface copied {
    use types.{point};

    enum error {
      other,
    }
  }
}

package guests:%include {
  interface host {
    use guests:rich/types@0.1.0-rc.1.{error as types-error};

    resource blob {
      constructor(data: string) -> result<blob, types-error>;
      size: func() -> s32;
    }
  }
}

package guests:app {
  interface api {
    use guests:rich/types@0.1.0-rc.1.{point, error};

    type size = u8;

    move: func(p: point, %future: point) -> result<point, error>;
  }

  interface more {
    use guests:rich/types@0.1.0-rc.1.{error as move-error};
  }
}
`
	got := rich().String()
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestEndless prints a type of few parts that would take for ever in full.
func TestEndless(t *testing.T) {
	typ := &Type{Kind: U8}
	for range 90 {
		typ = &Type{Kind: Tuple, Fields: []Field{{Type: typ}, {Type: typ}}}
	}
	i := Interface{Funcs: []Func{{Name: "f", Params: []Param{{"a", typ}}}}}
	if n := len(typ.String()); n > 1<<16 {
		t.Errorf("%d bytes of a type", n)
	}
	if n := len(i.String()); n > 1<<24 {
		t.Errorf("%d bytes of an interface", n)
	}
}

// TestImplied prints use for types that a world and an interface speak of
// without a name of their own, unless the name is taken.
func TestImplied(t *testing.T) {
	u8 := &Type{Kind: U8}
	res := &Resource{Name: "res"}
	point := &Type{Kind: Record, Name: "point", Fields: []Field{{"x", u8}}}
	taken := &Type{Kind: Enum, Name: "taken", Labels: []string{"a"}}
	other := &Type{Kind: Enum, Name: "taken", Labels: []string{"b"}}
	f := Func{Name: "f", Params: []Param{{"a", &Type{Kind: List, Elem: point}}, {"b", &Type{Kind: Own, Resource: res}}}}
	w := World{
		Package: "a:a", Name: "w",
		Imports: []Item{
			{Name: "b:b/types", Interface: &Interface{Types: []Def{{Name: "res", Resource: res}, {Name: "point", Type: point}, {Name: "taken", Type: taken}}}},
			{Name: "b:b/user", Interface: &Interface{
				Types: []Def{{Name: "taken", Type: other}, {Name: "line", Type: &Type{Kind: Tuple, Fields: []Field{{Type: point}, {Type: taken}}}}},
			}},
		},
		Exports: []Item{{Name: "f", Func: &f}},
	}
	want := `package a:a;

world w {
  use b:b/types.{point, res};

  import b:b/types;
  import b:b/user;

  export f: func(a: list<point>, b: res);
}

package b:b {
  interface types {
    resource res;
    record point {
      x: u8,
    }
    enum taken {
      a,
    }
  }

  interface user {
    use types.{point};

    enum taken {
      b,
    }
    type line = tuple<point, taken>;
  }
}
`
	if got := w.String(); got != want {
		t.Errorf("got\n%s", got)
	}
}
