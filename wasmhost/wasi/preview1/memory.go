package preview1

import (
	"encoding/binary"
	"math"

	"wippy/wasmhost/wasi/files"
)

// out gives a view of where a result goes. It comes before the function does
// anything, and stays good: the guest does not run meanwhile.
func (x *call) out(at uint64, n uint32) []byte { return x.View(uint32(at), n, "where the result goes") }

var le = binary.LittleEndian

// path reads a path; what is in it is for package files to check.
func (x *call) path(at, n uint64) (string, errno) {
	b := x.View(uint32(at), uint32(n), "a path")
	if len(b) > files.MaxPath {
		return "", enametoolong
	}
	x.Charge(len(b))
	return string(b), success
}

const (
	// maxVectors is how many pieces of memory one call reads into or writes
	// from, as in Linux.
	maxVectors = 1024
	vectorSize = 8
)

// vectors reads a list of pieces of memory. What they have together is counted
// by 32 bits, as the answer is.
func (x *call) vectors(at, n uint64) ([][]byte, errno) {
	count := uint32(n)
	if count > maxVectors {
		return nil, einval
	}
	list := x.View(uint32(at), count*vectorSize, "a list of buffers")
	var total uint64
	buffers := make([][]byte, 0, min(count, 4))
	for ; len(list) > 0; list = list[vectorSize:] {
		length := le.Uint32(list[4:])
		if total += uint64(length); total > math.MaxUint32 {
			return nil, einval
		}
		if length > 0 {
			buffers = append(buffers, x.View(le.Uint32(list), length, "a buffer"))
		}
	}
	return buffers, success
}
