package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func (c *cli) hashCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hash FILE...",
		Short: "Print files' hashes as a process.wasm entry wants them",
		Long:  `Print files' hashes as a process.wasm entry wants them. A file - is the standard input.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("hash needs a file: wippy hash FILE")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return c.hash(args) },
	}
}

// hash prints the hash alone for one file, and beside the name for several.
// The readable ones are printed though others are not.
func (c *cli) hash(files []string) error {
	var unreadable bool
	for _, file := range files {
		sum, err := c.hashFile(file)
		if err != nil {
			c.complain(err)
			unreadable = true
			continue
		}
		if len(files) > 1 {
			sum += "  " + file
		}
		if _, err := fmt.Fprintln(c.stdout, sum); err != nil {
			return err
		}
	}
	if unreadable {
		return exit(exitUsage)
	}
	return nil
}

// hashFile gives a file's hash; "-" is the standard input. Reading a pipe or a device may never end,
// so that one is only read where it says by its name that it is meant.
func (c *cli) hashFile(name string) (string, error) {
	from := c.stdin
	if name != "-" {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			return "", unreadable(name, err)
		case info.IsDir():
			return "", fmt.Errorf("%s cannot be read: it is a directory", name)
		case !info.Mode().IsRegular() && name != "/dev/stdin" && !strings.HasPrefix(name, "/dev/fd/"):
			return "", fmt.Errorf("%s cannot be read: not a regular file; - is the standard input", name)
		}
		f, err := os.Open(name)
		if err != nil {
			return "", unreadable(name, err)
		}
		defer f.Close()
		from = f
	}
	h := sha256.New()
	if _, err := io.Copy(h, from); err != nil {
		return "", unreadable(name, err)
	}
	return fmt.Sprintf("sha256:%x", h.Sum(nil)), nil
}

// unreadable says why a file that the user named cannot be read.
func unreadable(name string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("%s cannot be read: %w", name, err)
}
