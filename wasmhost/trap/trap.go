// Package trap says for people what wazero's errors say for its developers:
// what ended guest code, and the guest's functions that were running.
package trap

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"wippy/mailbox"
	"wippy/wasmhost/fuel"
	"wippy/wasmhost/imports"
	"wippy/wasmhost/meter"
	"wippy/wasmhost/module"
)

// What wazero makes of a trap and of a host function's panic (v1.12.0). The
// types are internal to it, so their texts are what tells them apart.
const (
	trapPrefix   = "wasm error: "
	panicMark    = " (recovered by wazero)"
	traceMark    = "\nwasm stack trace:\n\t"
	goTraceMark  = "\n\nGo runtime stack trace:"
	overflowText = "stack overflow"
	startPrefix  = "start function["
)

// Prefix begins the message of what an instruction, or a host function that
// found its arguments wrong, did to the guest.
const Prefix = "wasm trap: "

// plain says in plain words what wazero says tersely. The others stand as they are.
var plain = map[string]string{
	"unreachable":                   "unreachable instruction executed",
	overflowText:                    "call stack exhausted",
	"invalid table access":          "undefined table element",
	"invalid conversion to integer": "invalid conversion of a float to an integer",
}

// Read turns an error of the engine's into one for people: a trap is of kind
// Failed, a host function's panic Internal. The trace of what it gives has the
// frames as wazero writes them; Frames makes them readable. start tells that the
// start function of a module that is not metered failed.
func Read(err error) (e *mailbox.Error, start bool) {
	if start = strings.HasPrefix(err.Error(), startPrefix); start {
		err = errors.Unwrap(err)
	}
	text, trace, _ := strings.Cut(err.Error(), traceMark)
	trace, _, _ = strings.Cut(trace, goTraceMark)
	e = &mailbox.Error{Kind: mailbox.Failed}
	if trace != "" {
		e.Trace = strings.Split(trace, "\n\t")
	}
	what, trapped := strings.CutPrefix(text, trapPrefix)
	own, refused := errors.AsType[*imports.Trap](err)
	switch {
	case refused:
		e.Message = Prefix + own.Message
	case errors.Is(err, fuel.ErrOverflow):
		e.Message = Prefix + fuel.ErrOverflow.Error()
	case strings.HasSuffix(text, panicMark):
		e.Kind, e.Cause = mailbox.Internal, err
		e.Message = "a host function failed: " + strings.TrimSuffix(text, panicMark)
	case trapped || text == overflowText: // an overflow comes bare, without a trace
		if better, known := plain[what]; known {
			what = better
		}
		e.Message = Prefix + what
	default: // such as a data segment beyond the memory
		e.Message = "instantiation failed: " + text
	}
	return e, start
}

// Names are what the frames of a module's functions are called by.
type Names struct {
	Module *module.Module
	Meter  meter.Info
}

// Frames gives the lines of a trace as function and type: "sum(i32) i32". The
// frames of metering are left out.
func (n Names) Frames(trace []string) []string {
	var frames []string
	for _, line := range trace {
		if strings.HasPrefix(line, meter.DefaultModule+".") {
			continue
		}
		frames = append(frames, n.frame(line))
	}
	return frames
}

func (n Names) frame(line string) string {
	if strings.HasPrefix(line, "... ") { // wazero's note that there are more
		return line
	}
	line, own := strings.CutPrefix(line, n.Module.Name()+".")
	name, rest, _ := strings.Cut(line, "(")
	digits, unnamed := strings.CutPrefix(name, "$")
	switch {
	case !own: // a function of the host's
		return line
	case !unnamed:
		return module.Readable(line)
	}
	index, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return line
	}
	return n.Module.FuncName(n.original(uint32(index))) + "(" + rest
}

// original gives the index that a function had before the module was metered.
func (n Names) original(index uint32) uint32 {
	if index >= n.Meter.Imported+n.Meter.Shift {
		return index - n.Meter.Shift
	}
	return index
}

// Refusal begins the error of a process that failed after a refused growth.
func Refusal(limit, asked uint64) string {
	return fmt.Sprintf("max_memory: the limit is %d bytes; a growth to %d (%d too many) was refused, then: ", limit, asked, asked-limit)
}
