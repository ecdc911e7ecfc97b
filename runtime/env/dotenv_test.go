package env

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseDotenv(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       map[string]string
		mistakes   []string
	}{
		{"empty", "", nil, nil},
		{"comments and blank lines", "\n# A=1\n   \n\t# B=2", nil, nil},
		{"plain", "A=1\nB = two words \nC=\nD.e-f_1=x=y", map[string]string{"A": "1", "B": "two words", "C": "", "D.e-f_1": "x=y"}, nil},
		{"windows", "\ufeffA=1\r\nB='x'\r\n", map[string]string{"A": "1", "B": "x"}, nil},
		{"export", "export A=1\nexport=2", map[string]string{"A": "1", "export": "2"}, nil},
		{"comments behind values", "A=1 # one\nB=a#b\nC=#\nD='x' # y", map[string]string{"A": "1", "B": "a#b", "C": "", "D": "x"}, nil},
		{"single quotes", `A='\n $HOME "'`, map[string]string{"A": `\n $HOME "`}, nil},
		{"double quotes", `A="é\n\t\"\\\$\d"`, map[string]string{"A": "é\n\t\"\\$\\d"}, nil},
		{"several lines", "A=\"1\n2\"\nB='3\n4'", map[string]string{"A": "1\n2", "B": "3\n4"}, nil},
		{"the last counts", "A=1\nA=2", map[string]string{"A": "2"}, nil},
		{"no equals sign", "A=1\n  nonsense\nB=2", map[string]string{"A": "1", "B": "2"}, []string{"2:3: expected a variable"}},
		{"a bad name", "1A=1\nB é=2", nil, []string{"1:1: expected a variable", "2:1: expected a variable"}},
		{"text behind quotes", "A=\"éé\" x\nB=1", map[string]string{"B": "1"}, []string{"1:8: unexpected text"}},
		{"an open quote", "A=1\nB=\"x\nC=2", map[string]string{"A": "1"}, []string{"2:3: this quote is never closed"}},
		{"NUL", "A=\x00", nil, []string{"1:4: the value of A has a NUL"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, mistakes := ParseDotenv(c.text)
			if !maps.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if len(mistakes) != len(c.mistakes) {
				t.Fatalf("mistakes: got %v, want %v", mistakes, c.mistakes)
			}
			for i, m := range mistakes {
				if text := fmt.Sprintf("%d:%d: %s", m.Line, m.Col, m.Message); !strings.HasPrefix(text, c.mistakes[i]) {
					t.Errorf("got %q, want %q", text, c.mistakes[i])
				}
			}
		})
	}
}

// FuzzParseDotenv looks for panics, endless loops, places outside the text,
// and names and values that no environment can hold.
func FuzzParseDotenv(f *testing.F) {
	for _, seed := range []string{"A=1", "export A='x\ny' # z", `A="\n\"`, "\ufeff=\r\n1=", "é=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, mistakes := ParseDotenv(text)
		for name, value := range values {
			if badName(name) != "" || strings.ContainsRune(value, 0) {
				t.Errorf("%q=%q", name, value)
			}
		}
		lines := strings.Split(text, "\n")
		for _, m := range mistakes {
			if m.Line < 1 || m.Line > len(lines) || m.Col < 1 || m.Col > utf8.RuneCountInString(lines[m.Line-1])+1 {
				t.Errorf("%d:%d is outside of %q", m.Line, m.Col, text)
			}
		}
	})
}
