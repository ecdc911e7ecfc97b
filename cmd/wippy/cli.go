package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wippy/config"
)

// cli is one invocation of the program.
type cli struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// sink is stderr, once there is a node; nil before.
	sink *sink

	// signals begins to take what asks the program to end. It is called when
	// there are processes that want to know; until then a signal does what it
	// does to any program.
	signals func() (signals <-chan os.Signal, stop func())
	// grace is what processes have after the first signal.
	grace time.Duration
	// patience is what killed processes have before the program ends without them.
	patience time.Duration
	// ran tells that a node ran, with signals that were taken: nothing ends the program from outside but that.
	ran bool

	// The flags that hold for every command.
	app string
	log logFlags
	// Those of commands that run a node.
	node nodeFlags
}

func (c *cli) run(args []string) int {
	root := c.rootCommand()
	root.SetArgs(args)
	code := c.exitCode(root.Execute())
	c.flush()
	return code
}

func (c *cli) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "wippy",
		Short: "Lua scripts and WebAssembly modules as processes",
		Long: `wippy runs Lua scripts and WebAssembly modules as message-passing processes:
the commands of an application, a script, or a bare module.

Exit codes: 0 normal, or the code that the program chose; 1 the process failed;
2 bad usage or configuration; 130 interrupted (143 terminated).`,
		Version:           version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              cobra.ArbitraryArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error { return c.log.check() },
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.SetIn(c.stdin)
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %q", err, cmd.CommandPath()+" --help")
	})

	flags := root.PersistentFlags()
	flags.StringVar(&c.app, "app", "", "the application's `directory` (otherwise the nearest one upwards that has an _index.yaml)")
	c.log.add(root)
	_ = root.MarkPersistentFlagDirname("app") // the flag is there

	root.AddCommand(c.runCommand(), c.serveCommand(), c.checkCommand(), c.hashCommand(), c.inspectCommand(),
		c.psCommand(), c.killCommand(), c.typesCommand(), c.versionCommand())
	return root
}

func unknownCommand(root *cobra.Command, name string) error {
	if ext := filepath.Ext(name); ext == scriptExt || ext == moduleExt || name == listName {
		return fmt.Errorf("there is no command %q; did you mean \"wippy run %s\"?", name, name)
	}
	var names []string
	for _, cmd := range root.Commands() {
		names = append(names, cmd.Name())
	}
	if near := config.Nearest(name, names); near != "" {
		return fmt.Errorf("there is no command %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("there is no command %q; there are %s", name, strings.Join(names, ", "))
}

// appDir gives the application's directory: what --app says, or else the
// nearest one upwards from a directory. It is "" where there is none.
func (c *cli) appDir(from string) string {
	if c.app != "" {
		return c.app
	}
	dir, _ := config.FindRoot(from)
	return dir
}

// needApp is appDir for commands that make no sense without an application.
func (c *cli) needApp() (string, error) {
	if dir := c.appDir("."); dir != "" {
		return dir, nil
	}
	return "", fmt.Errorf("there is no application here: neither this directory nor one above it has an _index.yaml; name one with --app DIR")
}
