package lua

import (
	"fmt"
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// stringFormat is string.format as in C Lua; the stock one is Go's Sprintf.
// %s takes any value, as tostring does.
func stringFormat(L *glua.LState) int {
	format := L.CheckString(1)
	f := formatter{L: L, s: From(L), arg: 1}
	for {
		plain, rest, found := strings.Cut(format, "%")
		f.write(plain)
		if !found {
			break
		}
		format = f.directive(rest)
		f.s.charge(1)
	}
	f.s.built(f.counted)
	L.Push(glua.LString(built(&f.out)))
	return 1
}

type formatter struct {
	L   *glua.LState
	s   *State
	arg int
	out strings.Builder

	counted int // of out, as what is being built

	// The directive at hand.
	flags            string
	width, precision int // precision is -1 where there is none
}

// write adds to the result.
func (f *formatter) write(text string) {
	f.makeRoom(len(text))
	f.s.append(&f.out, text)
}

// makeRoom accounts for what was written and n bytes more.
func (f *formatter) makeRoom(n int) {
	checkSize(f.L, "string.format", f.out.Len()+n)
	f.s.build(f.out.Len() + n - f.counted)
	f.counted = f.out.Len() + n
}

// directive formats what follows a %, and gives the rest of the format.
func (f *formatter) directive(s string) (rest string) {
	if strings.HasPrefix(s, "%") {
		f.write("%")
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
		f.float(rune(verb), float64(checkNumber(f.L, f.arg)))
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
	n := float64(checkNumber(f.L, f.arg))
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
		f.write(text)
		f.write(blanks)
	} else {
		f.write(blanks)
		f.write(text)
	}
}

func (f *formatter) quoted(text string) {
	f.out.WriteByte('"')
	for text != "" {
		f.makeRoom(4 * min(len(text), pieceSize))
		piece, before := text[:min(len(text), pieceSize)], f.out.Len()
		for _, c := range []byte(piece) {
			switch c {
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
		f.s.charge((f.out.Len() - before) / convertedPerFuel)
		text = text[len(piece):]
	}
	f.out.WriteByte('"')
}
