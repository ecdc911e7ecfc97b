package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

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
	n, err := c.open(dir)
	if err != nil {
		return err
	}
	defer n.close()
	var mistakes config.Errors
	cmds := n.rt.Commands()
	if len(cmds) > 0 {
		if err, ok := errors.AsType[*config.Error](missingHosts(n.rt.App(), cmds[0])); ok {
			mistakes = append(mistakes, err)
		}
	}
	err = n.rt.Check(context.Background())
	if found, ok := errors.AsType[config.Errors](err); ok {
		mistakes = append(mistakes, found...)
	} else if err != nil {
		return err
	}
	if len(mistakes) > 0 {
		return sorted(mistakes)
	}
	_, err = fmt.Fprintf(c.stdout, "ok: %s, %s, %s\n",
		count(len(n.rt.App().Entries), "entry", "entries"),
		count(len(n.rt.Programs()), "process", "processes"),
		count(len(cmds), "command", "commands"))
	return err
}

// sorted sorts mistakes by position and drops what is said twice, such as what
// is wrong with a library that several scripts import.
func sorted(mistakes config.Errors) config.Errors {
	slices.SortStableFunc(mistakes, func(a, b *config.Error) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Message, b.Message), cmp.Compare(a.Hint, b.Hint),
		)
	})
	return slices.CompactFunc(mistakes, func(a, b *config.Error) bool { return *a == *b })
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
