package lua

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// maxUnpacked bounds what unpack pushes: the stack grows in steps.
const maxUnpacked = registers / 2

// baseAssert is the global assert. Other than the stock one it raises any
// value as it is: an error value, for one, as in assert(process.spawn(…)).
func baseAssert(L *glua.LState) int {
	switch {
	case L.GetTop() == 0:
		ArgError(L, "assert", 1, "a value")
	case L.ToBool(1):
		return L.GetTop()
	case L.GetTop() == 1:
		L.RaiseError("assertion failed!")
	}
	L.Error(L.Get(2), 0)
	return 0
}

// baseError is the global error. The position that it puts before a message
// is that of the function at the level, and none where that is a function of
// Go; the stock one looks further.
func baseError(L *glua.LState) int {
	object := L.Get(1)
	if text, ok := object.(glua.LString); ok {
		level := optInteger(L, 2, 1)
		if d, ok := L.GetStack(level); ok && level > 0 {
			L.GetInfo("Sl", d, glua.LNil)
			if d.Source != "" {
				object = From(L).joined("error", fmt.Sprintf("%s:%d: ", d.Source, d.CurrentLine), string(text))
			}
		}
	}
	L.Error(object, 0)
	return 0
}

// baseCollectGarbage is the global collectgarbage. It does nothing: the
// collector is the whole node's, and no script may stop it or wait for it.
func baseCollectGarbage(L *glua.LState) int {
	L.Push(glua.LNumber(0))
	return 1
}

var nextFunction = shared(baseNext)

func baseNext(L *glua.LState) int {
	openIfGlobals(L, L.Get(1))
	k, v := From(L).next(L.CheckTable(1), L.Get(2))
	L.Push(k)
	if k == glua.LNil {
		return 1
	}
	L.Push(v)
	return 2
}

func basePairs(L *glua.LState) int {
	openIfGlobals(L, L.Get(1))
	t := L.CheckTable(1)
	L.Push(nextFunction)
	L.Push(t)
	L.Push(glua.LNil)
	return 3
}

func baseRawGet(L *glua.LState) int {
	openIfGlobals(L, L.Get(1))
	L.Push(L.CheckTable(1).RawGet(L.CheckAny(2)))
	return 1
}

func baseRawSet(L *glua.LState) int {
	openIfGlobals(L, L.Get(1))
	t := L.CheckTable(1)
	if n, ok := L.Get(2).(glua.LNumber); ok && n > 0 && n < glua.LNumber(glua.MaxArrayIndex) && n == glua.LNumber(int(n)) {
		if table := tableOf(t); int(n) > cap(table.array) {
			From(L).growArray(table, int(n))
		}
	} else {
		From(L).grow(keyBytes + firstKeyBytes)
	}
	L.RawSet(t, L.CheckAny(2), L.CheckAny(3))
	L.SetTop(1)
	return 1
}

func baseGetMetatable(L *glua.LState) int {
	lv := L.CheckAny(1)
	openIfGlobals(L, lv)
	if lv.Type() == glua.LTString {
		From(L).stringLibrary()
	}
	L.Push(L.GetMetatable(lv))
	return 1
}

// baseSetMetatable is the global setmetatable. The stock one lets scripts
// change the metatables of all types.
func baseSetMetatable(L *glua.LState) int {
	t := L.CheckTable(1)
	openIfGlobals(L, t)
	L.CheckTypes(2, glua.LTNil, glua.LTTable)
	if L.GetMetaField(t, "__metatable") != glua.LNil {
		L.RaiseError("cannot change a protected metatable")
	}
	L.SetMetatable(t, L.Get(2))
	L.SetTop(1)
	return 1
}

// baseToNumber is the global tonumber. It also takes 64-bit integers, and, as
// Lua's own and other than the stock one, exponents without a point.
func baseToNumber(L *glua.LState) int {
	lv := L.CheckAny(1)
	base := optInteger(L, 2, 10)
	var n glua.LValue = glua.LNil
	switch v := lv.(type) {
	case glua.LNumber:
		n = v
	case glua.LString:
		text := string(v)
		if len(text) <= maxNumeral {
			text = strings.TrimSpace(text)
		}
		if len(text) > maxNumeral {
			break // see maxNumeral
		}
		if base == 10 {
			n = parseNumber(text)
		} else if base < 2 || base > 36 {
			L.ArgError(2, "base out of range")
		} else if u, err := strconv.ParseUint(text, base, 64); err == nil {
			n = glua.LNumber(u)
		}
	default:
		if i, ok := integerOf(lv); ok {
			n = glua.LNumber(i.float())
		}
	}
	L.Push(n)
	return 1
}

func parseNumber(text string) glua.LValue {
	digits := strings.ToLower(strings.TrimLeft(text, "+-"))
	if strings.HasPrefix(digits, "0x") {
		u, err := strconv.ParseUint(digits[2:], 16, 64)
		if err != nil || len(text)-len(digits) > 1 {
			return glua.LNil
		}
		return glua.LNumber(math.Copysign(float64(u), sign(text)))
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) || strings.ContainsAny(digits, "_in") { // not Go's 1_000, inf and nan
		return glua.LNil
	}
	return glua.LNumber(f)
}

func sign(text string) float64 {
	if strings.HasPrefix(text, "-") {
		return -1
	}
	return 1
}

func baseUnpack(L *glua.LState) int {
	t := L.CheckTable(1)
	first := optInteger(L, 2, 1)
	last := optInteger(L, 3, t.Len())
	if last < first {
		return 0
	}
	if uint(last)-uint(first) >= maxUnpacked {
		L.RaiseError("too many results to unpack: at most %d", maxUnpacked)
	}
	s := From(L)
	s.charge((last - first) / valuesPerFuel)
	s.grow((last - first) * valueBytes)
	for i := first; ; i++ {
		L.Push(t.RawGet(glua.LNumber(i)))
		if i == last {
			return last - first + 1
		}
	}
}

// baseLoad is the global load: of a string, or of the pieces that a function
// returns until nil or "".
func baseLoad(L *glua.LState) int {
	if text, ok := L.Get(1).(glua.LString); ok {
		return load(L, string(text), L.OptString(2, string(text)))
	}
	reader := L.CheckFunction(1)
	name := L.OptString(2, "=(load)")
	var text strings.Builder
	for {
		L.Push(reader)
		L.Call(0, 1)
		piece := L.Get(-1)
		L.Pop(1)
		if piece == glua.LNil || piece == glua.LString("") {
			From(L).built(text.Len())
			return load(L, text.String(), name)
		}
		if !glua.LVCanConvToString(piece) {
			L.Push(glua.LNil)
			L.Push(glua.LString("reader function must return a string"))
			return 2
		}
		From(L).build(len(piece.String()))
		text.WriteString(piece.String())
		if text.Len() > MaxSource {
			return load(L, text.String(), name) // which refuses it
		}
	}
}

func baseLoadString(L *glua.LState) int {
	text := L.CheckString(1)
	return load(L, text, L.OptString(2, text))
}

// quickSource is the size up to which a source compiles in well under a slice.
const quickSource = 16 << 10

// load compiles and pushes a function of the globals, or nil and the error. A
// long source suspends the process, since compiling cannot be interrupted.
func load(L *glua.LState, text, name string) int {
	s := From(L)
	var proto *glua.FunctionProto
	build := func(context.Context) (err error) {
		proto, err = compile(chunkName(name), []byte(text))
		return err
	}
	var err error
	if len(text) <= quickSource {
		err = build(nil)
		s.charge(len(text))
	} else {
		err = s.ctx.Await(build)
	}
	if err != nil {
		L.Push(glua.LNil)
		L.Push(glua.LString(err.Error()))
		return 2
	}
	for todo := []*glua.FunctionProto{proto}; len(todo) > 0; {
		p := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], p.FunctionPrototypes...)
		s.grow(int(codeBytes(p)))
	}
	L.Push(L.NewFunctionFromProto(proto))
	return 1
}

// chunkName makes of load's second argument what messages show: Lua's own
// convention of "=name" and "@file", and else the first line of the source.
func chunkName(name string) string {
	if rest, ok := strings.CutPrefix(name, "="); ok && rest != "" {
		return rest
	}
	if rest, ok := strings.CutPrefix(name, "@"); ok && rest != "" {
		return rest
	}
	line, _, more := strings.Cut(name, "\n")
	if more || len(line) > 40 {
		line = line[:min(len(line), 37)] + "..."
	}
	return `[string "` + line + `"]`
}
