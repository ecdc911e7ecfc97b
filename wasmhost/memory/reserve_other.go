//go:build !(linux && (amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x))

package memory

// Without cheap reservations every slot is of the Go heap, and only reserve is
// ever called.
const canReserve = false

func reserve(uint64) []byte { return nil }
func discard(b []byte)      { clear(b) }
func avoidHugePages([]byte) {}
func release([]byte)        {}
