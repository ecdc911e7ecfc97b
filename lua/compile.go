package lua

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"wippy/mailbox"
)

// unit is one compiled source: what all processes that run it share.
type unit struct {
	name    string // in messages, and what identifies a running function's unit
	proto   *glua.FunctionProto
	imports map[string]*unit // names that require gives to other units
	folder  *folder          // where require finds files; nil where there is none

	listing sync.Once
	listed  map[*glua.FunctionProto]struct{} // its functions, see owns
}

// owns tells whether a function's code is the unit's, and so shared.
func (u *unit) owns(p *glua.FunctionProto) bool {
	u.listing.Do(func() {
		u.listed = map[*glua.FunctionProto]struct{}{}
		for todo := []*glua.FunctionProto{u.proto}; len(todo) > 0; {
			p := todo[len(todo)-1]
			todo = append(todo[:len(todo)-1], p.FunctionPrototypes...)
			u.listed[p] = struct{}{}
		}
	})
	_, ok := u.listed[p]
	return ok
}

func compileUnit(name string, source []byte) (*unit, error) {
	proto, err := compile(name, source)
	if err != nil {
		return nil, &mailbox.Error{Kind: mailbox.Invalid, Message: err.Error(), Cause: err}
	}
	return &unit{name: name, proto: proto}, nil
}

// syntaxError is why a source does not compile. Column is zero where it is not known.
type syntaxError struct {
	name         string
	line, column int
	message      string
}

func (e *syntaxError) Error() string {
	if e.column > 0 {
		return fmt.Sprintf("%s:%d:%d: %s", e.name, e.line, e.column, e.message)
	}
	return fmt.Sprintf("%s:%d: %s", e.name, e.line, e.message)
}

// compile makes a function of a source. Every error is a *syntaxError. A first
// line that begins with # is skipped, so that scripts may name their interpreter.
func compile(name string, source []byte) (proto *glua.FunctionProto, err error) {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if bytes.HasPrefix(source, []byte("#")) {
		end := bytes.IndexByte(source, '\n')
		if end < 0 {
			end = len(source)
		}
		source = source[end:]
	}
	defer func() {
		if r := recover(); r != nil { // the compiler indexes beyond its tables rather than report some errors
			proto, err = nil, &syntaxError{name: name, line: 1, message: fmt.Sprintf("the compiler failed: %v", r)}
		}
	}()
	if e := checkBounds(name, source); e != nil {
		return nil, e
	}
	chunk, err := parse.Parse(bytes.NewReader(source), name)
	if err != nil {
		return nil, asSyntaxError(name, source, err)
	}
	completeLoops(reflect.ValueOf(chunk))
	proto, err = glua.Compile(chunk, name)
	if err != nil {
		return nil, asSyntaxError(name, source, err)
	}
	fixLoops(proto)
	// A main chunk has no variable arg of its own: spare the table for it.
	proto.IsVarArg &^= glua.VarArgNeedsArg
	accountForArg(proto, bytes.Contains(source, []byte("arg")))
	return proto, nil
}

// accountForArg sees to the tables that calls make of what is passed for "...",
// where a function does not name that: the local variable arg of Lua 5.0. In a
// source that does not use it there are none. Elsewhere the function begins with
// an instruction for opNop, which accounts for its table.
func accountForArg(p *glua.FunctionProto, used bool) {
	for _, inner := range p.FunctionPrototypes {
		accountForArg(inner, used)
	}
	if p.IsVarArg&glua.VarArgNeedsArg == 0 {
		return
	}
	if !used {
		p.IsVarArg &^= glua.VarArgNeedsArg
		return
	}
	p.Code = slices.Insert(p.Code, 0, argTable)
	p.DbgSourcePositions = slices.Insert(p.DbgSourcePositions, 0, p.LineDefined)
	for i := range p.DbgCalls {
		p.DbgCalls[i].Pc++
	}
	for _, l := range p.DbgLocals {
		if l.StartPc > 0 {
			l.StartPc++
		}
		l.EndPc++
	}
}

// asSyntaxError puts gopher-lua's errors into the usual form.
func asSyntaxError(name string, source []byte, err error) *syntaxError {
	if e, ok := errors.AsType[*parse.Error](err); ok {
		return parseError(name, source, e)
	}
	if e, ok := errors.AsType[*glua.CompileError](err); ok {
		at := &syntaxError{name: name, line: max(e.Line, 1), message: e.Message}
		// A goto is found wanting at the end of its function.
		if message, line, ok := strings.Cut(e.Message, " for <goto> at line "); ok {
			if n, err := strconv.Atoi(line); err == nil {
				at.line, at.message = n, message+" for goto"
			}
		}
		return at
	}
	return &syntaxError{name: name, line: 1, message: err.Error()}
}

func parseError(name string, source []byte, e *parse.Error) *syntaxError {
	at := &syntaxError{name: name, line: e.Pos.Line, column: max(e.Pos.Column, 1), message: e.Message}
	atEnd := e.Pos.Line == parse.EOF
	if atEnd {
		at.line, at.column = lastLine(source), 0
	}
	switch {
	case e.Message == "syntax error" && atEnd:
		at.message = "syntax error: unexpected end of the source"
	case e.Message == "syntax error":
		at.column = max(at.column-len(e.Token)+1, 1) // it stands at the token's last character
		at.message = fmt.Sprintf("syntax error near '%s'", shorten(e.Token))
	case e.Message == "parse error":
		at.message = fmt.Sprintf("syntax error near '%s': an expression is no statement", shorten(e.Token))
	}
	return at
}

// lastLine is the number of the last line with something on it.
func lastLine(source []byte) int {
	return bytes.Count(bytes.TrimRight(source, " \t\r\n"), []byte("\n")) + 1
}

func shorten(token string) string {
	if len(token) > 40 {
		return token[:37] + "..."
	}
	return token
}
