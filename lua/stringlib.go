package lua

import (
	"fmt"
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

const (
	// maxString bounds the strings that a library function makes at once.
	maxString = 256 << 20
	// maxNested bounds calls of Lua within table.sort and string.gsub within
	// each other: these keep much more of the Go stack than other calls.
	maxNested = 100
	// bytesPerFuel is what a unit of fuel buys from functions that copy.
	bytesPerFuel = 64
)

var (
	stockFind  = stockGo("string", "find")
	stockGsub  = stockGo("string", "gsub")
	stockMatch = stockGo("string", "match")
)

// checkSize raises an error where a string would be too long.
func checkSize(L *glua.LState, fn string, size int) {
	if size > maxString {
		L.RaiseError("%s: the result would have more than %d bytes", fn, maxString)
	}
}

// enter counts a call that nests; leave with the result.
func (s *State) enter(L *glua.LState) (leave func()) {
	if s.nested >= maxNested {
		L.RaiseError("stack overflow")
	}
	s.nested++
	return func() { s.nested-- }
}

func stringRep(L *glua.LState) int {
	text, n := L.CheckString(1), L.CheckNumber(2)
	if n < 1 || text == "" {
		L.Push(glua.LString(""))
		return 1
	}
	if n > glua.LNumber(maxString/len(text)) {
		checkSize(L, "string.rep", math.MaxInt)
	}
	From(L).charge(int(n) * len(text) / bytesPerFuel)
	L.Push(glua.LString(strings.Repeat(text, int(n))))
	return 1
}

// stringFind and stringMatch keep from the stock functions positions beyond the
// end, with which they panic.
func stringFind(L *glua.LState) int {
	if L.OptInt(3, 1) > len(L.CheckString(1))+1 {
		L.Push(glua.LNil)
		return 1
	}
	return stockFind(L)
}

func stringMatch(L *glua.LState) int {
	if L.OptInt(3, 1) <= len(L.CheckString(1))+1 {
		if n := stockMatch(L); n > 0 {
			return n
		}
	}
	L.Push(glua.LNil) // where the stock function returns nothing at all
	return 1
}

func stringGsub(L *glua.LState) int {
	if n, ok := L.Get(3).(glua.LNumber); ok {
		L.Replace(3, glua.LString(n.String()))
	}
	defer From(L).enter(L)()
	return stockGsub(L)
}

// stringFormat is string.format as in C Lua; the stock one is Go's Sprintf.
// %s takes any value, as tostring does.
func stringFormat(L *glua.LState) int {
	format := L.CheckString(1)
	f := formatter{L: L, arg: 1}
	for {
		plain, rest, found := strings.Cut(format, "%")
		f.out.WriteString(plain)
		if !found {
			break
		}
		format = f.directive(rest)
		checkSize(L, "string.format", f.out.Len())
	}
	L.Push(glua.LString(f.out.String()))
	return 1
}

type formatter struct {
	L   *glua.LState
	arg int
	out strings.Builder

	// The directive at hand.
	flags            string
	width, precision int // precision is -1 where there is none
}

// directive formats what follows a %, and gives the rest of the format.
func (f *formatter) directive(s string) (rest string) {
	if strings.HasPrefix(s, "%") {
		f.out.WriteByte('%')
		return s[1:]
	}
	trimmed := strings.TrimLeft(s, "-+ #0")
	f.flags, s = s[:len(s)-len(trimmed)], trimmed
	f.width, s = f.digits(s)
	f.precision = -1
	if strings.HasPrefix(s, ".") {
		f.precision, s = f.digits(s[1:])
	}
	if s == "" {
		f.L.RaiseError("invalid option '%%' to 'format': the directive is not complete")
	}
	f.arg++
	switch verb := s[0]; verb {
	case 'd', 'i':
		f.printf('d', f.integer())
	case 'u':
		f.printf('d', uint64(f.integer()))
	case 'o', 'x', 'X':
		f.printf(rune(verb), uint64(f.integer()))
	case 'c':
		f.pad(string([]byte{byte(f.integer())}))
	case 'e', 'E', 'f', 'g', 'G':
		f.float(rune(verb), float64(f.L.CheckNumber(f.arg)))
	case 'q':
		f.quoted(f.L.CheckString(f.arg))
	case 's':
		text := f.L.ToStringMeta(f.L.CheckAny(f.arg)).String()
		if f.precision >= 0 && f.precision < len(text) {
			text = text[:f.precision]
		}
		f.pad(text)
	default:
		f.L.RaiseError("invalid option '%%%c' to 'format'", verb)
	}
	return s[1:]
}

// digits reads a width or precision, of two digits at most as in C Lua.
func (f *formatter) digits(s string) (n int, rest string) {
	for i := 0; ; i++ {
		if i == len(s) || s[i] < '0' || s[i] > '9' {
			return n, s[i:]
		}
		if i == 2 {
			f.L.RaiseError("invalid format (width or precision too long)")
		}
		n = n*10 + int(s[i]-'0')
	}
}

func (f *formatter) integer() int64 {
	if n, ok := integerOf(f.L.Get(f.arg)); ok {
		return int64(n.bits)
	}
	n := float64(f.L.CheckNumber(f.arg))
	if n >= 1<<63 && n < 1<<64 {
		return int64(uint64(n))
	}
	return int64(n)
}

func (f *formatter) printf(verb rune, v any) {
	format := "%" + f.flags
	if f.width > 0 {
		format += fmt.Sprint(f.width)
	}
	if f.precision >= 0 {
		format += fmt.Sprintf(".%d", f.precision)
	}
	fmt.Fprintf(&f.out, format+string(verb), v)
}

func (f *formatter) float(verb rune, n float64) {
	switch {
	case math.IsNaN(n):
		f.pad("nan")
	case math.IsInf(n, -1):
		f.pad("-inf")
	case math.IsInf(n, 1) && strings.Contains(f.flags, "+"):
		f.pad("+inf")
	case math.IsInf(n, 1):
		f.pad("inf")
	default:
		if f.precision < 0 {
			f.precision = 6 // Go's %g would take as many as it needs
		}
		f.printf(verb, n)
	}
}

// pad writes text in the directive's width, counted in bytes.
func (f *formatter) pad(text string) {
	blanks := strings.Repeat(" ", max(f.width-len(text), 0))
	if strings.Contains(f.flags, "-") {
		f.out.WriteString(text + blanks)
	} else {
		f.out.WriteString(blanks + text)
	}
}

func (f *formatter) quoted(text string) {
	f.out.WriteByte('"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\\', '\n':
			f.out.WriteByte('\\')
			f.out.WriteByte(c)
		case '\r':
			f.out.WriteString(`\r`)
		case 0:
			f.out.WriteString(`\000`)
		default:
			f.out.WriteByte(c)
		}
	}
	f.out.WriteByte('"')
}
