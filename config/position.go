package config

import (
	"cmp"
	"fmt"
	"iter"

	"gopkg.in/yaml.v3"
)

// Position is a place in a YAML file.
type Position struct {
	// File is relative to the application's directory, with slashes.
	File string
	// Line counts from 1. Zero means the file as a whole.
	Line int
	// Col counts characters from 1.
	Col int
}

// String returns "file:line:col", "file" without a line, or "-" for no place.
func (p Position) String() string {
	switch {
	case p.Line > 0:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
	case p.File != "":
		return p.File
	}
	return "-"
}

func (p Position) compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

func at(file string, n *yaml.Node) Position {
	return Position{File: file, Line: n.Line, Col: n.Column}
}

// pairs yields the keys and values of a mapping.
func pairs(mapping *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if !yield(mapping.Content[i], mapping.Content[i+1]) {
				return
			}
		}
	}
}
