package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"wippy/mailbox"
	"wippy/runtime/process"
)

// killFlags are the flags of kill.
type killFlags struct {
	reason string
	cancel bool
	grace  time.Duration
	node   string
}

func (c *cli) killCommand() *cobra.Command {
	var f killFlags
	cmd := &cobra.Command{
		Use:   "kill [flags] PID|NAME...",
		Short: "End processes of a running node",
		Long: `End processes of a running node, each by its PID or a name that it has. PIDs
are as "wippy ps" shows them; <1.2.3> may be written as 1.2.3, which shells leave
alone. Where several nodes run, --app or --node selects one.

Without --cancel a process is killed: it learns nothing of it, and those linked
with it end as well. With --cancel it gets a CANCEL event with the reason, and
ends by itself or is killed when the grace is over.

Exit codes: 1 there is no such process, or no node; 2 bad usage.`,
		Example: `  wippy kill 1.1.7
  wippy kill --cancel "a new version comes" --grace 30s worker`,
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("kill needs the PID or a name of a process; \"wippy ps\" shows them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.cancel = cmd.Flags().Changed("cancel")
			switch {
			case cmd.Flags().Changed("grace") && !f.cancel:
				return errors.New("--grace is what a process has after --cancel REASON; without that it is killed at once")
			case f.grace < 0:
				return badGrace(f.grace)
			}
			return c.kill(f, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.reason, "cancel", "", "ask for an end, for this `reason`, rather than kill")
	flags.DurationVar(&f.grace, "grace", process.DefaultGrace, "with --cancel: the time until it is killed")
	flags.StringVar(&f.node, "node", "", "a process of the node with this `ID`")
	return cmd
}

func (c *cli) kill(f killFlags, dests []string) error {
	ctx := context.Background()
	node, err := c.one(ctx, f.node)
	if err != nil {
		return err
	}
	for _, dest := range dests {
		if pid := "<" + dest + ">"; isPID(pid) {
			dest = pid
		}
		ctx, cancel := context.WithTimeout(ctx, listWithin)
		var failed error
		if f.cancel {
			failed = node.Cancel(ctx, dest, f.reason, f.grace)
		} else {
			failed = node.Terminate(ctx, dest)
		}
		cancel()
		if errors.Is(failed, mailbox.NoProc) {
			failed = fmt.Errorf("%w; \"wippy ps\" shows those that there are", failed)
		}
		if failed != nil {
			err = c.fail(failed)
		}
	}
	return err
}

func isPID(text string) bool {
	_, _, _, err := mailbox.PID(text).Split()
	return err == nil
}
