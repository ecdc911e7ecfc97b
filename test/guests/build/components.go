package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The interfaces that components are put together by.
const (
	types    = "wippy:guest/types@0.1.0"
	echoes   = "wippy:guest/echoes@0.1.0"
	counters = "wippy:guest/counters@0.1.0"
	calls    = "wippy:guest/calls@0.1.0"
	raw      = "wippy:guest/raw@0.1.0"
)

// job is what encode.mjs makes: of text, of a core module, of two components, of
// a script, or of a command of preview 1.
type job struct {
	Text     string `json:"text,omitempty"`
	Core     string `json:"core,omitempty"`
	Script   string `json:"script,omitempty"`
	Engine   string `json:"engine,omitempty"` // of the script
	WASI     bool   `json:"wasi,omitempty"`   // for the engine
	Command  string `json:"command,omitempty"`
	WIT      string `json:"wit,omitempty"`
	World    string `json:"world,omitempty"`
	Encoding string `json:"encoding,omitempty"` // of strings: utf8, utf16 or latin1

	Inner   string   `json:"inner,omitempty"`
	Outer   string   `json:"outer,omitempty"`
	Imports []string `json:"imports,omitempty"` // of outer, exported by inner
	Exports []export `json:"exports,omitempty"`

	Out string `json:"out"`
}

// export is an interface that is exported of "inner" or "outer".
type export struct {
	Of   string `json:"of"`
	Name string `json:"name"`
}

// makeComponents makes what is in src/component.
func makeComponents(root, tools string, js bool) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	source := func(name string) string { return filepath.Join(root, "src", "component", name) }
	bin := func(name string) string { return filepath.Join(root, "bin", "component", name+".wasm") }
	cached := func(name string) string { return filepath.Join(root, "cache", name+".wasm") }

	worker, err := filepath.Abs(filepath.Join(workerExample, "src", "http_worker"))
	if err != nil {
		return err
	}
	at := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return source(name)
	}

	// The core modules of components, and modules for the wit field of an entry.
	for _, c := range []struct {
		source, out string
		flags       []string
	}{
		{"echo.c", cached("echo.core"), nil},
		{"relay.c", cached("relay.core"), nil},
		{"work.c", cached("work.core"), nil},
		{"caller.c", cached("caller.core"), nil},
		{"caller.c", cached("caller_owned.core"), []string{"-DOWNED"}},
		{"peer.c", cached("peer.core"), []string{"-I", header, "-mno-bulk-memory"}},
		{"hostile.c", cached("hostile.core"), nil},
		{worker + ".c", cached("http_worker.core"), []string{"-mno-bulk-memory"}},
		{"echo.c", bin("echo_core"), []string{"-DCORE"}},
		{"work.c", bin("work_core"), []string{"-DCORE"}},
	} {
		args := append([]string{
			"--target=wasm32", "-O2", "-mbulk-memory", "-fno-builtin", "-nostdlib", "-Wall",
			"-Wl,--no-entry", "-Wl,--strip-debug", at(c.source), "-o", c.out,
		}, c.flags...)
		if err := command(compiler, args...); err != nil {
			return fmt.Errorf("%s: %w", c.source, err)
		}
		if err := os.Chmod(c.out, 0o644); err != nil {
			return err
		}
	}

	signatures := func(core, more string, interfaces ...string) error {
		return writeSignatures(source("guest.wit"), strings.TrimSuffix(bin(core), "wasm")+"wit", more, interfaces...)
	}
	if err := signatures("echo_core", "", "types", "echoes"); err != nil {
		return err
	}
	if err := signatures("work_core", "compute: func(a: s32, b: s32) -> s32;\ngreet: func(name: string) -> string;\n", "types", "work"); err != nil {
		return err
	}

	component := func(core, world, encoding, out string) job {
		return job{Core: cached(core + ".core"), WIT: "guest.wit", World: world, Encoding: encoding, Out: out}
	}
	echoed := func(inner, outer, exported, out string) job {
		return job{
			Inner: inner, Outer: outer, Imports: []string{types, echoes},
			Exports: []export{{"inner", types}, {"outer", exported}}, Out: out,
		}
	}
	called := func(outer, out string) job {
		return job{
			Inner: bin("work"), Outer: outer, Imports: []string{counters},
			Exports: []export{{"inner", counters}, {"outer", calls}}, Out: out,
		}
	}
	jobs := []job{
		component("echo", "echoing", "utf8", bin("echo")),
		component("echo", "echoing", "utf16", bin("echo_utf16")),
		component("echo", "echoing", "latin1", bin("echo_latin1")),
		component("relay", "relaying", "utf8", bin("relay")),
		component("relay", "relaying", "utf16", cached("relay_utf16")),
		component("work", "working", "utf8", bin("work")),
		{Core: cached("peer.core"), WIT: "peer.wit", World: "peer", Encoding: "utf8", Out: bin("peer")},
		{Core: cached("peer.core"), WIT: "peer.wit", World: "peer", Encoding: "utf16", Out: bin("peer_utf16")},
		component("caller", "calling", "utf8", bin("caller")),
		component("caller_owned", "calling", "utf8", cached("caller_owned")),
		component("hostile", "hostile", "utf8", bin("hostile")),
		component("hostile", "hostile", "utf16", bin("hostile_utf16")),
		component("hostile", "hostile", "latin1", bin("hostile_latin1")),
		echoed(bin("echo"), bin("relay"), echoes, bin("relayed")),
		echoed(bin("echo_latin1"), cached("relay_utf16"), echoes, bin("relayed_mixed")),
		echoed(bin("echo_utf16"), bin("hostile_latin1"), raw, bin("hostile_called")),
		called(bin("caller"), bin("called")),
		called(cached("caller_owned"), bin("called_owned")),
		{Command: filepath.Join(root, "bin", "posix.wasm"), Out: bin("posix")},
		{Core: cached("http_worker.core"), WIT: "http_worker.wit", World: "worker", Encoding: "utf8", Out: filepath.Join(filepath.Dir(filepath.Dir(worker)), "wasm", "http_worker.wasm")},
	}
	texts, err := filepath.Glob(source("*.wat"))
	if err != nil {
		return err
	}
	for _, text := range texts {
		jobs = append(jobs, job{Text: text, Out: bin(strings.TrimSuffix(filepath.Base(text), ".wat"))})
	}
	if js {
		for _, engine := range []string{"quickjs", "starlingmonkey"} {
			jobs = append(jobs, job{
				Script: "script.js", Engine: engine, WIT: "guest.wit", World: "scripting",
				Out: cached("script_" + engine),
			})
		}
		jobs = append(jobs, webJob(root))
	}
	if err := encode(root, tools, jobs); err != nil {
		return err
	}
	return hashWorker()
}

// makeWeb makes only the component of JavaScript that uses HTTP. It needs no
// compiler of C.
func makeWeb(root, tools string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	return encode(root, tools, []job{webJob(root)})
}

// webJob is that component. Its engine is of version 0.2.10 of wasi:http
// where it exports it.
func webJob(root string) job {
	return job{
		Script: "web.js", Engine: "starlingmonkey", WIT: "web.wit", World: "web", WASI: true,
		Out: filepath.Join(root, "cache", "web.wasm"),
	}
}

// encode has encode.mjs do the jobs.
func encode(root, tools string, jobs []job) error {
	source := func(name string) string { return filepath.Join(root, "src", "component", name) }
	list, err := json.Marshal(jobs)
	if err != nil {
		return err
	}
	// A script finds packages from where it lies itself, and one of the packages
	// finds only files in the working directory.
	for _, name := range []string{"encode.mjs", "guest.wit", "script.js", "web.js"} {
		data, err := os.ReadFile(source(name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(tools, name), data, 0o666); err != nil {
			return err
		}
	}
	// A world of the package that it imports from.
	var peer []byte
	for _, file := range []string{filepath.Join(header, "process.wit"), source("peer.wit")} {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		peer = append(peer, data...)
	}
	if err := os.WriteFile(filepath.Join(tools, "peer.wit"), peer, 0o666); err != nil {
		return err
	}
	if err := writeWorld(tools, "web", source("web.wit"), "0.2.10"); err != nil {
		return err
	}
	if err := writeWorld(tools, "http_worker", filepath.Join(workerExample, "src", "http_worker.wit"), "0.2.12"); err != nil {
		return err
	}
	node := exec.Command("node", "encode.mjs", string(list))
	node.Dir, node.Stdout, node.Stderr = tools, os.Stderr, os.Stderr
	if err := node.Run(); err != nil {
		return fmt.Errorf("making components: %w", err)
	}
	for _, j := range jobs {
		if rel, err := filepath.Rel(root, j.Out); err == nil {
			fmt.Println(filepath.Join("test", "guests", rel))
		}
	}
	return nil
}
