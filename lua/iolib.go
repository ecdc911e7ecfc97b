package lua

import (
	"bytes"
	"io"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"wippy/mailbox"
)

// write prints; see process.Output.
func (s *State) write(text string) error { return s.output.Write(s.ctx, text) }

func basePrint(L *glua.LState) int {
	var b strings.Builder
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			b.WriteByte('\t')
		}
		text := L.ToStringMeta(L.Get(i)).String()
		checkSize(L, "print", b.Len()+len(text))
		From(L).append(&b, text)
	}
	b.WriteByte('\n')
	if err := From(L).write(b.String()); err != nil {
		L.RaiseError("print: %s", err)
	}
	return 0
}

// ioWrite is io.write: true, or nil and an error value.
func ioWrite(L *glua.LState) int {
	var b strings.Builder
	for i := 1; i <= L.GetTop(); i++ {
		text := L.CheckString(i)
		checkSize(L, "io.write", b.Len()+len(text))
		From(L).append(&b, text)
	}
	if err := From(L).write(b.String()); err != nil {
		return PushError(L, err)
	}
	L.Push(glua.LTrue)
	return 1
}

// ioRead is io.read with the formats *l, *L, *n, *a, with or without the star,
// and numbers of bytes. Reading suspends the process; a read error is nil and an error value.
func ioRead(L *glua.LState) int {
	s := From(L)
	formats := L.GetTop()
	if formats == 0 {
		L.Push(glua.LString("*l"))
		formats = 1
	}
	for i := 1; i <= formats; i++ {
		v, err := s.read(readFormat(L, i))
		if err != nil {
			return PushError(L, err)
		}
		L.Push(v)
		if v == glua.LNil {
			return i
		}
	}
	return formats
}

// ioLines is io.lines of the standard input; there are no files to open.
func ioLines(L *glua.LState) int {
	if L.Get(1) != glua.LNil {
		ArgError(L, "io.lines", 1, "nothing, since only the standard input can be read")
	}
	L.Push(shared(func(L *glua.LState) int {
		line, err := From(L).read(readLine(false))
		if err != nil {
			L.RaiseError("io.lines: %s", err)
		}
		L.Push(line)
		return 1
	}))
	return 1
}

// read reads from the terminal; elsewhere the input is at its end.
func (s *State) read(format reading) (v glua.LValue, err error) {
	terminal := s.ctx.Terminal()
	if terminal == nil {
		_, v, _ = format(nil, true)
		return v, nil
	}
	terminal.Input().Read(s.ctx, func(buffer []byte, end error) (int, bool) {
		used, value, done := format(buffer, end != nil)
		switch {
		case done && value == glua.LNil && end != nil && end != io.EOF:
			err = end
		case done:
			v = value
		case len(buffer) > maxString:
			used, done = 0, true
			err = mailbox.Errorf(mailbox.Invalid, "more than %d bytes to read at once", maxString)
		}
		return used, done
	})
	return v, err
}

// reading takes a value from the front of what was read: how many bytes that
// uses, and false if more are needed. At the end of the input it is always true.
type reading func(buffer []byte, atEnd bool) (used int, v glua.LValue, ok bool)

func readFormat(L *glua.LState, i int) reading {
	if n, ok := L.Get(i).(glua.LNumber); ok {
		checkSize(L, "io.read", int(n))
		return readBytes(int(max(n, 0)))
	}
	switch strings.TrimPrefix(L.CheckString(i), "*") {
	case "l":
		return readLine(false)
	case "L":
		return readLine(true)
	case "n":
		return readNumber
	case "a":
		return readAll
	}
	ArgError(L, "io.read", i, `"*l", "*L", "*n", "*a" or a number of bytes`)
	return nil
}

func readLine(withEnd bool) reading {
	looked := 0 // at so many bytes, in vain
	return func(buffer []byte, atEnd bool) (int, glua.LValue, bool) {
		end := bytes.IndexByte(buffer[looked:], '\n')
		switch {
		case end >= 0 && withEnd:
			return looked + end + 1, glua.LString(buffer[:looked+end+1]), true
		case end >= 0:
			return looked + end + 1, glua.LString(buffer[:looked+end]), true
		case atEnd && len(buffer) == 0:
			return 0, glua.LNil, true
		case atEnd:
			return len(buffer), glua.LString(buffer), true
		}
		looked = len(buffer)
		return 0, nil, false
	}
}

func readAll(buffer []byte, atEnd bool) (int, glua.LValue, bool) {
	return len(buffer), glua.LString(buffer), atEnd
}

func readBytes(n int) reading {
	return func(buffer []byte, atEnd bool) (int, glua.LValue, bool) {
		switch {
		case len(buffer) == 0 && atEnd:
			return 0, glua.LNil, true
		case len(buffer) < max(n, 1) && !atEnd:
			return 0, nil, false
		}
		n := min(n, len(buffer))
		return n, glua.LString(buffer[:n]), true
	}
}

func readNumber(buffer []byte, atEnd bool) (int, glua.LValue, bool) {
	const first, numeral, longest = "0123456789+-.", "0123456789abcdefABCDEFxX+-.", 200
	body := bytes.TrimLeft(buffer, " \t\r\n")
	rest := body
	if len(body) > 0 && strings.IndexByte(first, body[0]) >= 0 {
		rest = bytes.TrimLeft(body, numeral)
	}
	if len(rest) == 0 && !atEnd && len(body) < longest {
		return 0, nil, false
	}
	return len(buffer) - len(rest), parseNumber(string(body[:len(body)-len(rest)])), true
}
