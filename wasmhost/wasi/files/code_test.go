package files

import (
	"errors"
	"fmt"
	"testing"
)

func TestCodes(t *testing.T) {
	errnos, cases, names := map[uint16]Code{}, map[uint8]Code{}, map[string]Code{}
	for c := Access; c < codes; c++ {
		if c.Error() == "" || c.Errno() == 0 {
			t.Fatalf("code %d is not in the table", c)
		}
		if other, ok := errnos[c.Errno()]; ok {
			t.Errorf("%v and %v have the same errno", c, other)
		}
		if other, ok := names[c.Error()]; ok {
			t.Errorf("codes %d and %d have the same name %v", c, other, c)
		}
		if other, ok := cases[c.Case()]; ok && c != TooManyFiles {
			t.Errorf("%v and %v are the same case", c, other)
		}
		errnos[c.Errno()], names[c.Error()], cases[c.Case()] = c, c, c
	}
	if Access.Case() != 0 || CrossDevice.Case() != 36 {
		t.Errorf("the cases go from %d to %d, want 0 to 36", Access.Case(), CrossDevice.Case())
	}
	for _, tt := range []struct {
		err  error
		want Code
	}{{NoEntry, NoEntry}, {fmt.Errorf("opening: %w", Loop), Loop}, {errors.New("x"), IO}, {Code(0), IO}, {Code(200), IO}} {
		if got := CodeOf(tt.err); got != tt.want {
			t.Errorf("CodeOf(%v) = %v, want %v", tt.err, got, tt.want)
		}
	}
}
