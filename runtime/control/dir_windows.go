package control

import (
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

const onWindows = true

// errRefused is what connecting to a socket gives that nobody listens at.
const errRefused = windows.WSAECONNREFUSED

// defaultPlace is in the user's profile: what is in there has an access list that
// lets in the user, administrators and the system. Go's permission bits say
// nothing on Windows.
func defaultPlace() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "wippy-run"), nil
}

func checkParents(string) error { return nil }

func checkOwn(string, fs.FileInfo) error { return nil }
