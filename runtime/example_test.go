package runtime_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"wippy/luamod"
	"wippy/runtime"
	"wippy/runtime/process"
	"wippy/wasmhost"
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

// A component that serves HTTP is an http.Handler, here of a bare binary.
func ExampleRuntime_HandlerOf() {
	rt, err := runtime.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	binary, err := os.ReadFile("../test/guests/bin/component/server.wasm")
	if err != nil {
		fmt.Println(err)
		return
	}
	prog, err := rt.CompileModule(context.Background(), wasmhost.Source{
		Name: "server.wasm", Bytes: binary, Method: wasmhost.HandlerMethod,
		Grants: []string{"wasi:http", "wasi:io", "wasi:clocks"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler, err := rt.HandlerOf(prog, "server.wasm", runtime.DefaultGroup)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := rt.Start(); err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/guest/", http.StripPrefix("/guest", handler))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/guest/", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output: 200 hello
}
