package process

import "strings"

// Qualify completes the ID of an entry that has no colon by the namespace of
// the process that names it, as in YAML.
func Qualify(id Identity, ref string) string {
	if strings.Contains(ref, ":") {
		return ref
	}
	if namespace := id.Namespace(); namespace != "" {
		return namespace + ":" + ref
	}
	return ref
}
