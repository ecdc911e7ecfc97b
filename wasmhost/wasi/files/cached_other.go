//go:build !linux

package files

// ReadCachedAt is ReadAt for what the system has in memory, where there is a
// call that does not wait for the disk; here is none.
func (f *File) ReadCachedAt([]byte, uint64) (n int, ok bool) { return 0, false }
