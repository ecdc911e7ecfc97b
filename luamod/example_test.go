package luamod_test

import (
	"context"
	"fmt"
	"io/fs"
	"testing/fstest"

	"wippy/luamod"
)

// A Go function, or a value with methods, becomes a module in one call. The
// runtime registers it with runtime.WithModule.
func ExampleBind() {
	files := fstest.MapFS{"motd.txt": {Data: []byte("hello")}}
	m := luamod.Bind("files", map[string]any{
		// It may block: it runs on the I/O pool. Lua calls files.read(name).
		"read": func(_ context.Context, name string) ([]byte, error) {
			return fs.ReadFile(files, name)
		},
	})
	fmt.Print(m.Stub)
	// Output:
	// ---@meta files
	//
	// ---@class files
	// local files = {}
	//
	// ---@param arg1 string
	// ---@return string?
	// ---@return error? err
	// function files.read(arg1) end
	//
	// return files
}
