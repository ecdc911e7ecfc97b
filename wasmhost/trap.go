package wasmhost

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"wippy/mailbox"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/meter"
)

// What wazero makes of a trap and of a host function's panic (v1.12.0). The
// types are internal to it, so their texts are what tells them apart.
const (
	trapPrefix   = "wasm error: "
	panicMark    = " (recovered by wazero)"
	traceMark    = "\nwasm stack trace:\n\t"
	goTraceMark  = "\n\nGo runtime stack trace:"
	overflowText = "stack overflow"
)

// trapText begins the message of what an instruction, or a host function that
// found its arguments wrong, did to the guest.
const trapText = "wasm trap: "

// traps says in plain words what wazero says tersely. The others stand as they are.
var traps = map[string]string{
	"unreachable":                   "unreachable instruction executed",
	overflowText:                    "call stack exhausted",
	"invalid table access":          "undefined table element",
	"invalid conversion to integer": "invalid conversion of a float to an integer",
}

// explain turns an error of the engine's into one for people: a trap is of
// kind Failed and has the guest's frames, a fault of the host is Internal.
func (p *Program) explain(err error) *mailbox.Error {
	if f, ok := errors.AsType[*fault](err); ok {
		return &mailbox.Error{Kind: mailbox.Internal, Message: fmt.Sprintf("the engine failed: %v", f.value), Cause: err}
	}
	where := ""
	if strings.HasPrefix(err.Error(), "start function[") { // of a module that is not metered
		where = p.startName() + ": "
		err = errors.Unwrap(err)
	}
	text, trace, _ := strings.Cut(err.Error(), traceMark)
	trace, _, _ = strings.Cut(trace, goTraceMark)
	e := &mailbox.Error{Kind: mailbox.Failed, Trace: p.frames(trace)}
	trap, trapped := strings.CutPrefix(text, trapPrefix)
	own, refused := errors.AsType[*imports.Trap](err)
	switch {
	case refused:
		e.Message = where + trapText + own.Message
	case errors.Is(err, errOverflow):
		e.Message = where + trapText + errOverflow.Error()
	case strings.HasSuffix(text, panicMark):
		e.Kind, e.Cause = mailbox.Internal, err
		e.Message = where + "a host function failed: " + strings.TrimSuffix(text, panicMark)
	case trapped || text == overflowText: // an overflow comes bare, without a trace
		if plain, known := traps[trap]; known {
			trap = plain
		}
		e.Message = where + trapText + trap
	default: // such as a data segment beyond the memory
		e.Message = where + "instantiation failed: " + text
	}
	return e
}

// startName names the start function as errors do.
func (p *Program) startName() string { return "start function " + p.info.FuncName(p.info.Start) }

// frames gives the lines of a trace as function and type: "sum(i32) i32". The
// frames of metering are left out.
func (p *Program) frames(trace string) []string {
	if trace == "" {
		return nil
	}
	var frames []string
	for line := range strings.SplitSeq(trace, "\n\t") {
		if strings.HasPrefix(line, meter.DefaultModule+".") {
			continue
		}
		if strings.HasPrefix(line, "... ") {
			frames = append(frames, line) // wazero's note that there are more
			continue
		}
		line = strings.TrimPrefix(line, p.info.Name()+".")
		name, rest, _ := strings.Cut(line, "(")
		if digits, unnamed := strings.CutPrefix(name, "$"); unnamed {
			if index, err := strconv.ParseUint(digits, 10, 32); err == nil {
				line = p.info.FuncName(p.original(uint32(index))) + "(" + rest
			}
		}
		frames = append(frames, line)
	}
	return frames
}

// original gives the index that a function had before the module was metered.
func (p *Program) original(index uint32) uint32 {
	if index >= p.meter.Imported+p.meter.Shift {
		return index - p.meter.Shift
	}
	return index
}

// detail is what the log gets of an error beyond its message.
func detail(err error) string {
	if f, ok := errors.AsType[*fault](err); ok {
		return string(f.stack)
	}
	return err.Error()
}

// refusal begins the error of a process that failed after a refused growth.
func refusal(limit, asked uint64) string {
	return fmt.Sprintf("max_memory: the limit is %d bytes; a growth to %d (%d too many) was refused, then: ", limit, asked, asked-limit)
}
