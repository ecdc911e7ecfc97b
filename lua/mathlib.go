package lua

import (
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"

	glua "github.com/yuin/gopher-lua"
)

// generator is the process's own source of random numbers, seeded from the
// node's entropy: the stock one is shared by the whole program, and
// math.randomseed would reseed it for all.
func (s *State) generator(L *glua.LState) *rand.Rand {
	if s.random == nil {
		var seed [16]byte
		if _, err := io.ReadFull(s.ctx.Entropy(), seed[:]); err != nil {
			L.RaiseError("math.random: no entropy: %s", err)
		}
		s.random = rand.New(rand.NewPCG(binary.LittleEndian.Uint64(seed[:8]), binary.LittleEndian.Uint64(seed[8:])))
	}
	return s.random
}

func mathRandom(L *glua.LState) int {
	random := From(L).generator(L)
	var low, high float64
	switch L.GetTop() {
	case 0:
		L.Push(glua.LNumber(random.Float64()))
		return 1
	case 1:
		low, high = 1, math.Floor(float64(checkNumber(L, 1)))
	default:
		low, high = math.Ceil(float64(checkNumber(L, 1))), math.Floor(float64(checkNumber(L, 2)))
	}
	if !(low <= high) || high-low >= maxExact {
		L.ArgError(L.GetTop(), "interval is empty or larger than 2^53")
	}
	L.Push(glua.LNumber(low + float64(random.Int64N(int64(high-low)+1))))
	return 1
}

// mathRandomSeed makes what follows depend on the seed alone.
func mathRandomSeed(L *glua.LState) int {
	From(L).random = rand.New(rand.NewPCG(math.Float64bits(float64(checkNumber(L, 1))), 0))
	return 0
}
