// Package wast runs the test scripts of WebAssembly's specifications, as
// convert.mjs turns them into binaries and lists of commands.
package wast

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Script is one file of commands.
type Script struct {
	// Name is the path of the .wast file in its suite: "values/strings.wast".
	Name     string
	Dir      string // where the files that commands name are
	Commands []Command
}

// Command is one command of a script. Which fields count depends on Type.
type Command struct {
	Type string `json:"type"`
	Line int    `json:"line"`
	// Filename is that of a component or module; Text tells a binary from text
	// that did not parse.
	Filename  string `json:"filename"`
	Form      string `json:"module_type"`
	Component bool   `json:"component"`
	Error     string `json:"error"` // why the text did not parse
	Name      string `json:"name"`
	// Instance and Module are a module_instance's.
	Instance string `json:"instance"`
	Module   string `json:"module"`
	As       string `json:"as"`
	// Text is what the error or trap should say, in the words of the
	// reference implementation.
	Text     string  `json:"text"`
	Action   Action  `json:"action"`
	Expected []Value `json:"expected"`
}

// Action is the call of an export.
type Action struct {
	Type   string  `json:"type"`
	Module string  `json:"module"` // "" for the instance that was made last
	Field  string  `json:"field"`
	Args   []Value `json:"args"`
}

// Load reads the scripts below a folder that convert.mjs, or
// `wasm-tools json-from-wast`, wrote.
func Load(dir string) ([]Script, error) {
	var scripts []Script
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" || d.Name() == "SUMMARY.json" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var file struct {
			Source   string    `json:"source_filename"`
			Commands []Command `json:"commands"`
		}
		if err := json.Unmarshal(b, &file); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		scripts = append(scripts, Script{Name: filepath.ToSlash(file.Source), Dir: filepath.Dir(path), Commands: file.Commands})
		return nil
	})
	if err == nil && len(scripts) == 0 {
		err = fmt.Errorf("%s: no .json of commands is there", dir)
	}
	return scripts, err
}

// Skip is a line of a skip list: what is not run, or fails, and why.
type Skip struct {
	Name   string // of a script, or of all in a folder: "async/*"
	Line   int    // of the command; 0 for all
	Reason string
	hits   int
}

// ParseSkips reads a skip list: on each line a script, or script:line, and the
// reason.
func ParseSkips(text string) ([]*Skip, error) {
	var skips []*Skip
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		what, reason, ok := strings.Cut(line, " ")
		if !ok {
			return nil, fmt.Errorf("line %d of the skip list: no reason", n+1)
		}
		s := &Skip{Name: what, Reason: strings.TrimSpace(reason)}
		if name, at, ok := strings.Cut(what, ":"); ok {
			s.Name = name
			if _, err := fmt.Sscanf(at, "%d", &s.Line); err != nil {
				return nil, fmt.Errorf("line %d of the skip list: %q is not the number of a line", n+1, at)
			}
		}
		skips = append(skips, s)
	}
	return skips, nil
}

func (s *Skip) matches(script string, line int) bool {
	if dir, ok := strings.CutSuffix(s.Name, "/*"); ok {
		return strings.HasPrefix(script, dir+"/")
	}
	return s.Name == script && (s.Line == 0 || s.Line == line)
}
