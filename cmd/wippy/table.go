package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// column is one of a table.
type column struct {
	title string
	right bool // numbers stand at its right end
	least int  // characters that it may be cut to where the screen is narrow; zero: it is never cut
}

const gap = "  " // between columns

// printTable writes a title and rows. Where they are wider than width characters,
// the widest columns that may be are cut, and at last the lines; width zero is as
// wide as it takes.
func printTable(out *bytes.Buffer, columns []column, rows [][]string, width int) {
	widths := make([]int, len(columns))
	total := len(gap) * (len(columns) - 1)
	for i, c := range columns {
		widths[i] = cells(c.title)
		for _, row := range rows {
			widths[i] = max(widths[i], cells(row[i]))
		}
		total += widths[i]
	}
	for width > 0 && total > width {
		widest := -1
		for i, c := range columns {
			if c.least > 0 && widths[i] > c.least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
		total--
	}
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	var line strings.Builder
	for i := -1; i < len(rows); i++ {
		row := titles
		if i >= 0 {
			row = rows[i]
		}
		line.Reset()
		for j, c := range columns {
			if j > 0 {
				line.WriteString(gap)
			}
			text := cutAt(row[j], widths[j])
			pad := widths[j] - cells(text)
			switch {
			case c.right:
				text = strings.Repeat(" ", pad) + text
			case j < len(columns)-1: // nothing stands behind the last one
				text += strings.Repeat(" ", pad)
			}
			line.WriteString(text)
		}
		out.WriteString(strings.TrimRight(cutAt(line.String(), width), " "))
		out.WriteByte('\n')
	}
}

// redrawn has a text take the place of all that is on a terminal. What stays the same
// does not flicker: each line is cleared just before it is written (behind a full
// one that would take its last character), and what is below.
func redrawn(text []byte) []byte {
	const home, clearLine, clearBelow = "\x1b[H", "\x1b[K", "\x1b[J"
	lines := bytes.ReplaceAll(text, []byte("\n"), []byte("\n"+clearLine))
	return slices.Concat([]byte(home+clearLine), lines, []byte(clearBelow))
}

// cutAt gives a text of at most width places; zero is no bound.
func cutAt(text string, width int) string {
	if width <= 0 || cells(text) <= width {
		return text
	}
	used := 0
	for i, r := range text {
		if used += runeCells(r); used > width-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// cells is how many places of a terminal a text takes.
func cells(text string) (n int) {
	for _, r := range text {
		n += runeCells(r)
	}
	return n
}

// wide are the scripts whose characters take two places.
var wide = []*unicode.RangeTable{unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana, {
	R16: []unicode.Range16{{Lo: 0x3000, Hi: 0x303e, Stride: 1}, {Lo: 0xff01, Hi: 0xff60, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x1f300, Hi: 0x1faff, Stride: 1}},
}}

func runeCells(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.In(r, wide...):
		return 2
	}
	return 1
}

// visible gives a text without what a terminal would take for commands: names are
// whatever a process chose.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
}

// harmless is visible for a character of a text of several lines.
func harmless(r rune) rune {
	const joiner = '\u200d' // of emoji
	if r == '\n' || r == '\t' || r == joiner || unicode.IsGraphic(r) {
		return r
	}
	return utf8.RuneError
}

// escapeControls escapes in JSON the control characters that encoding/json leaves
// as they are, and some terminals act on. They stand in strings only.
func escapeControls(text []byte) []byte {
	var out []byte
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r >= 0x7f && r <= 0x9f {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = append(out, text[i:i+size]...)
		}
		i += size
	}
	return out
}

// briefly gives a duration by its two largest units.
func briefly(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/day, d%day/time.Hour)
}

// scaled gives a number by the largest unit that it has one of, with three digits.
func scaled(n uint64, base float64, unit string) string {
	if float64(n) < base {
		return fmt.Sprintf("%d%s", n, unit)
	}
	prefixes, value := "kMGTPE", float64(n)/base
	if base == 1024 {
		prefixes, unit = "KMGTPE", "i"+unit
	}
	i := 0
	for value >= 999.5 && i < len(prefixes)-1 {
		value /= base
		i++
	}
	digits := 2
	if value >= 99.95 {
		digits = 0
	} else if value >= 9.995 {
		digits = 1
	}
	return fmt.Sprintf("%.*f%c%s", digits, value, prefixes[i], unit)
}
