package config

import (
	"slices"
	"strconv"
	"strings"
)

// Nearest returns the candidate that word is most likely a misspelling of, or
// "" if none is near.
func Nearest(word string, candidates []string) string {
	limit := reach(word)
	found := nearest(candidates, limit, func(candidate string) int {
		return distance(word, candidate, limit)
	})
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// nearestIDs returns up to three IDs near to id. The same name in another
// namespace is near, too.
func nearestIDs(id string, candidates []string) []string {
	_, name, _ := strings.Cut(id, ":")
	limit := reach(name)
	found := nearest(candidates, limit, func(candidate string) int {
		if namespace, found := strings.CutSuffix(candidate, name); found && strings.HasSuffix(namespace, ":") {
			return 1
		}
		return distance(id, candidate, limit)
	})
	return found[:min(3, len(found))]
}

// maxReach bounds the slips: a word that a process chose may be of any length.
const maxReach = 32

// reach is how many slips a word of that length is believed to hold.
func reach(word string) int { return min(max(1, len(word)/3), maxReach) }

// nearest returns the candidates within limit, the nearest first and else in
// their own order.
func nearest(candidates []string, limit int, distance func(candidate string) int) []string {
	byDistance := make([][]string, limit+1)
	for _, candidate := range candidates {
		if d := distance(candidate); d <= limit {
			byDistance[d] = append(byDistance[d], candidate)
		}
	}
	return slices.Concat(byDistance...)
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours, in either case, that make b of a. It gives up beyond limit, with
// limit+1, so that a long list of candidates stays cheap.
func distance(a, b string, limit int) int {
	if max(len(a)-len(b), len(b)-len(a)) > limit {
		return limit + 1
	}
	a, b = strings.ToLower(a), strings.ToLower(b)
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		if slices.Min(row) > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}

// didYouMean phrases a suggestion out of names, or returns "" if there are none.
func didYouMean(names ...string) string {
	if len(names) == 0 || names[0] == "" {
		return ""
	}
	return "did you mean " + oneOf(names) + "?"
}

// thereAre phrases all that there is to choose from.
func thereAre(names []string) string {
	if len(names) == 1 {
		return "there is " + strconv.Quote(names[0])
	}
	return "there are " + enumerate(names, "and")
}

// oneOf quotes and joins names: "a", "b" or "c".
func oneOf(names []string) string { return enumerate(names, "or") }

func enumerate(names []string, last string) string {
	names = quoted(names)
	if len(names) == 1 {
		return names[0]
	}
	end := len(names) - 1
	return strings.Join(names[:end], ", ") + " " + last + " " + names[end]
}

func quoted(names []string) []string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return quoted
}
