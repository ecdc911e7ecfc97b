//go:build linux && (amd64 || arm64 || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x)

package memory

import "golang.org/x/sys/unix"

const canReserve = true

// reserve maps size bytes that cost nothing until they are touched. It gives
// nil when the kernel refuses: no address space, RLIMIT_AS, strict overcommit.
func reserve(size uint64) []byte {
	b, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	return b
}

// discard zeroes b, which begins and ends at a page, and gives its pages back.
func discard(b []byte) {
	if len(b) == 0 {
		return
	}
	// It fails for locked memory (mlockall), which must be zeroed all the same.
	if unix.Madvise(b, unix.MADV_DONTNEED) != nil {
		clear(b)
	}
}

// avoidHugePages is advice: a kernel without huge pages refuses it, rightly.
func avoidHugePages(b []byte) { _ = unix.Madvise(b, unix.MADV_NOHUGEPAGE) }

// release unmaps a reservation. It fails for what reserve did not give only.
func release(b []byte) { _ = unix.Munmap(b) }
