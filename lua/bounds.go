package lua

import (
	"bytes"
	"fmt"

	"github.com/yuin/gopher-lua/parse"
)

// Parser and compiler recurse, or keep a stack, to the depth of the source, and
// the Go stack's overflow would end the whole program: what they get is
// bounded before.
const (
	// MaxSource bounds a source, in bytes; compiling takes some 40 times that
	// much memory.
	MaxSource = 4 << 20

	maxNesting  = 200     // blocks, functions and brackets within each other
	maxChain    = 1 << 14 // tokens of one expression that no bracket or comma divides
	maxElseIfs  = 1 << 12 // of one if
	maxPrefixes = 200     // unary operators in a row
)

// nest is one open block or bracket.
type nest struct {
	chain   int // tokens of the expression so far
	elseIfs int
}

func checkBounds(name string, source []byte) *syntaxError {
	if len(source) > MaxSource {
		return &syntaxError{name: name, line: 1, message: fmt.Sprintf("the source has %d bytes, more than %d", len(source), MaxSource)}
	}
	scanner := parse.NewScanner(bytes.NewReader(source), name)
	lexer := &parse.Lexer{}
	nests := make([]nest, 1, 16)
	prefixes := 0
	for previous := 0; ; {
		token, err := scanner.Scan(lexer)
		if err != nil {
			return asSyntaxError(name, source, err)
		}
		if token.Type < 0 { // the end
			return nil
		}
		lexer.PrevTokenType = token.Type
		inner := &nests[len(nests)-1]
		var exceeded string
		switch token.Type {
		case '(', '[', '{', parse.TFunction, parse.TThen, parse.TDo, parse.TRepeat:
			if inner.chain++; inner.chain > maxChain {
				break
			}
			nests = append(nests, nest{})
			if len(nests) > maxNesting {
				exceeded = fmt.Sprintf("nested more than %d deep", maxNesting)
			}
		case ')', ']', '}', parse.TEnd, parse.TUntil:
			if len(nests) > 1 {
				nests = nests[:len(nests)-1]
			}
		case parse.TElseIf: // its then opens again
			elseIfs := inner.elseIfs + 1
			if len(nests) > 1 {
				nests = nests[:len(nests)-1]
			}
			nests[len(nests)-1].elseIfs = elseIfs
			if elseIfs > maxElseIfs {
				exceeded = fmt.Sprintf("an if has more than %d branches", maxElseIfs)
			}
		case ',', ';', '=', parse.TReturn, parse.TLocal, parse.TIf, parse.TWhile, parse.TFor, parse.TIn, parse.TElse:
			inner.chain = 0
		default:
			if isOperand(token.Type) && endsOperand(previous) {
				inner.chain = 0 // a new statement
			}
			inner.chain++
		}
		if nests[len(nests)-1].chain > maxChain {
			exceeded = fmt.Sprintf("an expression has more than %d parts", maxChain)
		}
		if token.Type == parse.TNot || token.Type == '-' || token.Type == '#' {
			prefixes++
		} else {
			prefixes = 0
		}
		if prefixes > maxPrefixes {
			exceeded = fmt.Sprintf("more than %d operators in a row", maxPrefixes)
		}
		if exceeded != "" {
			return &syntaxError{name: name, line: token.Pos.Line, column: token.Pos.Column, message: exceeded}
		}
		previous = token.Type
	}
}

func isOperand(token int) bool { return token == parse.TIdent }

func endsOperand(token int) bool {
	switch token {
	case parse.TIdent, parse.TNumber, parse.TString, parse.TTrue, parse.TFalse, parse.TNil, parse.T3Comma, parse.TEnd, ')', ']', '}':
		return true
	}
	return false
}
