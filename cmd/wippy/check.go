package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"wippy/config"
)

func (c *cli) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the application without running it",
		Long: `Check loads the application's entries, verifies hashes, compiles everything and
looks up every method and import. It prints all mistakes, a line each, or one
line of summary.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("check takes no arguments, got %q; --app DIR names the application", args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return c.check() },
	}
}

func (c *cli) check() error {
	dir, err := c.needApp()
	if err != nil {
		return err
	}
	n, err := c.open("")
	if err != nil {
		return err
	}
	defer n.close()
	err = n.rt.CheckDir(context.Background(), dir)
	mistakes, ok := errors.AsType[config.Errors](err)
	if err != nil && !ok {
		return err
	}
	cmds := n.rt.Commands()
	if len(cmds) > 0 {
		if err, ok := errors.AsType[*config.Error](missingHosts(n.rt.App(), cmds[0])); ok {
			mistakes = append(mistakes, err)
		}
	}
	if len(mistakes) > 0 {
		return mistakes.Sorted()
	}
	services := ""
	if s := len(n.rt.App().ByKind("process.service")); s > 0 {
		services = ", " + count(s, "service", "services")
	}
	_, err = fmt.Fprintf(c.stdout, "ok: %s, %s, %s%s\n",
		count(len(n.rt.App().Entries), "entry", "entries"),
		count(len(n.rt.Programs()), "process", "processes"),
		count(len(cmds), "command", "commands"), services)
	return err
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
