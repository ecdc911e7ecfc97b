package lua

import (
	"reflect"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// completeLoops has every generic for begin with three values. Where it is given
// fewer, as in `for k, v in next, t do`, gopher-lua v1.1.2 leaves in the places of
// the others what an earlier loop left there.
func completeLoops(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if loop, ok := v.Interface().(*ast.GenericForStmt); ok && loop != nil {
			completeLoop(loop)
		}
		if !v.IsNil() {
			completeLoops(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			completeLoops(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanInterface() {
				switch f.Kind() {
				case reflect.Interface, reflect.Pointer, reflect.Slice, reflect.Struct:
					completeLoops(f)
				}
			}
		}
	}
}

func completeLoop(loop *ast.GenericForStmt) {
	n := len(loop.Exprs)
	if severalValues(loop.Exprs[n-1]) {
		// The last expression gives as many values as there are names, or three if it
		// is the only one.
		for n == 2 && len(loop.Names) < 3 {
			loop.Names = append(loop.Names, "(unused)")
		}
		return
	}
	for ; n < 3; n++ {
		none := &ast.NilExpr{}
		none.SetLine(loop.Line())
		none.SetLastLine(loop.Line())
		loop.Exprs = append(loop.Exprs, none)
	}
}

// severalValues tells whether an expression at the end of a list gives all its values.
func severalValues(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// How gopher-lua lays an instruction out.
const (
	opcodeShift = 26
	jumpMask    = 1<<18 - 1
	jumpZero    = jumpMask >> 1 // what stands for a distance of zero
)

func isOp(inst uint32, op int) bool { return int(inst>>opcodeShift) == op }

// fixLoops corrects the jump back of a generic for whose body begins with a jump,
// a break as a rule. gopher-lua shortens jumps to jumps one after the other, and
// reads the distance of one that it has been at as a label: with v1.1.2,
// `for _ in pairs(t) do break end` goes on anywhere in the function. The variables
// of a loop are known from where its body begins, and the jump before that leads to its end.
func fixLoops(p *glua.FunctionProto) {
	for _, inner := range p.FunctionPrototypes {
		fixLoops(inner)
	}
	for i, l := range p.DbgLocals {
		if l.Name != "(for control)" || i+1 == len(p.DbgLocals) {
			continue
		}
		body := p.DbgLocals[i+1].StartPc
		if body < 1 || body >= len(p.Code) || !isOp(p.Code[body-1], glua.OP_JMP) || !isOp(p.Code[body], glua.OP_JMP) {
			continue
		}
		end := body + int(p.Code[body-1]&jumpMask) - jumpZero // where the jump into the loop leads
		if end <= body || end+1 >= len(p.Code) || !isOp(p.Code[end], glua.OP_TFORLOOP) || !isOp(p.Code[end+1], glua.OP_JMP) {
			continue
		}
		p.Code[end+1] = p.Code[end+1]&^jumpMask | uint32(body-(end+1)-1+jumpZero)
	}
}
