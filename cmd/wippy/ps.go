package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"wippy/runtime/control"
)

// psFlags are the flags of ps.
type psFlags struct {
	json     bool
	watch    bool
	interval time.Duration
	sort     string
	node     string
}

func (c *cli) psCommand() *cobra.Command {
	var f psFlags
	cmd := &cobra.Command{
		Use:   "ps",
		Short: "List the processes of running nodes",
		Long: `List the processes of the nodes that this user runs on this machine: those of
every "wippy run" and "wippy serve". --app or --node selects some.

The columns are a process's PID and entry, its group and state, how long it has
lived, the events that wait in its mailbox, the fuel that it used and the memory
that it holds, how many it is linked with, and its names.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("ps takes no arguments, got %q; --app DIR or --node ID selects nodes", args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			if _, known := orders[f.sort]; !known {
				return fmt.Errorf("--sort: expected %s, found %q", strings.Join(slices.Sorted(maps.Keys(orders)), ", "), f.sort)
			}
			if f.interval < leastInterval {
				return fmt.Errorf("--interval: expected %v at least, found %v", leastInterval, f.interval)
			}
			return c.ps(f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.json, "json", false, "print JSON, with everything that is known")
	flags.BoolVarP(&f.watch, "watch", "w", false, "again and again, until interrupted")
	flags.DurationVar(&f.interval, "interval", 2*time.Second, "with --watch: how often")
	flags.StringVar(&f.sort, "sort", "pid", "by this `column`")
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions(slices.Sorted(maps.Keys(orders)), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	flags.StringVar(&f.node, "node", "", "of the node with this `ID` only")
	return cmd
}

// leastInterval keeps a watch from keeping its nodes busy.
const leastInterval = 100 * time.Millisecond

// orders are the columns to sort by. Numbers descend: what is much is looked for.
var orders = map[string]func(a, b *control.Process) int{
	"pid":     func(a, b *control.Process) int { return 0 }, // as they come: by age
	"entry":   func(a, b *control.Process) int { return cmp.Compare(a.Entry, b.Entry) },
	"group":   func(a, b *control.Process) int { return cmp.Compare(a.Group, b.Group) },
	"state":   func(a, b *control.Process) int { return cmp.Compare(a.State, b.State) },
	"uptime":  func(a, b *control.Process) int { return cmp.Compare(b.UptimeMS, a.UptimeMS) },
	"mailbox": func(a, b *control.Process) int { return cmp.Compare(b.Mailbox, a.Mailbox) },
	"fuel":    func(a, b *control.Process) int { return cmp.Compare(b.Fuel, a.Fuel) },
	"memory":  func(a, b *control.Process) int { return cmp.Compare(b.Memory, a.Memory) },
	"links":   func(a, b *control.Process) int { return cmp.Compare(b.Links, a.Links) },
}

// listing is a node with its processes, as --json prints it.
type listing struct {
	control.Node
	List []*control.Process `json:"processes"`
}

// listWithin is how long a node may take to list its processes.
const listWithin = 30 * time.Second

func (c *cli) ps(f psFlags) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if !f.watch {
		out, err := c.psOnce(ctx, f, c.screen())
		if err == nil {
			_, err = c.stdout.Write(out)
		}
		return err
	}
	signals, stop := c.signals()
	defer stop()
	interrupt := make(chan os.Signal, 1)
	go func() {
		select {
		case s := <-signals:
			interrupt <- s
			cancel()
		case <-ctx.Done():
		}
	}()
	for first := true; ; first = false {
		screen := c.screen()
		out, err := c.psOnce(ctx, f, screen)
		select {
		case s := <-interrupt:
			return signalled(s)
		default:
		}
		if err != nil {
			return err
		}
		switch {
		case screen.width > 0 && !f.json:
			out = redrawn(out)
		case !first && !f.json:
			out = append([]byte("\n"), out...)
		}
		if _, err := c.stdout.Write(out); err != nil {
			return err
		}
		select {
		case <-time.After(f.interval):
		case s := <-interrupt:
			return signalled(s)
		}
	}
}

// screen is the size of a terminal; zero for what is none.
type screen struct{ width, height int }

func (c *cli) screen() (s screen) {
	if f, ok := c.stdout.(*os.File); ok {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil {
			s = screen{width, height}
		}
	}
	return s
}

// psOnce gives what is to be printed.
func (c *cli) psOnce(ctx context.Context, f psFlags, s screen) ([]byte, error) {
	nodes, err := c.nodes(ctx, f.node)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, listWithin)
	defer cancel()
	listings := []*listing{}
	for _, n := range nodes {
		l := &listing{List: []*control.Process{}}
		if l.Node, err = n.Processes(ctx, func(p *control.Process) error {
			l.List = append(l.List, p)
			return nil
		}); err != nil {
			if ctx.Err() == nil {
				c.complain(fmt.Errorf("the node %s did not tell: %w", n.Node.ID, err)) // it may have ended meanwhile
			}
			continue
		}
		slices.SortStableFunc(l.List, orders[f.sort])
		listings = append(listings, l)
	}
	if len(listings) == 0 {
		return nil, exit(exitFailed)
	}
	var out bytes.Buffer
	if f.json {
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false) // a PID has angle brackets
		if !f.watch {
			enc.SetIndent("", "  ")
		}
		err := enc.Encode(listings)
		return escapeControls(out.Bytes()), err
	}
	for i, l := range listings {
		if i > 0 {
			out.WriteByte('\n')
		}
		l.print(&out, s.width)
	}
	if f.watch && s.height > 0 {
		return firstLines(out.Bytes(), s.height-1), nil
	}
	return out.Bytes(), nil
}

// firstLines cuts a text that does not fit on the screen.
func firstLines(text []byte, most int) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	if rest := len(lines) - most; most > 0 && rest > 1 { // the last one is empty
		return append(bytes.Join(lines[:most-1], nil), fmt.Sprintf("… %d more lines\n", rest)...)
	}
	return text
}

var psColumns = []column{
	{title: "PID"}, {title: "ENTRY", least: 10}, {title: "GROUP", least: 8}, {title: "STATE"}, {title: "UPTIME", right: true},
	{title: "MAILBOX", right: true}, {title: "FUEL", right: true}, {title: "MEMORY", right: true}, {title: "LINKS", right: true},
	{title: "NAMES", least: 6},
}

// print writes a line about the node, and a table of its processes.
func (l *listing) print(out *bytes.Buffer, width int) {
	head := fmt.Sprintf("node %s: %s", visible(l.ID), visible(l.Command))
	if l.App != "" {
		head += ", " + visible(l.App)
	}
	head += ", up " + briefly(time.Duration(l.UptimeMS)*time.Millisecond) + ", " + count(len(l.List), "process", "processes")
	if l.Stopping {
		head += ", stopping"
	}
	out.WriteString(cutAt(head, width) + "\n")
	if len(l.List) == 0 {
		return
	}
	rows := make([][]string, len(l.List))
	for i, p := range l.List {
		rows[i] = []string{
			visible(p.PID), visible(p.Entry), visible(p.Group), visible(p.State), briefly(time.Duration(p.UptimeMS) * time.Millisecond),
			fmt.Sprint(p.Mailbox), scaled(p.Fuel, 1000, ""), scaled(p.Memory, 1024, "B"), fmt.Sprint(p.Links),
			visible(strings.Join(p.Names, ",")),
		}
	}
	printTable(out, psColumns, rows, width)
}
