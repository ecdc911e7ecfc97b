//go:build wasip1

// The processor reads a CSV file of names and amounts, and writes the total of
// each name to /output, in the format that OUTPUT_FORMAT names: json or csv.
// It knows nothing of wippy: it is a Go program with one exported function.
package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

func main() {} // a library has none to run, but wants one

// process does the work, and returns how many lines it read.
//
//go:wasmexport process
func process() int32 {
	lines, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "processor:", err)
		os.Exit(1)
	}
	return int32(lines)
}

func run() (lines int, err error) {
	flags := flag.NewFlagSet("processor", flag.ContinueOnError)
	input := flags.String("input", "", "the file to read")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return 0, err
	}
	file, err := os.Open(*input)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	totals := map[string]int{}
	for records := csv.NewReader(file); ; lines++ {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if len(record) != 2 {
			return 0, fmt.Errorf("%s: line %d has %d fields, expected a name and an amount", *input, lines+1, len(record))
		}
		amount, err := strconv.Atoi(record[1])
		if err != nil {
			return 0, fmt.Errorf("%s: line %d: %w", *input, lines+1, err)
		}
		totals[record[0]] += amount
	}
	format := os.Getenv("OUTPUT_FORMAT")
	text, err := render(totals, format)
	if err != nil {
		return 0, err
	}
	name := filepath.Join("/output", "totals."+format)
	fmt.Println("writing", name)
	return lines, os.WriteFile(name, text, 0o666)
}

func render(totals map[string]int, format string) ([]byte, error) {
	switch format {
	case "json":
		return json.MarshalIndent(totals, "", "  ") // in the order of the names
	case "csv":
		var names []string
		for name := range totals {
			names = append(names, name)
		}
		slices.Sort(names)
		var text []byte
		for _, name := range names {
			text = fmt.Appendf(text, "%s,%d\n", name, totals[name])
		}
		return text, nil
	}
	return nil, fmt.Errorf("OUTPUT_FORMAT is %q, expected json or csv", format)
}
