package meter

import (
	"runtime"

	"wippy/wasmhost/module"
)

// The room of a function is how much of the engine's stack a call of it is
// taken for, in bytes: a frame, a slot for each local, those for what calls and
// blocks give and take all at once, and some for what is in between, which the
// size of the code stands for. wazero 1.12 tells nobody how much it is. Of
// 15,000 functions compiled from C, Rust, Go, AssemblyScript and of a JavaScript engine,
// half take less than 0.7 of their room, one in a hundred more than 1.6, and
// none more than 2.5. Code that is made to take more gets some ten times as much.
const (
	roomFrame = 64
	roomSlot  = 8       // 16 for a vector
	roomCode  = 4       // bytes of code for a byte of stack
	roomMost  = 1 << 20 // so that sums of it have 32 bits
	// maxValues bounds what the values of a function's calls and blocks may take of
	// its frame, in bytes: the engine makes room for a frame however large it is.
	maxValues = 1 << 20
)

func room(f *function) uint32 {
	return uint32(min(roomFrame+f.slots+f.values+f.outgoing+f.size/roomCode, roomMost))
}

// slots is what values take of a frame, in bytes.
func slots(types []module.ValType) (n uint64) {
	for _, t := range types {
		n += slot(t)
	}
	return n
}

func slot(t module.ValType) uint64 {
	if t == module.V128 {
		return 2 * roomSlot
	}
	return roomSlot
}

// registers is how many integers, references among them, and how many floats
// and vectors the engine passes in registers. It needs two of the former itself.
var registers = func() struct{ integers, floats int } {
	if runtime.GOARCH == "arm64" {
		return struct{ integers, floats int }{8, 8}
	}
	return struct{ integers, floats int }{9, 8}
}()

// onStack tells whether a call passes something on the stack. The engine then
// makes an ordinary call of a tail call.
func onStack(t module.FuncType) bool {
	beyond := func(types []module.ValType, integers int) bool {
		floats := registers.floats
		for _, t := range types {
			switch t {
			case module.F32, module.F64, module.V128:
				floats--
			default:
				integers--
			}
		}
		return integers < 0 || floats < 0
	}
	return beyond(t.Params, registers.integers-2) || beyond(t.Results, registers.integers)
}
