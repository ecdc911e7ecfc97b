package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"wippy/config"
	"wippy/mailbox"
	"wippy/runtime"
)

// runNamed runs a command of the application.
func (c *cli) runNamed(name string, words []string) error {
	dir, err := c.needApp()
	if err != nil {
		return noCommand(name, nil, err.Error())
	}
	n, err := c.open(dir)
	if err != nil {
		return err
	}
	defer n.close()
	cmd, err := findCommand(n.rt, name)
	if err != nil {
		return err
	}
	if err := missingHosts(n.rt.App(), cmd); err != nil {
		return err
	}
	n.beside = true
	n.command = "run " + name
	return n.run(func(ctx context.Context) (start, error) {
		if err := n.rt.PrepareServices(ctx, runtime.AlwaysServices); err != nil && !errors.Is(err, mailbox.NotFound) {
			return nil, err
		}
		prog, err := n.rt.Prepare(ctx, string(cmd.Entry))
		return func() (*runtime.Process, error) {
			args, err := runtime.Words(prog, words)
			if err != nil {
				return nil, err
			}
			return n.rt.Spawn(context.Background(), string(cmd.Entry), n.rt.Terminal(), args...)
		}, err
	})
}

func findCommand(rt *runtime.Runtime, name string) (runtime.Command, error) {
	var names []string
	for _, cmd := range rt.Commands() {
		if cmd.Name == name {
			return cmd, nil
		}
		names = append(names, cmd.Name)
	}
	hint := "\"wippy run list\" shows those that are"
	switch e := rt.App().Entry(config.ID(name)); {
	case e != nil:
		hint = "the entry of that ID becomes one by meta: {command: {name: " + e.Name + "}}"
	case len(names) == 0:
		hint = "the application has none; meta: {command: {name: " + name + "}} makes a command of an entry"
	}
	return runtime.Command{}, noCommand(name, names, hint)
}

// noCommand is the error for a word after run that means nothing.
func noCommand(name string, known []string, hint string) error {
	if near := config.Nearest(name, append(known, listName)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	for _, ext := range []string{scriptExt, moduleExt} {
		if _, err := os.Stat(name + ext); err == nil {
			hint = fmt.Sprintf("did you mean the file %s?", name+ext)
		}
	}
	return fmt.Errorf("there is no command %q; %s", name, hint)
}

// missingHosts is what an application with commands lacks to run them, as the
// lines to add; nil when it lacks nothing.
func missingHosts(app *config.App, cmd runtime.Command) error {
	var missing []string
	lines := ""
	for _, host := range []struct{ kind, name string }{{"process.host", "processes"}, {"terminal.host", "terminal"}} {
		if len(app.ByKind(host.kind)) == 0 {
			missing = append(missing, "a "+host.kind)
			lines += "\n  - name: " + host.name + "\n    kind: " + host.kind
		}
	}
	if missing == nil {
		return nil
	}
	return &config.Error{
		Pos:     app.Entry(cmd.Entry).Meta.Command.Pos,
		Message: fmt.Sprintf("the command %q needs %s, which the application lacks", cmd.Name, strings.Join(missing, " and ")),
		Hint:    "add below entries:" + lines,
	}
}

// list prints the application's commands: name, short, kind.
func (c *cli) list(words []string) error {
	if len(words) > 0 {
		return fmt.Errorf("run list takes no arguments, got %q; flags go before it", words[0])
	}
	dir, err := c.needApp()
	if err != nil {
		return err
	}
	n, err := c.open(dir)
	if err != nil {
		return err
	}
	defer n.close()
	cmds := n.rt.Commands()
	if len(cmds) == 0 {
		fmt.Fprintln(c.stderr, "the application has no commands; meta: {command: {name: NAME, short: WHAT IT DOES}} makes one of an entry")
		return nil
	}
	table := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, cmd := range cmds {
		fmt.Fprintf(table, "%s\t%s\t%s\n", cmd.Name, cmd.Short, cmd.Kind)
	}
	return table.Flush()
}

// completeRun offers the application's commands to the shell, which adds files
// where none fits. What goes wrong is not said in the midst of the user's typing.
func (c *cli) completeRun(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const files = cobra.ShellCompDirectiveDefault
	if len(args) > 0 {
		return nil, files
	}
	dir, err := c.needApp()
	if err != nil {
		return nil, files
	}
	n, err := c.open(dir)
	if err != nil {
		return nil, files
	}
	defer n.close()
	names := []cobra.Completion{cobra.CompletionWithDesc(listName, "the application's commands")}
	for _, cmd := range n.rt.Commands() {
		names = append(names, cobra.CompletionWithDesc(cmd.Name, cmd.Short))
	}
	return names, files
}
