package config

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

const (
	maxDepth   = 64      // levels of nesting
	maxAliased = 100_000 // values that the aliases of a file may stand for
)

// expander makes plain trees of a file's documents, in place: aliases become
// what they stand for, merge keys the fields that they bring, and every key is
// a word that occurs once.
type expander struct {
	file    string
	report  *report
	open    map[*yaml.Node]bool // anchored values around the current one
	aliases int                 // nested aliases around it
	aliased int                 // values visited below aliases
	failed  bool                // the document is unusable
}

// document expands a document in place and tells whether it can be used.
func (x *expander) document(root *yaml.Node) bool {
	x.failed = false
	x.expand(root, 0)
	return !x.failed
}

func (x *expander) fail(n *yaml.Node, format string, args ...any) {
	x.failed = true
	x.report.add(at(x.file, n), fmt.Sprintf(format, args...), "")
}

func (x *expander) expand(n *yaml.Node, depth int) *yaml.Node {
	if x.failed {
		return n
	}
	if depth > maxDepth {
		x.fail(n, "nested deeper than %d levels", maxDepth)
		return n
	}
	if x.aliases > 0 {
		if x.aliased++; x.aliased > maxAliased {
			x.fail(n, "the aliases of this file stand for more than %d values", maxAliased)
			return n
		}
	}
	switch n.Kind {
	case yaml.AliasNode:
		return x.alias(n, depth)
	case yaml.SequenceNode:
		defer x.enter(n)()
		for i, item := range n.Content {
			n.Content[i] = x.expand(item, depth+1)
		}
	case yaml.MappingNode:
		defer x.enter(n)()
		x.mapping(n, depth)
	}
	return n
}

func (x *expander) enter(n *yaml.Node) (leave func()) {
	if n.Anchor == "" {
		return func() {}
	}
	x.open[n] = true
	return func() { delete(x.open, n) }
}

func (x *expander) alias(n *yaml.Node, depth int) *yaml.Node {
	if x.open[n.Alias] {
		x.fail(n, "alias *%s stands inside of what it means", n.Value)
		return n
	}
	x.aliases++
	target := x.expand(n.Alias, depth)
	x.aliases--
	return target
}

func (x *expander) mapping(n *yaml.Node, depth int) {
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	var content []*yaml.Node
	var merges []*yaml.Node
	for key, value := range pairs(n) {
		key = x.expand(key, depth+1)
		value = x.expand(value, depth+1)
		if key.Kind != yaml.ScalarNode || isNull(key) {
			x.report.add(at(x.file, key), "expected a word before the colon, found "+describe(key), "")
			continue
		}
		if earlier := first[key.Value]; earlier != nil {
			x.report.add(at(x.file, key), fmt.Sprintf("duplicate key %q", key.Value), "first set at "+at(x.file, earlier).String())
			continue
		}
		first[key.Value] = key
		if key.Tag == "!!merge" && key.Value == "<<" {
			merges = append(merges, value)
		} else {
			content = append(content, key, value)
		}
	}
	for _, value := range merges {
		for _, source := range x.mergeSources(value) {
			for key, value := range pairs(source) {
				if first[key.Value] == nil {
					first[key.Value] = key
					content = append(content, key, value)
				}
			}
		}
	}
	n.Content = content
}

// mergeSources returns the mappings that a merge key names, the strongest first.
func (x *expander) mergeSources(value *yaml.Node) []*yaml.Node {
	sources := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		sources = value.Content
	}
	for _, source := range sources {
		if source.Kind != yaml.MappingNode {
			x.report.add(at(x.file, source), "<<: expected a mapping or a list of mappings, found "+describe(source), "")
			return nil
		}
	}
	return sources
}
