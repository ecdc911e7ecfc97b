package runtime_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"wippy/luamod"
	"wippy/runtime"
	"wippy/runtime/process"
)

// A Go function becomes a Lua module in one call.
func ExampleWithModule() {
	shout := func(s string) string { return strings.ToUpper(s) + "!" }
	rt, err := runtime.New(
		runtime.WithModule(luamod.Bind("shout", shout, luamod.Quick())),
		runtime.WithTerminal(&process.Terminal{Stdout: os.Stdout, Stderr: os.Stderr}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	if err := rt.Start(); err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer rt.Stop(ctx, "done", time.Second)

	prog, err := rt.CompileScript("hello.lua", []byte(`print(require("shout")("hello " .. ...))`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := rt.SpawnProgram(ctx, prog, "hello.lua", rt.Terminal(), "world")
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Exit()
	// Output: HELLO WORLD!
}
