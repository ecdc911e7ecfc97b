package lua

import (
	"reflect"
	"runtime"
	"strings"
	_ "unsafe" // for go:linkname

	glua "github.com/yuin/gopher-lua"
)

// Some instructions of gopher-lua's virtual machine take memory, or time, that
// grows with what they are given: `..` of long strings, a sparse index, == of
// two texts. They are replaced here by handlers that account for it, refuse
// what is too much before it is made, and do long work in pieces between which
// others run. What they do often they do themselves, and quicker: that pays for
// the accounting. The rest stays the original's.
//
// The table is the whole program's: a state that belongs to no process is
// served by the originals.

// handler is what the virtual machine calls for an instruction.
type handler = func(L *glua.LState, inst uint32, base *vmFrame) int

//go:linkname jumpTable github.com/yuin/gopher-lua.jumpTable
var jumpTable [glua.OP_NOP + 1]handler

// originals are gopher-lua's own handlers.
var originals [glua.OP_NOP + 1]handler

func init() {
	for op, h := range jumpTable {
		if f := runtime.FuncForPC(reflect.ValueOf(h).Pointer()); f == nil || !strings.HasPrefix(f.Name(), "github.com/yuin/gopher-lua.") {
			panic("lua: this version of gopher-lua has no table of instructions where one was")
		}
		originals[op] = h
	}
	for op, h := range map[int]handler{
		glua.OP_GETTABLE:   opGetTable,
		glua.OP_SETTABLE:   opSetTable,
		glua.OP_SETTABLEKS: opSetField,
		glua.OP_SETGLOBAL:  opSetGlobal,
		glua.OP_NEWTABLE:   opNewTable,
		glua.OP_SETLIST:    opSetList,
		glua.OP_LEN:        opLen,
		glua.OP_CONCAT:     opConcat,
		glua.OP_EQ:         opEqual,
		glua.OP_LT:         opLess,
		glua.OP_LE:         opLessEqual,
		glua.OP_CLOSURE:    opClosure,
		glua.OP_VARARG:     opVarArg,
		glua.OP_NOP:        opNop,
		glua.OP_ADD:        opArithmetic,
		glua.OP_SUB:        opArithmetic,
		glua.OP_MUL:        opArithmetic,
		glua.OP_DIV:        opArithmetic,
		glua.OP_MOD:        opArithmetic,
		glua.OP_POW:        opArithmetic,
		glua.OP_UNM:        opMinus,
	} {
		jumpTable[op] = h
	}
}

// The operands of an instruction.
func argA(inst uint32) int  { return int(inst>>18) & 0xff }
func argB(inst uint32) int  { return int(inst & 0x1ff) }
func argC(inst uint32) int  { return int(inst>>9) & 0x1ff }
func argBx(inst uint32) int { return int(inst & 0x3ffff) }

// constantBit marks an operand that is a constant and no register.
const constantBit = 1 << 8

// operand is a register or constant.
func operand(regs []glua.LValue, f *vmFrame, arg int) glua.LValue {
	if arg&constantBit != 0 {
		return f.Fn.Proto.Constants[arg&^constantBit]
	}
	return regs[f.LocalBase+arg]
}

// longText is the length from which a text's time counts.
const longText = 4 << 10

// element gives the place of an integer key in a table's array, -1 for one that
// is not in it.
func element(t *vmTable, key glua.LNumber) int {
	i := int(key)
	if glua.LNumber(i) != key || uint(i-1) >= uint(len(t.array)) {
		return -1
	}
	return i - 1
}

func opGetTable(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	f, regs := th.currentFrame, th.reg.array
	if t, ok := regs[f.LocalBase+argB(inst)].(*glua.LTable); ok {
		switch key := operand(regs, f, argC(inst)).(type) {
		case glua.LNumber:
			table := tableOf(t)
			if i := element(table, key); i >= 0 {
				v := table.array[i]
				if to := f.LocalBase + argA(inst); v != glua.LNil && to < th.reg.top {
					regs[to] = v
					return 0
				}
			}
		case glua.LString:
			if len(key) >= longText {
				chargeText(L, len(key))
			}
		}
	} else {
		refuseIndex(L, regs[f.LocalBase+argB(inst)], operand(regs, f, argC(inst)))
	}
	return originals[glua.OP_GETTABLE](L, inst, base)
}

func opSetTable(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	f, regs := th.currentFrame, th.reg.array
	t, ok := regs[f.LocalBase+argA(inst)].(*glua.LTable)
	if !ok {
		refuseIndex(L, regs[f.LocalBase+argA(inst)], operand(regs, f, argB(inst)))
		return originals[glua.OP_SETTABLE](L, inst, base)
	}
	table := tableOf(t)
	switch key := operand(regs, f, argB(inst)).(type) {
	case glua.LNumber:
		if i := element(table, key); i >= 0 {
			if table.Metatable == glua.LNil || table.array[i] != glua.LNil {
				table.array[i] = operand(regs, f, argC(inst))
				return 0
			}
		} else if n := len(table.array); key == glua.LNumber(n+1) && n < cap(table.array) && n+1 < glua.MaxArrayIndex && table.Metatable == glua.LNil {
			table.array = append(table.array, operand(regs, f, argC(inst)))
			return 0
		} else if s := From(L); s != nil && key > glua.LNumber(cap(table.array)) && key < glua.LNumber(glua.MaxArrayIndex) && key == glua.LNumber(int(key)) &&
			L.GetMetaField(t, "__newindex") == glua.LNil { // else the value goes elsewhere
			s.growArray(table, int(key))
		}
	case glua.LString:
		if len(key) >= longText {
			chargeText(L, len(key))
		}
		if replaceField(table, string(key), operand(regs, f, argC(inst))) {
			return 0
		}
	default:
		if table.dict == nil && len(table.strdict) > longText {
			table.dict = map[glua.LValue]glua.LValue{} // the original makes one as large as that of strings
		}
	}
	return setField(L, inst, base, table, glua.OP_SETTABLE)
}

// replaceField sets a field that is there to another value. The original would
// box the key anew and look it up four times.
func replaceField(t *vmTable, key string, v glua.LValue) bool {
	if v == glua.LNil {
		return false
	}
	_, ok := t.strdict[key]
	if ok {
		t.strdict[key] = v
	}
	return ok
}

// setField lets the original set a field, and accounts for a key that is new.
func setField(L *glua.LState, inst uint32, base *vmFrame, table *vmTable, op int) int {
	keys, fresh := len(table.keys), table.strdict == nil
	result := originals[op](L, inst, base)
	if len(table.keys) != keys {
		if s := From(L); s != nil {
			s.grow(keyBytes)
			if fresh {
				s.grow(firstKeyBytes)
			}
		}
	}
	return result
}

func opSetField(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	f, regs := th.currentFrame, th.reg.array
	if t, ok := regs[f.LocalBase+argA(inst)].(*glua.LTable); ok {
		if key, ok := operand(regs, f, argB(inst)).(glua.LString); ok && replaceField(tableOf(t), string(key), operand(regs, f, argC(inst))) {
			return 0
		}
		return setField(L, inst, base, tableOf(t), glua.OP_SETTABLEKS)
	}
	return originals[glua.OP_SETTABLEKS](L, inst, base)
}

func opSetGlobal(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	f := th.currentFrame
	env := tableOf(f.Fn.Env)
	if key, ok := f.Fn.Proto.Constants[argBx(inst)].(glua.LString); ok && replaceField(env, string(key), th.reg.array[f.LocalBase+argA(inst)]) {
		return 0
	}
	return setField(L, inst, base, env, glua.OP_SETGLOBAL)
}

func opNewTable(L *glua.LState, inst uint32, base *vmFrame) int {
	if s := From(L); s != nil {
		bytes := tableBytes + argB(inst)*valueBytes
		if c := argC(inst); c > 0 {
			bytes += mapHeader + mapSlots(c)*(stringSlot+1)
		}
		s.grow(bytes)
	}
	return originals[glua.OP_NEWTABLE](L, inst, base)
}

func opSetList(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	f := th.currentFrame
	to := f.LocalBase + argA(inst)
	t := tableOf(th.reg.array[to].(*glua.LTable))
	n := argB(inst)
	if n == 0 {
		n = th.reg.top - to - 1
	}
	if s := From(L); s != nil {
		if n > valuesPerFuel {
			s.charge(n / valuesPerFuel)
		}
		if length := len(t.array) + n; length > cap(t.array) {
			s.growArray(t, length)
		}
	}
	return originals[glua.OP_SETLIST](L, inst, base)
}

func opLen(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	f := th.currentFrame
	if t, ok := operand(th.reg.array, f, argB(inst)).(*glua.LTable); ok {
		// The original looks for the last element from the end of the array.
		if table := tableOf(t); len(table.array) > longText && table.array[len(table.array)-1] == glua.LNil {
			if s := From(L); s != nil {
				s.charge((len(table.array) - t.Len()) / scannedPerFuel)
			}
		}
	}
	return originals[glua.OP_LEN](L, inst, base)
}

// scannedPerFuel is what a unit of fuel buys of an array that is looked through.
const scannedPerFuel = 16

func opConcat(L *glua.LState, inst uint32, base *vmFrame) int {
	s := From(L)
	if s == nil {
		return originals[glua.OP_CONCAT](L, inst, base)
	}
	th := threadOf(L)
	f, regs := th.currentFrame, th.reg.array
	values := regs[f.LocalBase+argB(inst) : f.LocalBase+argC(inst)+1]
	size, plain := 0, true
	for _, v := range values {
		switch v := v.(type) {
		case glua.LString:
			size += len(v)
		case glua.LNumber:
			size += numeralBytes
		default:
			plain = false // there may be a metamethod
		}
	}
	checkSize(L, "..", size)
	to := f.LocalBase + argA(inst)
	if plain && size > pieceSize && to < th.reg.top {
		s.build(size)
		result := s.join(values, size)
		s.built(size)
		th.reg.array[to] = glua.LString(result) // meanwhile the registers may have moved
		return 0
	}
	s.grow(stringBytes + size)
	originals[glua.OP_CONCAT](L, inst, base)
	if !plain {
		if text, ok := th.reg.array[to].(glua.LString); ok && len(text) > size {
			s.charge((len(text) - size) / bytesPerFuel)
			s.grow(len(text) - size)
		}
	}
	return 0
}

// numeralBytes is what a number has at most as a text.
const numeralBytes = 24

// join concatenates strings and numbers in pieces.
func (s *State) join(values []glua.LValue, size int) string {
	var b strings.Builder
	b.Grow(size)
	for _, v := range values {
		s.append(&b, v.String())
	}
	return b.String()
}

// append adds a text in pieces.
func (s *State) append(b *strings.Builder, text string) {
	for len(text) > pieceSize {
		b.WriteString(text[:pieceSize])
		s.charge(pieceSize / bytesPerFuel)
		text = text[pieceSize:]
	}
	b.WriteString(text)
	s.charge(len(text) / bytesPerFuel)
}

// skip ends a comparison: the next instruction, a jump, is left out where the
// result is what the instruction asks for.
func skip(f *vmFrame, inst uint32, result bool) int {
	if result == (argA(inst) == 0) {
		f.Pc++
	}
	return 0
}

func opEqual(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	f := th.currentFrame
	switch a := operand(th.reg.array, f, argB(inst)).(type) {
	case glua.LNumber:
		b, ok := operand(th.reg.array, f, argC(inst)).(glua.LNumber)
		return skip(f, inst, ok && a == b)
	case glua.LString:
		b, ok := operand(th.reg.array, f, argC(inst)).(glua.LString)
		return skip(f, inst, ok && len(a) == len(b) && compareTexts(L, string(a), string(b)) == 0)
	}
	return originals[glua.OP_EQ](L, inst, base)
}

func opLess(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	f := th.currentFrame
	switch a := operand(th.reg.array, f, argB(inst)).(type) {
	case glua.LNumber:
		if b, ok := operand(th.reg.array, f, argC(inst)).(glua.LNumber); ok {
			return skip(f, inst, a < b)
		}
	case glua.LString:
		if b, ok := operand(th.reg.array, f, argC(inst)).(glua.LString); ok {
			return skip(f, inst, compareTexts(L, string(a), string(b)) < 0)
		}
	}
	return originals[glua.OP_LT](L, inst, base)
}

func opLessEqual(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	f := th.currentFrame
	switch a := operand(th.reg.array, f, argB(inst)).(type) {
	case glua.LNumber:
		if b, ok := operand(th.reg.array, f, argC(inst)).(glua.LNumber); ok {
			return skip(f, inst, a <= b)
		}
	case glua.LString:
		if b, ok := operand(th.reg.array, f, argC(inst)).(glua.LString); ok {
			return skip(f, inst, compareTexts(L, string(a), string(b)) <= 0)
		}
	}
	return originals[glua.OP_LE](L, inst, base)
}

// compareTexts is strings.Compare; of long texts in pieces.
func compareTexts(L *glua.LState, a, b string) int {
	for min(len(a), len(b)) > pieceSize {
		if a[:pieceSize] != b[:pieceSize] {
			return strings.Compare(a[:pieceSize], b[:pieceSize])
		}
		a, b = a[pieceSize:], b[pieceSize:]
		chargeText(L, pieceSize)
	}
	return strings.Compare(a, b)
}

func opArithmetic(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	f, regs := th.currentFrame, th.reg.array
	a, b := operand(regs, f, argB(inst)), operand(regs, f, argC(inst))
	_, numbers := a.(glua.LNumber)
	if numbers {
		_, numbers = b.(glua.LNumber)
	}
	if !numbers && (isLongText(a) || isLongText(b)) {
		event := arithmeticEvents[int(inst>>26)]
		if L.GetMetaField(a, event) == glua.LNil && L.GetMetaField(b, event) == glua.LNil {
			refuseText(L)
		}
	}
	return originals[glua.OP_ADD](L, inst, base)
}

// arithmeticEvents are the names of metamethods.
var arithmeticEvents = map[int]string{
	glua.OP_ADD: "__add", glua.OP_SUB: "__sub", glua.OP_MUL: "__mul",
	glua.OP_DIV: "__div", glua.OP_MOD: "__mod", glua.OP_POW: "__pow",
}

func opMinus(L *glua.LState, inst uint32, base *vmFrame) int {
	th := threadOf(L)
	if isLongText(operand(th.reg.array, th.currentFrame, argB(inst))) { // texts have no metamethod for it
		refuseText(L)
	}
	return originals[glua.OP_UNM](L, inst, base)
}

// isLongText tells whether a value is a text that is too long for a number.
func isLongText(v glua.LValue) bool {
	text, ok := v.(glua.LString)
	return ok && len(text) > maxNumeral
}

// refuseText raises an error for arithmetic on a text that is too long for a number.
func refuseText(L *glua.LState) {
	if From(L) != nil {
		L.RaiseError("attempt to perform arithmetic on a string: %s", tooLongForNumber)
	}
}

// refuseIndex raises the error for indexing what has no fields with a long text:
// the original puts all of it into the message.
func refuseIndex(L *glua.LState, v, key glua.LValue) {
	if text, ok := key.(glua.LString); ok && len(text) > longText && v.Type() != glua.LTString && L.GetMetaField(v, "__index") == glua.LNil && L.GetMetaField(v, "__newindex") == glua.LNil && From(L) != nil {
		L.RaiseError("attempt to index a non-table object(%s) with key %s", v.Type(), quote(string(text)))
	}
}

func opClosure(L *glua.LState, inst uint32, base *vmFrame) int {
	if s := From(L); s != nil {
		proto := threadOf(L).currentFrame.Fn.Proto.FunctionPrototypes[argBx(inst)]
		s.grow(functionBytes + int(proto.NumUpvalues)*(wordBytes+upvalueBytes))
	}
	return originals[glua.OP_CLOSURE](L, inst, base)
}

func opVarArg(L *glua.LState, inst uint32, base *vmFrame) int {
	n := argB(inst) - 1
	if f := threadOf(L).currentFrame; n < 0 {
		n = f.NArgs - int(f.Fn.Proto.NumParameters)
	}
	if n > 16 {
		if s := From(L); s != nil {
			s.charge(n / valuesPerFuel)
			s.grow(n * valueBytes)
		}
	}
	return originals[glua.OP_VARARG](L, inst, base)
}

// argTable is the instruction that functions with a table of arguments begin
// with; see accountForArg. The compiler makes none with an operand.
const argTable = uint32(glua.OP_NOP)<<26 | 1

func opNop(L *glua.LState, inst uint32, _ *vmFrame) int {
	if inst == argTable {
		if s := From(L); s != nil {
			s.grow(tableBytes + firstKeyBytes + keyBytes + max(threadOf(L).currentFrame.NArgs, firstArray)*valueBytes)
		}
	}
	return 0
}

// chargeText charges for a text that is looked at.
func chargeText(L *glua.LState, length int) {
	if s := From(L); s != nil {
		s.charge(length / bytesPerFuel)
	}
}
