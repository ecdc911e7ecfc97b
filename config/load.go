package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxFileSize bounds a YAML file, in bytes.
const maxFileSize = 4 << 20

const indexFile = "_index.yaml"

// FindRoot returns the nearest directory with an _index.yaml, from the given
// one upwards, as an absolute path.
func FindRoot(from string) (dir string, ok bool) {
	dir, err := filepath.Abs(from)
	if err != nil {
		return "", false
	}
	for {
		if info, err := os.Stat(filepath.Join(dir, indexFile)); err == nil && info.Mode().IsRegular() {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}

// Load reads the application in dir: the documents with entries: of every
// .yaml and .yml file below it. Folders that begin with a dot, node_modules and
// symbolic links to folders are left out.
//
// # Errors
//
// The error is [Errors], with everything that is wrong in the files, unless dir
// itself cannot be read. A file that is not YAML is an error if it is an
// _index.yaml or has a line that begins with entries:; so is one beyond 4 MiB.
// The App beside Errors holds what could be read, for tools that look further:
// see [Entry.Sound].
func Load(dir string, kinds []Kind) (*App, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return LoadFS(os.DirFS(dir), dir, kinds)
}

// LoadFS is [Load] of the root of a file system; dir is the directory that its
// entries take for it.
func LoadFS(fsys fs.FS, dir string, kinds []Kind) (*App, error) {
	if _, err := fs.ReadDir(fsys, "."); err != nil {
		return nil, fmt.Errorf("the application %s cannot be read: %w", dir, cause(err))
	}
	r := new(report)
	l := &loader{
		fsys:    fsys,
		report:  r,
		kinds:   make(map[string]Kind),
		app:     &App{Dir: dir, index: make(map[ID]*Entry)},
		byID:    make(map[ID]*Entry),
		decoder: &decoder{report: r, fields: make(map[reflect.Type][]field)},
	}
	for _, kind := range kinds {
		l.kinds[kind.Name] = kind
		l.kindNames = append(l.kindNames, kind.Name)
	}
	l.walk()
	l.resolve()
	l.cycles()
	l.check()
	return l.app, r.err()
}

// loader builds an App.
type loader struct {
	fsys      fs.FS
	report    *report
	kinds     map[string]Kind
	kindNames []string
	app       *App
	byID      map[ID]*Entry // those of unknown kind, too
	decoder   *decoder
	lost      string // a file that has entries which could not be read, or ""
}

func (l *loader) fail(ref reference, hint, format string, args ...any) {
	ref.from.failed[ref.path] = true
	l.report.add(ref.pos, ref.path+": "+fmt.Sprintf(format, args...), hint)
}

func (l *loader) walk() {
	// The function below returns no other error than SkipDir.
	_ = fs.WalkDir(l.fsys, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			l.unreadable(file, err)
			return nil
		}
		name := d.Name()
		if d.IsDir() {
			if file != "." && (strings.HasPrefix(name, ".") || name == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(name); ext == ".yaml" || ext == ".yml" {
			l.file(file)
		}
		return nil
	})
}

func (l *loader) unreadable(file string, err error) {
	l.report.add(Position{File: file}, fmt.Sprintf("cannot be read: %v", cause(err)), "")
	l.lost = file
}

// cause strips an error of the file's name, which its reader knows better.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// file loads the documents of a file that have entries.
func (l *loader) file(file string) {
	text, err := l.read(file)
	if err != nil {
		l.unreadable(file, err)
		return
	}
	ours := path.Base(file) == indexFile || entriesLine.Match(text)
	if len(text) > maxFileSize {
		if ours {
			l.unreadable(file, fmt.Errorf("larger than %d bytes", maxFileSize))
		}
		return
	}
	docs, syntax := parse(text)
	if syntax != nil && ours {
		l.report.add(Position{file, syntax.line, syntax.col}, syntax.message, syntax.hint)
		l.lost = file
	}
	x := &expander{file: file, report: l.report, open: make(map[*yaml.Node]bool)}
	for _, doc := range docs {
		l.document(file, doc.Content[0], x)
	}
}

// entriesLine tells whether a text that is not parsed was meant for us.
var entriesLine = regexp.MustCompile(`(?m)^entries\s*:`)

// read returns a file's text, up to a byte more than is permitted, and none for
// a link to a folder.
func (l *loader) read(file string) ([]byte, error) {
	info, err := fs.Stat(l.fsys, file)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, nil
	case !info.Mode().IsRegular(): // reading a pipe could wait for ever
		return nil, errors.New("not a regular file")
	}
	f, err := l.fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFileSize+1))
}

// document loads the entries of a document, if it has any.
func (l *loader) document(file string, root *yaml.Node, x *expander) {
	d := l.decoder
	d.file, d.entry = file, nil
	if root.Kind != yaml.MappingNode {
		return
	}
	if child(root, "entries") == nil {
		l.misspelt(root)
		return
	}
	if !x.document(root) {
		l.lost = file
		return
	}
	fields := []string{"namespace", "version", "entries"}
	for key := range pairs(root) {
		if !slices.Contains(fields, key.Value) {
			d.unknown(key, "", fields)
		}
	}
	if version := child(root, "version"); version != nil {
		if tag := scalarTag(version); tag != "!!str" && tag != "!!int" && tag != "!!float" && tag != "!!timestamp" {
			d.mismatch(version, "version", "a string or a number", "")
		}
	}
	namespace := l.namespace(root)
	entries := child(root, "entries")
	if entries == nil { // its key has a strange tag, which is reported
		return
	}
	if entries.Kind != yaml.SequenceNode {
		d.mismatch(entries, "entries", "a list", "")
		return
	}
	for _, node := range entries.Content {
		l.entry(namespace, node)
	}
}

// misspelt reports a document without entries that was meant to have some.
func (l *loader) misspelt(root *yaml.Node) {
	if child(root, "namespace") == nil {
		return
	}
	for key := range pairs(root) {
		if key.Kind == yaml.ScalarNode && Nearest(key.Value, []string{"entries"}) != "" {
			l.decoder.unknown(key, "", []string{"entries"})
		}
	}
}

// namespace returns the namespace of a document, or "" after reporting why
// there is none.
func (l *loader) namespace(root *yaml.Node) string {
	node := child(root, "namespace")
	if node == nil {
		for key := range pairs(root) {
			if key.Value == "entries" {
				l.decoder.fail(key, "", `add "namespace: <a string>" above it`, `entries without a namespace`)
			}
		}
		return ""
	}
	return l.word(node, "namespace")
}

// word decodes a namespace or name; it returns "" after reporting a mistake.
func (l *loader) word(node *yaml.Node, path string) string {
	var word string
	l.decoder.value(node, reflect.ValueOf(&word).Elem(), path, rules{nonempty: true})
	if word == "" || wordText.MatchString(word) {
		return word
	}
	l.decoder.fail(node, path, wordRule, "%q has characters that are not allowed", word)
	return ""
}

// entry decodes one item of entries.
func (l *loader) entry(namespace string, node *yaml.Node) {
	d := l.decoder
	if node.Kind != yaml.MappingNode {
		d.mismatch(node, "", "an entry, with name and kind", "")
		return
	}
	e := &Entry{
		Namespace: namespace,
		Dir:       filepath.Join(l.app.Dir, filepath.FromSlash(path.Dir(d.file))),
		Pos:       at(d.file, node),
		node:      node,
		failed:    make(map[string]bool),
	}
	d.entry = e
	l.name(e)
	l.meta(e)
	if kind, ok := l.kind(e); ok {
		e.Spec = kind.New()
		d.structure(node, reflect.ValueOf(e.Spec).Elem(), "", "name", "kind", "meta")
		l.app.Entries = append(l.app.Entries, e)
	}
}

// name decodes an entry's name and files the entry under its ID.
func (l *loader) name(e *Entry) {
	node := child(e.node, "name")
	if node == nil {
		l.decoder.fail(e.node, "", `add "name: <a string>"`, `missing field "name"`)
		return
	}
	e.Name = l.word(node, "name")
	if e.Name == "" || e.Namespace == "" {
		return
	}
	e.ID = ID(e.Namespace + ":" + e.Name)
	if first := l.byID[e.ID]; first != nil {
		l.report.add(e.Pos, fmt.Sprintf("duplicate entry %q", e.ID), "first declared at "+first.Pos.String())
		return
	}
	l.byID[e.ID] = e
}

// kind decodes an entry's kind and looks it up.
func (l *loader) kind(e *Entry) (Kind, bool) {
	d := l.decoder
	node := child(e.node, "kind")
	if node == nil {
		d.fail(e.node, "", "known kinds: "+strings.Join(l.kindNames, ", "), `missing field "kind"`)
		return Kind{}, false
	}
	d.value(node, reflect.ValueOf(&e.Kind).Elem(), "kind", rules{nonempty: true})
	kind, ok := l.kinds[e.Kind]
	if !ok && e.Kind != "" {
		hint := didYouMean(Nearest(e.Kind, l.kindNames))
		if hint == "" {
			hint = "known kinds: " + strings.Join(l.kindNames, ", ")
		}
		d.fail(node, "", hint, "unknown kind %q", e.Kind)
	}
	return kind, ok
}

// meta decodes an entry's meta: command strictly, the rest as it is.
func (l *loader) meta(e *Entry) {
	d := l.decoder
	node := child(e.node, "meta")
	if node == nil || isNull(node) {
		return
	}
	if node.Kind != yaml.MappingNode {
		d.mismatch(node, "meta", "a mapping", "")
		return
	}
	for key, value := range pairs(node) {
		if key.Value == "command" {
			e.Meta.Command = &Command{Pos: e.At("meta", "command", "name")}
			d.structure(value, reflect.ValueOf(e.Meta.Command).Elem(), "meta.command")
			continue
		}
		if e.Meta.Other == nil {
			e.Meta.Other = make(map[string]any)
		}
		e.Meta.Other[key.Value] = d.any(value, join("meta", key.Value))
	}
}

// reservedCommand is a word that the command line keeps for itself.
const reservedCommand = "list"

// check applies the rules of commands and of kinds.
func (l *loader) check() {
	commands := make(map[string]Position)
	for _, e := range l.app.Entries {
		if l.byID[e.ID] == e {
			l.app.index[e.ID] = e
		}
	}
	facts := map[any]any{}
	for _, e := range l.app.Entries {
		kind := l.kinds[e.Kind]
		if e.Meta.Command != nil {
			l.command(kind, e.Meta.Command, commands)
		}
		if kind.Check != nil {
			kind.Check(&Check{l.app, e, l.report, facts}, e)
		}
	}
}

func (l *loader) command(kind Kind, command *Command, commands map[string]Position) {
	first, taken := commands[command.Name]
	switch {
	case !kind.Command:
		l.report.add(command.Pos, fmt.Sprintf("meta.command: %s cannot be a command", withArticle(kind.Name)), l.commandKinds())
	case command.Name == "": // missing or mistyped, which is reported
	case !wordText.MatchString(command.Name):
		l.report.add(command.Pos, fmt.Sprintf("meta.command.name: %q has characters that are not allowed", command.Name), wordRule)
	case command.Name == reservedCommand:
		l.report.add(command.Pos, fmt.Sprintf("meta.command.name: %q is reserved", command.Name), "choose another name")
	case taken:
		l.report.add(command.Pos, fmt.Sprintf("meta.command.name: duplicate command %q", command.Name), "first declared at "+first.String())
	default:
		commands[command.Name] = command.Pos
	}
}

// commandKinds says which kinds of entry can be commands.
func (l *loader) commandKinds() string {
	kinds := slices.DeleteFunc(slices.Clone(l.kindNames), func(name string) bool { return !l.kinds[name].Command })
	if len(kinds) == 0 {
		return "remove it"
	}
	return strings.Join(kinds, " and ") + " can"
}
