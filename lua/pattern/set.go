package pattern

import "math/bits"

// set is a set of bytes.
type set [4]uint64

func (s *set) has(c byte) bool { return s[c>>6]>>(c&63)&1 != 0 }

func (s *set) add(c byte) { s[c>>6] |= 1 << (c & 63) }

func (s *set) addRange(low, high byte) {
	for c := int(low); c <= int(high); c++ {
		s.add(byte(c))
	}
}

func (s *set) union(other *set) {
	for i := range s {
		s[i] |= other[i]
	}
}

func (s *set) invert() {
	for i := range s {
		s[i] = ^s[i]
	}
}

// single gives the only byte of a set that has one.
func (s *set) single() (c byte, ok bool) {
	n := 0
	for i, word := range s {
		if word != 0 {
			n += bits.OnesCount64(word)
			c = byte(i<<6 + bits.TrailingZeros64(word))
		}
	}
	return c, n == 1
}

var (
	singles  [256]set // of one byte each
	classes  [256]set // what % and that byte stand for
	anything set      // what . stands for
	nothing  set
)

// classTests are the classes by their letters, as in the C locale. The
// upper-case letters stand for what is not in them.
var classTests = map[byte]func(c byte) bool{
	'a': isLetter,
	'c': func(c byte) bool { return c < ' ' || c == 127 },
	'd': isDigit,
	'l': isLower,
	'p': func(c byte) bool { return c > ' ' && c < 127 && !isLetter(c) && !isDigit(c) },
	's': func(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' },
	'u': isUpper,
	'w': func(c byte) bool { return isLetter(c) || isDigit(c) },
	'x': func(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' },
	'z': func(c byte) bool { return c == 0 },
}

func isLower(c byte) bool  { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isLetter(c byte) bool { return isLower(c) || isUpper(c) }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

func init() {
	anything.invert()
	for c := range 256 {
		singles[c].add(byte(c))
	}
	classes = singles
	for letter, test := range classTests {
		var class set
		for c := range 256 {
			if test(byte(c)) {
				class.add(byte(c))
			}
		}
		classes[letter] = class
		class.invert()
		classes[letter-'a'+'A'] = class
	}
}
