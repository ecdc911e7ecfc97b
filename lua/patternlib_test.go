package lua

import (
	"fmt"
	"testing"

	"wippy/mailbox"
)

// hostile are single calls that take very long, if not for ever.
var hostile = map[string]string{
	"find greedy":   `("a"):rep(1e6):find("a*a*a*a*b")`,
	"match lazy":    `("a"):rep(1e6):match("(.-)(.-)(.-)x")`,
	"gmatch":        `for _ in ("a"):rep(1e6):gmatch("a*a*b") do end`,
	"gsub":          `("a"):rep(1e6):gsub(".-.-.-b", "")`,
	"balance":       `("("):rep(1e6):find("%b()")`,
	"set":           `("a"):rep(1e6):find("[" .. ("b"):rep(1e5) .. "a]*[^a]")`,
	"back":          `("a"):rep(1e6):find("(.*)%1b")`,
	"optional":      `("a"):rep(39):find(("a?"):rep(40) .. ("a"):rep(40))`,
	"plain":         `local a = ("a"):rep(1e6) a:rep(2):find(a .. "b", 1, true)`,
	"many calls":    `local s = ("a"):rep(100) while true do s:find("a*a*b") end`,
	"many patterns": `local i = 0 while true do i = i + 1 pcall(string.find, "aaa", "a*" .. i) end`,
	"in a callback": `("a"):rep(10):gsub(".", function() ("a"):rep(1e6):find("a*a*a*b") end)`,
	"pcall":         `while true do pcall(string.find, ("a"):rep(1e6), "a*a*a*a*b") end`,
	"coroutine":     `coroutine.wrap(function() ("a"):rep(1e6):find("a*a*a*a*b") end)()`,
	"replacement":   `while true do ("a"):rep(1e4):gsub("a", "") end`,
	"format":        `while true do string.format(("%%"):rep(1e5)) end`,
	"quoted":        `local s = ("\0"):rep(1e6) while true do string.format("%q", s) end`,
	"reverse":       `local s = ("a"):rep(1e6) while true do s:reverse() end`,
	"concat":        `local t = {} for i = 1, 1e4 do t[i] = "" end while true do table.concat(t) end`,
	"insert":        `local t = {} for i = 1, 1e4 do t[i] = i end while true do table.insert(t, 1, 0) end`,
	"maxn":          `local t = {} for i = 1, 1e4 do t[i] = i end while true do table.maxn(t) end`,
	"sort strings":  `local t, s = {}, ("a"):rep(1e5) for i = 1, 100 do t[i] = s .. i end while true do table.sort(t) end`,
}

// TestKillInCall kills within a single call, soon.
func TestKillInCall(t *testing.T) {
	for name, source := range hostile {
		t.Run(name, func(t *testing.T) {
			for _, at := range []uint64{1, 20_000, 100_000} {
				ctx := newFake()
				ctx.killAt = at
				p := start(t, ctx, source)
				if !unwinds(p, ctx) {
					t.Fatal("the process ended by itself")
				}
				// A megabyte, which some move at once, is worth some checkpoints.
				if most := at + 20*checkEvery; ctx.fuel > most {
					t.Errorf("killed at %d, the process went on to %d", at, ctx.fuel)
				}
				if slices := int(at / checkEvery / sliceChecks / 2); ctx.yields < slices {
					t.Errorf("%d slices for %d fuel, want %d", ctx.yields, at, slices)
				}
			}
		})
	}
}

// TestGsubLinear takes ten times the fuel for ten times the matches.
func TestGsubLinear(t *testing.T) {
	for _, with := range []string{`"xy"`, `"<%0>"`, `{a = "bc"}`, `function(c) return c end`} {
		fuel := func(matches int) float64 {
			ctx := newFake()
			result, _ := start(t, ctx, fmt.Sprintf(`return select(2, ("a"):rep(%d):gsub("a", %s))`, matches, with)).Step(ctx)
			if result.Err != nil || result.Values[0].Float() != float64(matches) {
				t.Fatal(result.Values, result.Err)
			}
			return float64(ctx.fuel)
		}
		if few, many := fuel(10_000), fuel(100_000); many > 11*few || many < 9*few {
			t.Errorf("with %s: ten times the matches took %.0f fuel and then %.0f", with, few, many)
		}
	}
}

// TestGmatchLazy takes no more than the match that is asked for.
func TestGmatchLazy(t *testing.T) {
	ctx := newFake()
	result, _ := start(t, ctx, `local s = ... for w in s:gmatch("%a+") do return w end`, mailbox.String("one "+string(make([]byte, 1e6)))).Step(ctx)
	if result.Err != nil || result.Values[0].Str() != "one" || ctx.fuel > 1000 {
		t.Errorf("%v, %v after %d fuel", result.Values, result.Err, ctx.fuel)
	}
}

// TestReceiveInGsub suspends the process within a replacement.
func TestReceiveInGsub(t *testing.T) {
	ctx := newFake()
	for _, text := range []string{"x", "y"} {
		ctx.events = append(ctx.events, &mailbox.Event{Type: mailbox.Message, Values: []mailbox.Value{mailbox.String(text)}})
	}
	result, _ := start(t, ctx, `return (("a-a"):gsub("a", function() return process.receive() end))`).Step(ctx)
	if result.Err != nil || result.Values[0].Str() != "x-y" {
		t.Error(result.Values, result.Err)
	}
}

// TestMatchersKept bounds what a process keeps.
func TestMatchersKept(t *testing.T) {
	ctx := newFake()
	p := start(t, ctx, `
		for i = 1, 100 do
			local pattern = "a*" .. i
			for _ in ("a"):rep(3):gmatch(pattern) do ("b"):gsub(pattern, pattern) end
		end
		("a"):find(("a?"):rep(1000))`)
	if result, _ := p.Step(ctx); result.Err != nil {
		t.Fatal(result.Err)
	}
	kept := p.(*instance).state.matchers
	if len(kept) != maxMatchers || kept[maxMatchers-1].Pattern().String() != "a*100" {
		t.Errorf("%d matchers, the last of %v", len(kept), kept[len(kept)-1].Pattern())
	}
}

// BenchmarkPatterns compares with gopher-lua's own functions.
func BenchmarkPatterns(b *testing.B) {
	for name, body := range map[string]string{
		"find plain":      `find(line, "status", 1, true)`,
		"find literal":    `find(line, "status=")`,
		"find class":      `find(line, "%d+")`,
		"find miss":       `find(long, "[xyz]%d")`,
		"match captures":  `match(line, "(%w+)=(%w+)")`,
		"match trim":      `match("  some text  ", "^%s*(.-)%s*$")`,
		"match date":      `match("2024-02-29", "^(%d+)-(%d+)-(%d+)$")`,
		"many patterns":   `for i = 1, 10 do find(line, patterns[i]) end`,
		"gmatch words":    `for w in gmatch(line, "%a+") do end`,
		"gsub string":     `gsub(line, "%s+", "_")`,
		"gsub function":   `gsub(line, "%w+", upper)`,
		"gsub table":      `gsub(line, "%w+", names)`,
		"gsub long":       `gsub(long, "o", "0")`,
		"upper":           `upper(line)`,
		"backtrack":       `find(line, ".*=.*=.*=.*=x")`,
		"backtrack lazy":  `find(line, "(.-)=(.-)=(.-)=(.-)=x")`,
		"greedy line":     `match(line, "(.*)=")`,
		"gsub everything": `gsub(line, ".", "%0%0")`,
	} {
		for _, whose := range []string{"ours", "stock"} {
			b.Run(name+"/"+whose, func(b *testing.B) {
				ctx := newFake()
				ctx.deadline = ctx.deadline.Add(1 << 40)
				p := startProgram(b, ctx, compiled(b, `
					local line = "time=12:34:56 level=info status=200 path=/some/path took=15ms"
					local long, names, patterns = ("lorem ipsum dolor sit amet "):rep(100), {time = "T", level = "L"}, {}
					for i = 1, 10 do patterns[i] = "a%d" .. i end
					for i = 1, ... do `+body+` end`), mailbox.Float(float64(b.N)))
				L := p.(*instance).state.main
				for _, fn := range []string{"find", "match", "gmatch", "gsub", "upper"} {
					if whose == "stock" {
						L.SetGlobal(fn, stock("string", fn))
					} else {
						L.SetGlobal(fn, L.GetField(L.GetGlobal("string"), fn))
					}
				}
				b.ReportAllocs()
				b.ResetTimer()
				if result, _ := p.Step(ctx); result.Err != nil {
					b.Fatal(result.Err)
				}
			})
		}
	}
}
