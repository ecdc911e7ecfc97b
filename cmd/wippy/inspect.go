package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"

	"wippy/wasmhost"
)

// inspectFS is the fs.directory that the entry which inspect prints names.
const inspectFS = "binaries"

func (c *cli) inspectCommand() *cobra.Command {
	var asJSON, asWIT bool
	cmd := &cobra.Command{
		Use:   "inspect [flags] FILE",
		Short: "Show what a module or component imports, exports and needs",
		Long: `Inspect shows what a core module or a component imports and exports, a
component's as WIT, and which capability of an entry's imports field each import
needs; its size, its core modules and memories; the methods that an entry can
name, in every form that is accepted; and the entry that would run it.

It runs and compiles nothing, and looks into no function: "wippy check" does, of
an application's entries. Memories are counted in pages of 64 KiB.

With --json the same is one JSON object:

  kind             "module" or "component"
  name             the module's own name, where it has one
  size, hash       bytes; as an entry's hash field wants it
  core_modules     of each: name, offset, size, memories (imported, min, max in
                   pages, max null for no bound), start (it has a start function),
                   initialize, command (it exports _initialize, _start),
                   unsupported (proposals that are not run here)
  components       how many components are in the component
  wit              the world; of a module the lines of a wit field
  unsaid           names of imports and exports that WIT cannot say
  imports          of each: module, name, kind, type, functions (how many, of an
                   interface), access ("grant": any of needs grants it; "free";
                   "types": imported for types only; "unknown": nothing provides
                   it), needs, note
  exports          of each: name, kind, type, functions
  methods          of each: forms (all that are accepted), signature, wit
  grants           the capabilities that grant everything
  custom_sections  of each: name, offset, size in bytes

Exit codes: 1 the file is no WebAssembly, or broken; 2 it cannot be read.`,
		Example: `  wippy inspect calc.wasm
  wippy inspect --wit http.wasm > http.wit
  wippy inspect --json calc.wasm`,
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 1:
				return nil
			case 0:
				return errors.New("inspect needs a file: wippy inspect FILE")
			}
			return fmt.Errorf("inspect takes one file, got %d", len(args))
		},
		RunE: func(_ *cobra.Command, args []string) error { return c.inspect(args[0], asJSON, asWIT) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	cmd.Flags().BoolVar(&asWIT, "wit", false, "print the WIT alone: a component's world, or what a module's wit field may say")
	cmd.MarkFlagsMutuallyExclusive("json", "wit")
	return cmd
}

func (c *cli) inspect(file string, asJSON, asWIT bool) error {
	binary, err := readFile(file, wasmhost.MaxBinary)
	if err != nil {
		return err
	}
	r, err := wasmhost.Inspect(binary)
	if err != nil {
		message := err.Error()
		for _, what := range []string{"module: ", "component: "} { // a truncated one; the name says what it is
			message = strings.TrimPrefix(message, what)
		}
		c.complain(errors.New(file + ": " + message))
		return exit(exitFailed)
	}
	var out strings.Builder
	switch {
	case asJSON:
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return err
		}
	case asWIT:
		out.WriteString(r.WIT)
	default:
		printReport(&out, r, filepath.Base(file))
	}
	_, err = io.WriteString(c.stdout, out.String())
	return err
}

// printReport prints a report for people.
func printReport(out *strings.Builder, r *wasmhost.Report, file string) {
	printHead(out, r)
	if r.Kind == "component" {
		section(out, "WIT")
		out.WriteString(r.WIT)
		if len(r.Unsaid) > 0 {
			section(out, "what WIT cannot say")
			for _, name := range r.Unsaid {
				out.WriteString("  " + name + "\n")
			}
		}
		printNeeds(out, r)
	} else {
		printCore(out, r)
	}
	printMethods(out, r)
	if len(r.Custom) > 0 {
		section(out, "custom sections")
		columns(out, func(row func(...string)) {
			for _, s := range r.Custom {
				row("  "+shown(s.Name), bytesText(s.Size))
			}
		})
	}
	printEntry(out, r, file)
}

func section(out *strings.Builder, name string) { out.WriteString("\n" + name + "\n") }

// columns aligns what write gives, a row at a time.
func columns(out io.Writer, write func(row func(cells ...string))) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	write(func(cells ...string) { fmt.Fprintln(table, strings.Join(cells, "\t")) })
	_ = table.Flush() // to memory
}

// shown gives a name that a binary holds as a terminal may see it.
func shown(name string) string {
	if name == "" || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsGraphic(c) || unicode.IsSpace(c) || c == '"' }) {
		return strconv.Quote(name)
	}
	return name
}

func bytesText(n int) string { return count(n, "byte", "bytes") }

func printHead(out *strings.Builder, r *wasmhost.Report) {
	what := "core module"
	if r.Kind == "component" {
		what = "component"
	}
	columns(out, func(row func(...string)) {
		row(what, bytesText(r.Size))
		if r.Name != "" {
			row("name", shown(r.Name))
		}
		row("hash", r.Hash)
		if r.Kind == "component" {
			sum := 0
			for _, m := range r.CoreModules {
				sum += m.Size
			}
			inside := count(len(r.CoreModules), "core module", "core modules") + " of " + bytesText(sum)
			if r.Components > 0 {
				inside += ", " + count(r.Components, "component", "components")
			}
			row("inside", inside)
		}
		for _, m := range r.CoreModules {
			for _, memory := range m.Memories {
				if memory.Imported && r.Kind == "component" {
					continue // it is another module's
				}
				row("memory", memoryText(memory))
			}
		}
		if r.Kind != "component" {
			row("runs first", runsFirst(r.CoreModules[0]))
		}
		if u := r.Unsupported(); len(u) > 0 {
			row("not supported", strings.Join(u, ", "))
		}
	})
}

func memoryText(m wasmhost.MemoryReport) string {
	text := fmt.Sprintf("%d pages", m.Min)
	if m.Min == 1 {
		text = "1 page"
	}
	if m.Max != nil {
		text += fmt.Sprintf(", at most %d", *m.Max)
	}
	if m.Imported {
		text += ", imported"
	}
	return text
}

// runsFirst says what of a module runs besides a method.
func runsFirst(m wasmhost.CoreModule) string {
	var what []string
	if m.Start {
		what = append(what, "its start function")
	}
	if m.Initialize {
		what = append(what, "_initialize, before any method but _start")
	}
	if what == nil {
		return "nothing"
	}
	return strings.Join(what, "; ")
}

// access says what an import takes.
func access(i wasmhost.ImportReport) string {
	var text string
	switch i.Access {
	case wasmhost.AccessGrant:
		text = strings.Join(i.Needs, " or ")
	case wasmhost.AccessFree:
		text = "none"
	case wasmhost.AccessTypes:
		text = "none (types only)"
	default:
		text = "unknown: nothing provides it"
	}
	if i.Note != "" {
		text += "; " + i.Note
	}
	return text
}

// printNeeds prints what each import of a component needs.
func printNeeds(out *strings.Builder, r *wasmhost.Report) {
	if len(r.Imports) == 0 {
		return
	}
	section(out, "imports and the capabilities that they need")
	columns(out, func(row func(...string)) {
		for _, i := range r.Imports {
			name := i.Name
			if i.Kind != "interface" {
				name += " (" + i.Kind + ")"
			}
			row("  "+name, access(i))
		}
	})
}

// printCore prints what a core module imports, by module, and exports.
func printCore(out *strings.Builder, r *wasmhost.Report) {
	var order []string
	of := make(map[string][]wasmhost.ImportReport)
	for _, i := range r.Imports {
		if of[i.Module] == nil {
			order = append(order, i.Module)
		}
		of[i.Module] = append(of[i.Module], i)
	}
	for _, name := range order {
		section(out, "imports from "+shown(name)+" and the capabilities that they need")
		columns(out, func(row func(...string)) {
			for _, i := range of[name] {
				row("  "+shown(i.Name), typeOrKind(i.Type, i.Kind), access(i))
			}
		})
	}
	if len(r.Exports) == 0 {
		return
	}
	section(out, "exports")
	columns(out, func(row func(...string)) {
		for _, e := range r.Exports {
			row("  "+shown(e.Name), typeOrKind(e.Type, e.Kind))
		}
	})
}

func typeOrKind(typ, kind string) string {
	if typ == "" {
		return kind
	}
	return typ
}

func printMethods(out *strings.Builder, r *wasmhost.Report) {
	if len(r.Methods) == 0 {
		return
	}
	if r.Kind == "component" {
		section(out, "methods, by each name that is accepted")
		for _, m := range r.Methods {
			out.WriteString("  " + strings.Join(m.Forms, "  ") + "\n      " + m.Signature + "\n")
		}
		return
	}
	section(out, "methods, and what wit may say of them")
	columns(out, func(row func(...string)) {
		for _, m := range r.Methods {
			wit := m.WIT
			if wit == "" {
				wit = "(wit cannot name it)"
			}
			row("  "+shown(m.Forms[0]), wit)
		}
	})
}

func printEntry(out *strings.Builder, r *wasmhost.Report, file string) {
	section(out, "grants")
	line := r.GrantLine()
	if line == "" {
		line = "none needed"
	}
	out.WriteString("  " + line + "\n")
	if missing := len(r.Missing()); missing > 0 {
		fmt.Fprintf(out, "  %s cannot be granted: nothing provides it\n", count(missing, "import", "imports"))
	}
	section(out, "entry; "+inspectFS+" is the fs.directory that holds the file")
	entry := r.Entry(file, inspectFS)
	if entry == "" {
		out.WriteString("  none: it exports no function that a method could name\n")
		return
	}
	for line := range strings.Lines(entry) {
		out.WriteString("  " + line)
	}
}
