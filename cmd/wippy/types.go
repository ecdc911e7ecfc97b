package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func (c *cli) typesCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "types DIR",
		Short: "Write what an editor wants to know of the modules",
		Long: `Types writes type stubs for the Lua language server (LuaLS) into DIR: of the
globals that scripts have, of every module, and of the Lua library. What it wrote
before it brings up to date; where there is a Lua file of somebody else's, it writes
nothing and says so.

Where the application, or this directory if there is none, has no .luarc.json, it
writes one that leads the language server to DIR.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("types needs a directory to write to: wippy types DIR; got %d words", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return c.types(args[0], check) },
	}
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; fail if anything is not up to date")
	return cmd
}

// typesMark begins each file that types wrote.
const typesMark = `-- Written by "wippy types"; what is changed here is lost.` + "\n"

// luarc is the language server's configuration.
const luarc = ".luarc.json"

func (c *cli) types(dir string, check bool) error {
	n, err := c.open("")
	if err != nil {
		return err
	}
	defer n.close()
	stubs, err := n.rt.TypeStubs()
	if err != nil {
		return err
	}
	if err := c.ownDir(dir); err != nil {
		return err
	}
	old, err := writtenBefore(dir)
	if err != nil {
		return err
	}
	plan := map[string]string{} // what is to be written, by the file's name below dir
	for name, text := range stubs {
		if text = typesMark + text; old[name] != text {
			plan[name] = text
		}
	}
	var gone []string
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if _, still := stubs[name]; !still {
			gone = append(gone, name)
		}
	}
	if check {
		return c.checkTypes(dir, slices.Concat(slices.Sorted(maps.Keys(plan)), gone))
	}
	if err := writeStubs(dir, plan, gone); err != nil {
		return err
	}
	if err := c.configureEditor(dir); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.stdout, "ok: %s, %d written, %d removed\n", count(len(stubs), "file", "files"), len(plan), len(gone))
	return err
}

// ownDir refuses a directory where scripts are looked for: the stub server.lua
// would be what require("server") finds.
func (c *cli) ownDir(dir string) error {
	if dir == "" || realPath(dir) == realPath(".") || realPath(dir) == realPath(c.root()) {
		return fmt.Errorf("%q is where scripts are: they would require the stubs; choose a directory of its own, as .wippy/types", dir)
	}
	return nil
}

// root is where the editor's configuration stands: the application's directory,
// or this one.
func (c *cli) root() string {
	if root := c.appDir("."); root != "" {
		return root
	}
	return "."
}

// writeStubs writes the files of a plan below dir, and removes those that are
// gone. No link there leads it elsewhere.
func writeStubs(dir string, plan map[string]string, gone []string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range slices.Sorted(maps.Keys(plan)) {
		if err := root.MkdirAll(path.Dir(name), 0o777); err != nil {
			return err
		}
		if err := root.WriteFile(name, []byte(plan[name]), 0o666); err != nil {
			return err
		}
	}
	for _, name := range gone {
		if err := root.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

func (c *cli) checkTypes(dir string, stale []string) error {
	for _, name := range stale {
		fmt.Fprintf(c.stderr, "wippy: %s is not up to date; run \"wippy types %s\"\n", filepath.Join(dir, filepath.FromSlash(name)), dir)
	}
	if len(stale) > 0 {
		return exit(exitFailed)
	}
	return nil
}

// maxStub bounds a file that is looked at, in bytes.
const maxStub = 16 << 20

// writtenBefore gives the files below dir that types wrote, by name. Any other
// Lua file there is an error: an editor would take it for a module. Links are not followed.
func writtenBefore(dir string) (map[string]string, error) {
	old := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == dir {
			return fs.SkipAll
		}
		if err != nil || d.IsDir() || filepath.Ext(name) != scriptExt {
			return err
		}
		text, err := readStub(name, d)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, name)
		old[filepath.ToSlash(below)] = text
		return err
	})
	return old, err
}

// readStub reads a file that types wrote.
func readStub(name string, d fs.DirEntry) (string, error) {
	info, err := d.Info()
	if err != nil {
		return "", unreadable(name, err)
	}
	var text []byte
	if info.Mode().IsRegular() && info.Size() <= maxStub {
		if text, err = os.ReadFile(name); err != nil {
			return "", unreadable(name, err)
		}
	}
	if !strings.HasPrefix(string(text), typesMark) {
		return "", fmt.Errorf("%s is in the way: it was not written by \"wippy types\"; choose a directory of its own, as .wippy/types", name)
	}
	return string(text), nil
}

// createFile writes a file that is not there, not even as a link to nothing.
func createFile(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// builtin are the parts of the language server's own library. The stubs say it
// all, and nothing that scripts do not have.
var builtin = []string{"basic", "bit", "bit32", "coroutine", "debug", "ffi", "io", "jit", "jit.profile", "jit.util", "math", "os",
	"package", "string", "string.buffer", "table", "table.clear", "table.new", "utf8"}

// configureEditor writes a .luarc.json where there is none. One that is there is
// the user's: then it says what belongs into it, unless dir is mentioned.
func (c *cli) configureEditor(dir string) error {
	root := c.root()
	library, err := relative(root, dir)
	if err != nil {
		return err
	}
	off := map[string]string{}
	for _, name := range builtin {
		off[name] = "disable"
	}
	text, err := json.MarshalIndent(map[string]any{
		"$schema":           "https://raw.githubusercontent.com/LuaLS/vscode-lua/master/setting/schema.json",
		"runtime.version":   "LuaJIT", // 5.1 with goto
		"runtime.builtin":   off,
		"workspace.library": []string{library},
	}, "", "  ")
	if err != nil {
		return err
	}
	name := filepath.Join(root, luarc)
	there, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return createFile(name, string(text)+"\n")
	case err != nil:
		return unreadable(name, err)
	case !strings.Contains(string(there), library):
		fmt.Fprintf(c.stderr, "wippy: %s is left as it is; for the language server to find %s, it needs:\n%s\n", name, dir, text)
	}
	return nil
}

// relative gives dir as .luarc.json of root names it.
func relative(root, dir string) (string, error) {
	from, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if below, err := filepath.Rel(from, to); err == nil {
		return filepath.ToSlash(below), nil
	}
	return filepath.ToSlash(to), nil // on another volume
}
