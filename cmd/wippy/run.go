package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wippy/config"
	"wippy/lua"
	"wippy/runtime"
	"wippy/runtime/process"
	"wippy/wasmhost"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wasi/network"
	"wippy/wasmhost/wasi/world"
)

// What the word after run ends in when it is a file, and the word that is none.
const (
	scriptExt = ".lua"
	moduleExt = ".wasm"
	listName  = "list"
)

// moduleFlags are the flags of run for a bare module.
type moduleFlags struct {
	method                   string
	dirs, env, allow, grants []string
}

func (c *cli) runCommand() *cobra.Command {
	var m moduleFlags
	cmd := &cobra.Command{
		Use:   "run [flags] [NAME|FILE.lua|FILE.wasm [ARGUMENT...]]",
		Short: "Run the application, a command of it, a script, or a module",
		Long: `Run the application's services, a command of it, a Lua script, or a WebAssembly
module. What follows its name goes to it and is never read as wippy's flags.

Without a name the services run until a signal. The first asks them to stop, in
order and each in its own time; a second one kills them. After a SIGTERM the exit
code is 0 if they were let stop, and 143 if not; after an interrupt it is 130.
When no service is left it is 0, or 1 if one of them had failed.

What it returns is printed to standard output, strings as they are and the rest
as JSON. When it ends while other processes run, they have a second to end.`,
		Example: `  wippy run                   the application's services
  wippy run list              its commands
  wippy run greet World       the command "greet"
  wippy run hello.lua a b     a script; arg and ... hold its arguments
  wippy run --method add calc.wasm 6 7`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     c.completeRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.grace < 0 {
				return badGrace(c.grace)
			}
			if cmd.Flags().Changed("method") && m.method == "" {
				return errors.New("--method: expected the name of an exported function; without the flag it is the default one")
			}
			if len(args) == 0 {
				if flag := firstModuleFlag(cmd); flag != "" {
					return fmt.Errorf("--%s is for a .wasm file, and none is named", flag)
				}
				return c.runServices()
			}
			name, words := args[0], args[1:]
			if filepath.Ext(name) == moduleExt {
				return c.runModule(name, m, words)
			}
			if flag := firstModuleFlag(cmd); flag != "" {
				return fmt.Errorf("--%s is for a .wasm file; %s is none", flag, name)
			}
			switch {
			case name == listName:
				return c.list(words)
			case filepath.Ext(name) == scriptExt:
				return c.runScript(name, words)
			}
			return c.runNamed(name, words)
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false)
	c.node.add(flags)
	flags.DurationVar(&c.grace, "grace", c.grace, "what processes have to end after the first signal; services have their own time")
	flags.StringVar(&m.method, "method", "", "of a .wasm file: the exported `function` to call")
	m.add(flags)
	return cmd
}

// add adds the flags that show a module something of the machine.
func (m *moduleFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&m.dirs, "dir", nil, "of a .wasm file: show it a directory, `HOST[::GUEST][:ro]`")
	flags.StringArrayVar(&m.env, "env", nil, "of a .wasm file: give it an environment variable, `NAME=VALUE`")
	flags.StringArrayVar(&m.allow, "allow", nil, "of a .wasm file: let it connect to `HOST:PORT`")
	flags.StringArrayVar(&m.grants, "grant", nil, "of a .wasm file: let it import a `CAPABILITY` such as wasi:http")
}

// firstModuleFlag gives the name of a flag for modules that was set, "" if none was.
func firstModuleFlag(cmd *cobra.Command) string {
	for _, name := range []string{"method", "dir", "env", "allow", "grant"} {
		if cmd.Flags().Changed(name) {
			return name
		}
	}
	return ""
}

// runScript runs a Lua file, in the application that it lies in if there is one.
func (c *cli) runScript(file string, words []string) error {
	source, err := readFile(file, lua.MaxSource)
	if err != nil {
		return err
	}
	beside, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return unreadable(filepath.Dir(file), err)
	}
	defer beside.Close()
	n, err := c.open(c.appDir(filepath.Dir(file)))
	if err != nil {
		return err
	}
	defer n.close()
	n.command = "run " + file
	return n.run(func(context.Context) (start, error) {
		prog, err := n.rt.CompileScript(file, source, beside.FS())
		return n.starter(prog, file, words), err
	})
}

// runModule runs a bare WebAssembly binary, outside of any application.
func (c *cli) runModule(file string, m moduleFlags, words []string) error {
	src := wasmhost.Source{Name: file, Method: m.method, Grants: slices.Clone(bareGrants)}
	if err := m.world(&src); err != nil {
		return err
	}
	var err error
	if src.Bytes, err = readFile(file, wasmhost.MaxBinary); err != nil {
		return err
	}
	if module.IsComponent(src.Bytes) && len(src.Dirs) == 0 {
		// Toolchains import the interfaces of files in every component, and what
		// is not granted would fail it; with nothing mounted they show nothing.
		src.Grants = append(src.Grants, "wasi:filesystem")
	}
	n, err := c.open("")
	if err != nil {
		return err
	}
	defer n.close()
	n.command = "run " + file
	return n.run(func(ctx context.Context) (start, error) {
		prog, err := n.rt.CompileModule(ctx, src)
		return n.starter(prog, file, words), err
	})
}

// bareGrants are what a module without an entry is granted.
var bareGrants = []string{"wasi:cli", "wasi:io", "wasi:clocks", "wasi:random"}

// world gives a module what its flags show it.
func (m *moduleFlags) world(src *wasmhost.Source) error {
	for _, flag := range m.dirs {
		d, err := parseDir(flag)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(src.Dirs, func(o wasmhost.Dir) bool { return o.Guest == d.Guest }) {
			return fmt.Errorf("--dir %s: %s has a directory already", flag, d.Guest)
		}
		src.Dirs = append(src.Dirs, d)
	}
	if len(src.Dirs) > 0 {
		src.Grants = append(src.Grants, "wasi:filesystem")
	}
	for _, flag := range m.grants {
		if err := wasmhost.CheckCapability(flag); err != nil {
			return fmt.Errorf("--grant %s: %w", flag, err)
		}
		if !src.Grants.Has(flag) {
			src.Grants = append(src.Grants, flag)
		}
	}
	if len(m.allow) > 0 {
		for _, flag := range m.allow {
			if err := network.Check(flag); err != nil {
				return fmt.Errorf("--allow %s: %w", flag, err)
			}
		}
		src.Network, _ = network.New(m.allow) // each is checked
		src.Network.Where = "--allow"
		for _, grant := range []string{"wasi:http", "wasi:sockets"} {
			if !src.Grants.Has(grant) {
				src.Grants = append(src.Grants, grant)
			}
		}
	}
	var env []world.Variable
	for _, flag := range m.env {
		name, value, ok := strings.Cut(flag, "=")
		if !ok || name == "" || strings.ContainsRune(flag, 0) {
			if ok {
				name += "=…" // the value may be secret
			}
			return fmt.Errorf("--env %s: expected NAME=VALUE", name)
		}
		env = slices.DeleteFunc(env, func(v world.Variable) bool { return v.Name == name }) // the last counts
		env = append(env, world.Variable{Name: name, Value: value})
	}
	src.Env = func() ([]world.Variable, error) { return env, nil }
	return nil
}

// parseDir reads HOST[::GUEST][:ro]. The guest's name for the directory is the
// host's where the flag says nothing.
func parseDir(flag string) (d wasmhost.Dir, err error) {
	text, readOnly := strings.CutSuffix(flag, ":ro")
	host, guest, named := strings.Cut(text, "::")
	if host == "" || named && guest == "" {
		return d, fmt.Errorf("--dir %s: expected HOST, HOST::GUEST or either with :ro at its end", flag)
	}
	if named && (strings.HasSuffix(guest, ":rw") || strings.HasSuffix(guest, ":ro")) { // as other programs have it
		return d, fmt.Errorf("--dir %s: the guest would see it as %q; a directory can be written to unless :ro stands at its end, once", flag, guest)
	}
	info, err := os.Stat(host)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d, fmt.Errorf("--dir %s: there is no folder %s", flag, host)
	case err != nil:
		return d, fmt.Errorf("--dir %s: %w", flag, unreadable(host, err))
	case !info.IsDir():
		return d, fmt.Errorf("--dir %s: %s is a file; name the folder that it is in", flag, host)
	}
	if !named {
		guest = filepath.ToSlash(host)
	}
	return wasmhost.Dir{Host: host, Guest: path.Clean(guest), ReadOnly: readOnly}, nil
}

// readFile reads a file that the user named, as an entry's is read.
func readFile(name string, limit int) ([]byte, error) {
	content, err := config.ReadFile(os.DirFS(filepath.Dir(name)), filepath.Base(name), limit)
	if err != nil {
		return nil, unreadable(name, err)
	}
	return content, nil
}

// starter starts a program that is no entry.
func (n *node) starter(prog process.Program, name string, words []string) start {
	return func() (*runtime.Process, error) {
		args, err := runtime.Words(prog, words)
		if err != nil {
			return nil, err
		}
		return n.rt.SpawnProgram(context.Background(), prog, name, n.rt.Terminal(), args...)
	}
}
