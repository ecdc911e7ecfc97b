package lua

import (
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

const (
	// maxString bounds every string that a script makes, in bytes.
	maxString = 256 << 20
	// bytesPerFuel is what a unit of fuel buys from functions that copy.
	bytesPerFuel = 64
	// convertedPerFuel is the same for functions that look at each byte.
	convertedPerFuel = 16
	// pieceSize is how much a function copies before it charges for it.
	pieceSize = 16 << 10
)

// checkSize raises an error where a string would be too long.
func checkSize(L *glua.LState, fn string, size int) {
	if size > maxString {
		L.RaiseError("%s: the result would have more than %d bytes", fn, maxString)
	}
}

// built is a builder's string. The room that it has too much is given back where
// that is more than half of it.
func built(b *strings.Builder) string {
	if b.Cap() > 2*b.Len() {
		return strings.Clone(b.String())
	}
	return b.String()
}

// bytesAsText are the strings of one byte.
var bytesAsText = func() (texts [256]glua.LValue) {
	for i := range texts {
		texts[i] = glua.LString([]byte{byte(i)})
	}
	return texts
}()

// part makes the value of a part of a text that has so many bytes. It is a
// copy: a few bytes must not keep a long text, whose size no one would see.
func (s *State) part(text string, of int) glua.LValue {
	switch len(text) {
	case 0:
		return emptyText
	case 1:
		return bytesAsText[text[0]]
	case of:
		return glua.LString(text)
	}
	if len(text) <= pieceSize {
		s.grow(stringBytes + len(text))
		if len(text) >= bytesPerFuel {
			s.charge(len(text) / bytesPerFuel)
		}
		return glua.LString(strings.Clone(text))
	}
	return s.joined("string.sub", text)
}

var emptyText glua.LValue = glua.LString("")

// maxNumeral bounds the texts that are taken for a number: reading a long one
// takes long, in one go.
const maxNumeral = 4 << 10

// checkNumber is L.CheckNumber, of texts that are not too long.
func checkNumber(L *glua.LState, n int) glua.LNumber {
	refuseNumeral(L, n)
	return L.CheckNumber(n)
}

// refuseNumeral raises an error for an argument that is too long for a number.
func refuseNumeral(L *glua.LState, n int) {
	if text, ok := L.Get(n).(glua.LString); ok && len(text) > maxNumeral {
		L.ArgError(n, tooLongForNumber)
	}
}

const tooLongForNumber = "a text of more than 4096 bytes is no number"

// checkInteger is argument n as an integer. What no integer is large enough for
// becomes the largest, also math.huge.
func checkInteger(L *glua.LState, n int) int {
	switch f := float64(checkNumber(L, n)); {
	case math.IsNaN(f):
		return 0
	case f >= math.MaxInt:
		return math.MaxInt
	case f <= math.MinInt:
		return math.MinInt
	default:
		return int(f)
	}
}

// optInteger is checkInteger, or otherwise where the argument is nil.
func optInteger(L *glua.LState, n, otherwise int) int {
	if L.Get(n) == glua.LNil {
		return otherwise
	}
	return checkInteger(L, n)
}

// absolute makes of a position that may count from the end, as -1 does, one
// that counts from 1; of one before the beginning, 0.
func absolute(position, length int) int {
	if position < 0 {
		position += length + 1
	}
	return max(position, 0)
}

func stringSub(L *glua.LState) int {
	text := L.CheckString(1)
	first := max(absolute(checkInteger(L, 2), len(text)), 1)
	last := min(absolute(optInteger(L, 3, -1), len(text)), len(text))
	if first > last {
		L.Push(emptyText)
	} else {
		L.Push(From(L).part(text[first-1:last], len(text)))
	}
	return 1
}

func stringByte(L *glua.LState) int {
	text := L.CheckString(1)
	first := absolute(optInteger(L, 2, 1), len(text))
	last := min(absolute(optInteger(L, 3, first), len(text)), len(text))
	first = max(first, 1)
	if first > last {
		return 0
	}
	n := last - first + 1
	if n > maxUnpacked {
		L.RaiseError("string slice too long")
	}
	s := From(L)
	s.charge(n)
	s.grow(n * valueBytes)
	for _, c := range []byte(text[first-1 : last]) {
		L.Push(number(float64(c)))
	}
	return n
}

func stringChar(L *glua.LState) int {
	text := make([]byte, L.GetTop())
	for i := range text {
		n := checkInteger(L, i+1)
		if n < 0 || n > math.MaxUint8 {
			L.ArgError(i+1, "invalid value")
		}
		text[i] = byte(n)
	}
	s := From(L)
	s.charge(len(text))
	s.grow(stringBytes + len(text))
	L.Push(glua.LString(text))
	return 1
}

func stringRep(L *glua.LState) int {
	text, n := L.CheckString(1), checkNumber(L, 2)
	if !(n >= 1) || text == "" {
		L.Push(glua.LString(""))
		return 1
	}
	if n > glua.LNumber(maxString/len(text)) {
		checkSize(L, "string.rep", math.MaxInt)
	}
	s := From(L)
	size := int(n) * len(text)
	s.build(size)
	text = strings.Repeat(text, min(int(n), 1+pieceSize/len(text)))
	s.charge(len(text) / bytesPerFuel)
	if len(text) < size {
		text = s.fill(text, size)
	}
	s.built(size)
	L.Push(glua.LString(text))
	return 1
}

// fill repeats text up to a size.
func (s *State) fill(text string, size int) string {
	var b strings.Builder
	b.Grow(size)
	for b.Len() < size {
		at := b.Len() % len(text)
		n, _ := b.WriteString(text[at:min(len(text), at+pieceSize, at+size-b.Len())])
		s.charge(n / bytesPerFuel)
	}
	return b.String()
}

func stringLower(L *glua.LState) int {
	return convert(L, func(b *strings.Builder, text string, from, to int) {
		for _, c := range []byte(text[from:to]) {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			b.WriteByte(c)
		}
	})
}

func stringUpper(L *glua.LState) int {
	return convert(L, func(b *strings.Builder, text string, from, to int) {
		for _, c := range []byte(text[from:to]) {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			b.WriteByte(c)
		}
	})
}

func stringReverse(L *glua.LState) int {
	return convert(L, func(b *strings.Builder, text string, from, to int) {
		for i := from; i < to; i++ {
			b.WriteByte(text[len(text)-1-i])
		}
	})
}

// convert pushes a string as long as the argument. Piece by piece, write writes
// what is to be at the offsets between from and to.
func convert(L *glua.LState, write func(b *strings.Builder, text string, from, to int)) int {
	text := L.CheckString(1)
	s := From(L)
	s.build(len(text))
	var b strings.Builder
	b.Grow(len(text))
	for from := 0; from < len(text); from += pieceSize {
		to := min(from+pieceSize, len(text))
		write(&b, text, from, to)
		s.charge((to - from) / convertedPerFuel)
	}
	s.built(len(text))
	L.Push(glua.LString(b.String()))
	return 1
}
