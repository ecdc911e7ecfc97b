package timemod

import (
	"strings"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/lua"
	"wippy/mailbox"
)

// parse is time.parse(s) and time.parse(layout, s). Nothing interrupts it: what
// is long is refused.
func parse(L *glua.LState) int {
	n, layout := 1, time.RFC3339Nano
	if L.Get(2) != glua.LNil {
		given, ok := L.Get(1).(glua.LString)
		if !ok {
			lua.ArgError(L, "time.parse", 1, `a layout like "%Y-%m-%d" or "2006-01-02"`)
		}
		n, layout = 2, string(given)
	}
	s, ok := L.Get(n).(glua.LString)
	if !ok {
		lua.ArgError(L, "time.parse", n, "a string")
	}
	if long := max(len(layout), len(s)); long > lua.MaxLayout {
		return lua.PushError(L, mailbox.Errorf(mailbox.Invalid,
			"time.parse: a text of %d bytes is no time; it may have %d", long, lua.MaxLayout))
	}
	shown := layout
	if strings.Contains(layout, "%") {
		var unknown string
		if layout, unknown = goLayout(layout); unknown != "" {
			return lua.PushError(L, mailbox.Errorf(mailbox.Invalid,
				"time.parse: %s of the layout %v cannot be parsed", unknown, mailbox.String(shown)))
		}
	}
	t, err := time.Parse(layout, string(s))
	if err != nil {
		return lua.PushError(L, mailbox.Errorf(mailbox.Invalid,
			"time.parse: %v does not match the layout %v", mailbox.String(string(s)), mailbox.String(shown)))
	}
	L.Push(lua.NewTime(L, t))
	return 1
}

// conversions are those of strftime that can be read back.
var conversions = map[byte]string{
	'Y': "2006", 'y': "06",
	'm': "01", 'B': "January", 'b': "Jan", 'h': "Jan",
	'd': "02", 'e': "_2", 'j': "002",
	'A': "Monday", 'a': "Mon",
	'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM",
	'z': "-0700", 'Z': "MST",
	'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06",
	'n': "\n", 't': "\t", '%': "%",
}

// goLayout translates a layout of strftime's. What stands between its
// conversions goes over as it is, so that digits there mean what they mean to
// Go. The second result is the first conversion that cannot be read.
func goLayout(format string) (layout, unknown string) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		i++
		if i == len(format) {
			return "", "%"
		}
		part, ok := conversions[format[i]]
		if !ok {
			return "", format[i-1 : i+1]
		}
		b.WriteString(part)
	}
	return b.String(), ""
}
