//go:build unix

package control

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

const onWindows = false

// errRefused is what connecting to a socket gives that nobody listens at.
const errRefused = syscall.ECONNREFUSED

func defaultPlace() (string, error) {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		// It may be that of the user who became this one, by sudo.
		if info, err := os.Stat(dir); err == nil && ownerOf(info) == os.Geteuid() {
			return filepath.Join(dir, "wippy"), nil
		}
	}
	return filepath.Join(os.TempDir(), "wippy-"+strconv.Itoa(os.Geteuid())), nil
}

// checkParents refuses a place where others may put another directory in the place
// of one that was checked: parent and all above it, none of which is a link.
func checkParents(parent string) error {
	for dir := parent; ; dir = filepath.Dir(dir) {
		info, err := os.Lstat(dir)
		if err != nil {
			return unusable(dir, err)
		}
		const othersWrite = 0o022
		if owner := ownerOf(info); owner != 0 && owner != os.Geteuid() {
			return fmt.Errorf("%s belongs to the user %d, who could replace the control directory in it; %s may name another place", dir, owner, DirVariable)
		}
		if info.Mode()&othersWrite != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("others may write in %s and replace the control directory in it; %s may name another place", dir, DirVariable)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// checkOwn refuses a directory that is not this user's alone.
func checkOwn(dir string, info fs.FileInfo) error {
	if owner := ownerOf(info); owner != os.Geteuid() {
		return fmt.Errorf("the control directory %s belongs to the user %d; remove it, or name another one by %s", dir, owner, DirVariable)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("the control directory %s is open to others (mode %#o); close it by chmod 700 %s", dir, mode, dir)
	}
	return nil
}

func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }
