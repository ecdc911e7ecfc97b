package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
)

func (c *cli) hashCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hash FILE...",
		Short: "Print files' hashes as a process.wasm entry wants them",
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
		sum, err := hashFile(file)
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

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", unreadable(name, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
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
