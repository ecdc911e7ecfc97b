package files_test

import (
	"fmt"
	"os"

	"wippy/wasmhost/wasi/files"
)

func Example() {
	dir, err := os.MkdirTemp("", "files")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	mount, err := files.Open(dir, false) // once, for all processes
	if err != nil {
		panic(err)
	}
	defer mount.Close()

	root, err := mount.Root() // of one process
	if err != nil {
		panic(err)
	}
	defer root.Close()
	f, err := root.Open("greeting", files.Create|files.Exclusive, files.Read|files.Write)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	n, err := f.(*files.File).WriteAt([]byte("hello"), 0)
	fmt.Println(n, err)
	_, err = root.Open("../other", 0, files.Read)
	fmt.Println(err, files.CodeOf(err).Errno())
	// Output:
	// 5 <nil>
	// not-permitted 63
}
