// Package config turns a directory of YAML files into checked entries.
//
// [Load] reads an application: it hands back an [App] of [Entry] values, or
// [Errors] that name every mistake at once, each with its [Position] and, where
// there is one, a suggestion. What kinds of entries exist is the caller's
// choice: a [Kind] brings the struct that its entries are decoded into, tagged
// with the rules that its fields obey, and the checks that go beyond one field.
//
// The struct tags are two. `yaml:"name"` names a field (a field without it is
// not configuration; `yaml:",inline"` on an embedded struct takes over its
// fields). `config:"…"` holds rules, separated by commas:
//
//	required         the field must be there and not be null
//	nonempty         a string, list or mapping must hold something
//	ref=KIND|KIND    a Ref must name an entry of one of these kinds; env.* is every kind that begins with env.
//	requires         these Refs must not form a cycle across entries
//	enum=A|B|C       a string must be one of these
//	min=N, max=N     bounds of a number or duration, both inclusive
//	unit=NAME        what a number counts, such as bytes
//
// All but required and nonempty hold for the elements of a list or mapping.
//
// Fields may be strings, booleans, numbers, [time.Duration] (from "5s" or a
// number of seconds), [Ref], any, structs, slices, maps with string keys,
// pointers to those (nil where the YAML has nothing), and every type that
// implements [Decoder].
package config

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// ID names an entry throughout the application: "namespace:name".
type ID string

// Ref is a reference from one entry to another. In YAML it is "name", which
// means the same namespace, or "namespace:name"; once loaded it is always full
// and names an entry that exists. An optional reference that is absent is "".
type Ref string

// Kind tells how the entries of one kind are decoded and checked.
type Kind struct {
	// Name is what entries write after kind:, such as "process.wasm".
	Name string

	// New returns a pointer to a fresh struct, zero or filled with defaults,
	// that an entry is decoded into. The fields name, kind and meta belong to
	// every entry and are not decoded into it.
	New func() any

	// Command lets entries of this kind be commands of the command line.
	Command bool

	// Check, unless nil, applies the rules that span fields or entries. It is
	// called once everything is decoded, in the order of the entries, also for
	// an entry with mistakes. So a required field may have its zero value, and a
	// Ref may name no entry, or one of the wrong kind. A check need not tell
	// such a field from a good one, since [Check.Mistake] keeps quiet about it,
	// unless what it says about another depends on it: see [Check.Decoded].
	Check func(c *Check, e *Entry)
}

// Decoder is implemented by the pointer of a field's type that decodes itself.
//
// An error is reported at node. An [Error] or [Errors] is reported at its own
// position if that has a line; the file is filled in. Aliases and merge keys
// below node are already resolved. A Ref decoded here is neither completed nor
// checked.
type Decoder interface {
	DecodeYAML(node *yaml.Node) error
}

// App is a loaded application.
type App struct {
	// Dir is the directory that it was loaded from, absolute if Load was used.
	Dir string
	// Entries are in the order of files, sorted by path, and then as written.
	Entries []*Entry

	index map[ID]*Entry
}

// Entry is one item under entries:.
type Entry struct {
	ID        ID
	Namespace string
	Name      string
	Kind      string
	Meta      Meta
	// Spec is what the kind's New returned, decoded.
	Spec any
	// Dir is the directory of the YAML file: relative paths start there.
	Dir string
	// Pos is where the entry begins.
	Pos Position

	node   *yaml.Node
	failed map[string]bool // paths of the fields that could not be decoded
	faulty bool            // its kind's Check found a mistake
}

// Sound tells whether Load found no mistake in the entry's own fields.
func (e *Entry) Sound() bool { return len(e.failed) == 0 && !e.faulty }

// Meta is what an entry says about itself to tools.
type Meta struct {
	// Command makes the entry a command of the command line; usually nil.
	Command *Command
	// Other holds all further fields, as nil, bool, int, uint64, float64,
	// string, []any and map[string]any.
	Other map[string]any
}

// Command names an entry on the command line. No two entries share a name.
type Command struct {
	Name  string `yaml:"name" config:"required,nonempty"`
	Short string `yaml:"short"` // one line for the list of commands
	// Pos is where Name stands.
	Pos Position
}

// Entry returns the entry of that ID, or nil.
func (a *App) Entry(id ID) *Entry { return a.index[id] }

// ByKind returns the entries whose kind is prefix or begins with it, in order.
func (a *App) ByKind(prefix string) []*Entry {
	var found []*Entry
	for _, e := range a.Entries {
		if strings.HasPrefix(e.Kind, prefix) {
			found = append(found, e)
		}
	}
	return found
}

// Nearest returns up to three IDs that id may be a misspelling of, the nearest
// first, of the kinds that begin with kindPrefix.
func (a *App) Nearest(id string, kindPrefix string) []string {
	var ids []string
	for _, e := range a.ByKind(kindPrefix) {
		ids = append(ids, string(e.ID))
	}
	return nearestIDs(id, ids)
}

// Mistake makes the Error of a field, given its path as At takes it: it stands
// where the field does, and its message begins with the path.
func (e *Entry) Mistake(message, hint string, path ...string) *Error {
	if len(path) > 0 {
		message = e.prefixes(path)[len(path)-1] + ": " + message
	}
	return &Error{e.At(path...), message, hint}
}

// prefixes returns the names in messages of a field and of all that it lies in,
// the outermost first: "wasi", "wasi.mounts", "wasi.mounts[0]".
func (e *Entry) prefixes(path []string) []string {
	prefixes := make([]string, len(path))
	node, prefix := e.node, ""
	for i, name := range path {
		if node != nil && node.Kind == yaml.SequenceNode {
			prefix += "[" + name + "]"
		} else {
			prefix = join(prefix, name)
		}
		prefixes[i] = prefix
		if node != nil {
			node = child(node, name)
		}
	}
	return prefixes
}

// At returns where a field stands, given its path: At("limits", "max_fuel") or
// At("wasi", "mounts", "0", "guest"). Where the YAML lacks it, that is the
// position of the innermost parent that is there, and at last the entry's own.
func (e *Entry) At(path ...string) Position {
	node := e.node
	if node == nil {
		return e.Pos
	}
	for _, name := range path {
		next := child(node, name)
		if next == nil {
			break
		}
		node = next
	}
	return at(e.Pos.File, node)
}

// child returns the value of a mapping's key or a list's element, or nil.
func child(node *yaml.Node, name string) *yaml.Node {
	switch node.Kind {
	case yaml.MappingNode:
		for key, value := range pairs(node) {
			if key.Value == name {
				return value
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i]
		}
	}
	return nil
}
