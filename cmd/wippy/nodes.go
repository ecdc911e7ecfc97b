package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"wippy/runtime/control"
)

// nodes finds the nodes that --app and --node select, the oldest first, one at
// least. Those that do not answer are complained about.
func (c *cli) nodes(ctx context.Context, id string) ([]*control.Client, error) {
	all, err := control.Nodes(ctx)
	if err != nil && ctx.Err() == nil {
		c.complain(err)
	}
	if len(all) == 0 {
		if err != nil {
			return nil, exit(exitFailed)
		}
		return nil, c.fail(errors.New("no node of this user runs here; \"wippy run\" starts one, and says with --verbose if it cannot be found"))
	}
	app := ""
	if c.app != "" {
		app = realPath(c.app)
	}
	found := slices.DeleteFunc(slices.Clone(all), func(n *control.Client) bool {
		return id != "" && n.Node.ID != id || app != "" && realPath(n.Node.App) != app
	})
	if len(found) == 0 {
		return nil, c.fail(fmt.Errorf("there is no such node; there are: %s", nodeList(all)))
	}
	return found, nil
}

// one is nodes for what is done to a single one.
func (c *cli) one(ctx context.Context, id string) (*control.Client, error) {
	found, err := c.nodes(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 {
		return nil, fmt.Errorf("several nodes run here: %s; choose one by --node ID or --app DIR", nodeList(found))
	}
	return found[0], nil
}

// fail complains, and is the result of a command that could not do what was asked.
func (c *cli) fail(err error) error {
	c.complain(err)
	return exit(exitFailed)
}

// nodeList names nodes.
func nodeList(nodes []*control.Client) string {
	var names []string
	for _, n := range nodes {
		name := visible(n.Node.ID) + " (" + visible(n.Node.Command)
		if n.Node.App != "" {
			name += ", " + visible(n.Node.App)
		}
		names = append(names, name+")")
	}
	return strings.Join(names, ", ")
}

// realPath gives the one path of a directory, as far as it is there.
func realPath(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	return abs
}
