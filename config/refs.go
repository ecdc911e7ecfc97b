package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var wordText = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// wordRule says in words what wordText allows in namespaces and names.
const wordRule = `use letters, digits, "_", "-" and ".", beginning with a letter, digit or "_"`

// reference is a Ref that was met while decoding.
type reference struct {
	from  *Entry
	to    ID
	pos   Position
	path  string
	rules rules
}

// reference decodes a Ref and completes it.
func (d *decoder) reference(n *yaml.Node, v reflect.Value, path string, r rules) {
	if scalarTag(n) != "!!str" {
		d.mismatch(n, path, "the ID of "+r.wanted(), "")
		return
	}
	namespace, name, full := strings.Cut(n.Value, ":")
	if !full {
		namespace, name = d.entry.Namespace, n.Value
	}
	if full && !wordText.MatchString(namespace) || !wordText.MatchString(name) {
		d.mismatch(n, path, `"name" or "namespace:name"`, wordRule)
		return
	}
	if namespace == "" { // the document has none, which is reported there
		return
	}
	id := namespace + ":" + name
	v.SetString(id)
	d.refs = append(d.refs, reference{d.entry, ID(id), at(d.file, n), path, r})
}

// resolve reports references to what is not there, or is of the wrong kind.
func (l *loader) resolve() {
	for _, ref := range l.decoder.refs {
		target := l.byID[ref.to]
		switch {
		case target == nil:
			hint := l.instead(ref)
			if l.lost != "" {
				hint = "it may be in " + l.lost + ", which has to be put right first"
			}
			l.fail(ref, hint, "there is no entry %q", ref.to)
		case target.Spec == nil:
			// Its kind is unknown, which is reported there.
			ref.from.failed[ref.path] = true
		case !ref.rules.accepts(target.Kind):
			l.fail(ref, l.instead(ref), "%q is %s, expected %s", ref.to, withArticle(target.Kind), ref.rules.wanted())
		}
	}
}

// fewEntries is how many entries a suggestion lists when it has no better idea.
const fewEntries = 5

// instead suggests what a reference may name.
func (l *loader) instead(ref reference) string {
	var ids []string
	for _, e := range l.app.Entries {
		if e != ref.from && l.byID[e.ID] == e && ref.rules.accepts(e.Kind) {
			ids = append(ids, string(e.ID))
		}
	}
	near := nearestIDs(string(ref.to), ids)
	switch {
	case len(near) > 0:
		return didYouMean(near...)
	case len(ids) == 0 && len(ref.rules.refs) > 0:
		other := ""
		if ref.rules.accepts(ref.from.Kind) {
			other = "other "
		}
		return "the application has no " + other + "entry of kind " + strings.Join(ref.rules.refs, " or ")
	case len(ids) > 0 && len(ids) <= fewEntries:
		return thereAre(ids)
	}
	return ""
}

// cycles reports chains of references tagged requires that lead back to where
// they began.
func (l *loader) cycles() {
	next := make(map[ID][]reference)
	for _, ref := range l.decoder.refs {
		if ref.rules.requires {
			next[ref.from.ID] = append(next[ref.from.ID], ref)
		}
	}
	var chain []string
	depth := make(map[ID]int) // of those in the chain
	done := make(map[ID]bool)
	var visit func(id ID)
	visit = func(id ID) {
		if done[id] {
			return
		}
		done[id] = true
		depth[id] = len(chain)
		chain = append(chain, string(id))
		for _, ref := range next[id] {
			if start, ok := depth[ref.to]; ok {
				l.fail(ref, "remove one of these", "entries require each other: %s → %s", arrows(chain[start:]), ref.to)
			} else {
				visit(ref.to)
			}
		}
		chain = chain[:len(chain)-1]
		delete(depth, id)
	}
	for _, e := range l.app.Entries {
		visit(e.ID)
	}
}

// arrows joins the IDs of a chain, without the middle of an absurdly long one.
func arrows(chain []string) string {
	const most = 32
	if left := len(chain) - most; left > 0 {
		chain = slices.Concat(chain[:most/2], []string{fmt.Sprintf("(%d more)", left)}, chain[len(chain)-most/2:])
	}
	return strings.Join(chain, " → ")
}
