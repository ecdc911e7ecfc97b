package component

import (
	"fmt"
	"slices"
	"strings"
)

// ExternName is the name of an import or export, with what is said about it
// beside the name.
type ExternName struct {
	Name string
	// Implements names the interface that an instance under a plain name
	// implements; only if HasImplements.
	Implements    string
	HasImplements bool
	// ExternalID is what the host calls the item; only if HasExternalID.
	ExternalID    string
	HasExternalID bool
}

// NameKind is what a name says about its item.
type NameKind uint8

// The kinds of names.
const (
	PlainName       NameKind = iota // run
	InterfaceName                   // wasi:io/poll@0.2.0
	ConstructorName                 // [constructor]descriptor
	MethodName                      // [method]descriptor.read
	StaticName                      // [static]descriptor.open
)

// Name is a name taken apart.
type Name struct {
	Kind NameKind
	// Resource is the label before the dot of a method or static function, and
	// that of a constructor.
	Resource string
	// Label is the label of a PlainName, what follows the dot of a method or
	// static function, and the interface's of an InterfaceName.
	Label string
	// Namespace, Package and Version are an InterfaceName's; Version is "" where
	// there is none.
	Namespace, Package, Version string
}

// formerNames begin names that the specification once had, before =.
var formerNames = []string{"unlocked-dep", "locked-dep", "url", "relative-url", "integrity"}

// ParseName takes the name of an import or export apart.
func ParseName(s string) (Name, error) {
	if kind, rest, ok := strings.Cut(s, "]"); ok && strings.HasPrefix(kind, "[") {
		return parseAnnotated(s, kind+"]", rest)
	}
	problem := checkLabel(s)
	switch before, _, equals := strings.Cut(s, "="); {
	case equals && slices.Contains(formerNames, before):
		problem = "names of dependencies are no longer in the specification; link the component with what it depends on first"
	case strings.Contains(s, ":"):
		return parseInterface(s)
	}
	if problem != "" {
		return Name{}, fmt.Errorf("%q is not the name of an import or export: %s", s, problem)
	}
	return Name{Kind: PlainName, Label: s}, nil
}

func parseAnnotated(s, annotation, rest string) (Name, error) {
	bad := func(problem string) (Name, error) {
		return Name{}, fmt.Errorf("%q is not the name of an import or export: %s", s, problem)
	}
	n := Name{Resource: rest}
	switch annotation {
	case "[constructor]":
		n.Kind = ConstructorName
		if problem := checkLabel(rest); problem != "" {
			return bad(problem)
		}
		return n, nil
	case "[method]":
		n.Kind = MethodName
	case "[static]":
		n.Kind = StaticName
	default:
		return bad("it begins with " + annotation + ", where [constructor], [method] or [static] can be")
	}
	var dot bool
	if n.Resource, n.Label, dot = strings.Cut(rest, "."); !dot {
		return bad("a dot must part the resource's name from the function's")
	}
	for _, label := range []string{n.Resource, n.Label} {
		if problem := checkLabel(label); problem != "" {
			return bad(problem)
		}
	}
	return n, nil
}

// parseInterface parses "namespace:package/interface@version".
func parseInterface(s string) (Name, error) {
	n := Name{Kind: InterfaceName}
	bad := func(problem string) (Name, error) {
		return Name{}, fmt.Errorf("%q is not the name of an interface: %s", s, problem)
	}
	rest, version, versioned := strings.Cut(s, "@")
	var slash bool
	n.Namespace, rest, _ = strings.Cut(rest, ":")
	n.Package, n.Label, slash = strings.Cut(rest, "/")
	switch {
	case strings.Contains(n.Package, ":"):
		return bad("there can be one namespace")
	case !slash:
		return bad("/ and the interface's name must follow the package's")
	case strings.Contains(n.Label, "/"):
		return bad("there can be one interface")
	}
	for _, word := range []string{n.Namespace, n.Package} {
		problem := checkLabel(word)
		if problem == "" && word != strings.ToLower(word) {
			problem = fmt.Sprintf("%q must be in lower case", word)
		}
		if problem != "" {
			return bad(problem)
		}
	}
	if problem := checkLabel(n.Label); problem != "" {
		return bad(problem)
	}
	if versioned {
		if problem := checkVersion(version); problem != "" {
			return bad(problem)
		}
		n.Version = version
	}
	return n, nil
}

// checkLabel tells what keeps s from being a name in kebab-case; "" if nothing
// does. Its words are in one case each, and it begins with a letter.
func checkLabel(s string) string {
	if s == "" {
		return "a name is empty"
	}
	for i, word := range strings.Split(s, "-") {
		lower, upper := false, false
		for _, c := range []byte(word) {
			switch {
			case c >= 'a' && c <= 'z':
				lower = true
			case c >= 'A' && c <= 'Z':
				upper = true
			case c < '0' || c > '9':
				return fmt.Sprintf("%q has characters other than letters, digits and -", s)
			}
		}
		switch {
		case word == "":
			return fmt.Sprintf("%q has an empty word", s)
		case i == 0 && word[0] <= '9':
			return fmt.Sprintf("%q begins with a digit", s)
		case lower && upper:
			return fmt.Sprintf("%q is not in kebab-case: a word is in lower or in upper case, not both", s)
		}
	}
	return ""
}

// checkVersion tells what keeps s from being a semantic version; "" if nothing
// does.
func checkVersion(s string) string {
	rest, build, hasBuild := strings.Cut(s, "+")
	core, pre, hasPre := strings.Cut(rest, "-")
	numbers := strings.Split(core, ".")
	if len(numbers) != 3 {
		return fmt.Sprintf("version %q must be of three numbers, like 0.2.0", s)
	}
	for _, n := range numbers {
		if !isNumber(n) {
			return fmt.Sprintf("version %q: %q is not a number", s, n)
		}
	}
	for _, part := range []struct {
		there   bool
		text    string
		numbers bool // must be without zeros in front
	}{{hasPre, pre, true}, {hasBuild, build, false}} {
		if !part.there {
			continue
		}
		for id := range strings.SplitSeq(part.text, ".") {
			digits := true
			for _, c := range []byte(id) {
				digit := c >= '0' && c <= '9'
				digits = digits && digit
				if !digit && c != '-' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
					return fmt.Sprintf("version %q: %q has characters other than letters, digits and -", s, id)
				}
			}
			if id == "" {
				return fmt.Sprintf("version %q has an empty word", s)
			}
			if part.numbers && digits && !isNumber(id) {
				return fmt.Sprintf("version %q: %q is not a number", s, id)
			}
		}
	}
	return ""
}

// isNumber tells whether s is a number as versions write it, of 64 bits.
func isNumber(s string) bool {
	if s == "" || len(s) > 1 && s[0] == '0' || len(s) > 20 || len(s) == 20 && s > "18446744073709551615" {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

// uniqueForm is equal for names that bindings could not tell apart.
func uniqueForm(s string, n Name) string {
	switch n.Kind {
	case InterfaceName:
		name, version, versioned := strings.Cut(s, "@")
		if versioned {
			return strings.ToLower(name) + "@" + version
		}
	case ConstructorName:
		return "[constructor]" + strings.ToLower(n.Resource)
	case MethodName, StaticName:
		resource, label := strings.ToLower(n.Resource), strings.ToLower(n.Label)
		if resource == label {
			return label
		}
		return resource + "." + label
	}
	return strings.ToLower(s)
}
