package wasip1_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wippy/mailbox"
)

// What test/guests/src/libc/posix.c prints between its arguments and its end.
const posixSteps = `GREETING=hi
input: 3 lines, 6 bytes, end 1
sleep: ok
slept enough
date: ok
random: ok
mkdir: ok
mkdir again: File exists
create: ok
write: ok
seek: ok
last: line 999
overwrite: ok
append: ok
fstat: ok
size 8894, file 1
truncate: ok
sync: ok
close: ok
rename: ok
link: ok
symlink: ok
readlink: ok
lstat: ok
/data: d g h s
read: ok
now: LINE 0
rmdir: ok
unlink: ok
missing: No such file or directory
exclusive: File exists
outside: Operation not permitted
/data: g
done
`

// TestPosix runs one C program as a module of preview 1 and, through the
// adapter of the component tools, as a component of WASI 0.2: both do and print
// the same. Only the exit code differs: wasi:cli/exit, as the adapter
// calls it, knows no number.
func TestPosix(t *testing.T) {
	for _, kind := range []struct {
		name, binary string
		code         int // of exit(3)
	}{
		{"preview 1", "posix.wasm", 3},
		{"component", filepath.Join("component", "posix.wasm"), 1},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			for _, tt := range []struct {
				args string
				code int
			}{{"", 0}, {"exit 3", kind.code}, {"exit 0", 0}} {
				src := full(t, filepath.Join("..", "guests", "bin", kind.binary))
				want := ""
				var words []any
				for _, word := range strings.Fields(tt.args) {
					words = append(words, word)
					want += "argument " + word + "\n"
				}
				e, out := program(t, src, "a\nbc\nd", words...)
				check(t, e, tt.code, out, want+posixSteps)
				if text, err := os.ReadFile(filepath.Join(src.Dirs[0].Host, "g")); err != nil || string(text) != "LINE 0" {
					t.Errorf("the file holds %q, %v", text, err)
				}
			}
			e, out := program(t, full(t, filepath.Join("..", "guests", "bin", kind.binary)), "a\nbc\nd", "abort")
			if e.Reason != mailbox.ReasonError || e.HasCode || !strings.Contains(e.Err.Error(), "unreachable") {
				t.Errorf("abort ends with %s, %v", e.Reason, e.Err)
			}
			if out != "argument abort\n"+posixSteps {
				t.Errorf("it printed\n%s", out)
			}
		})
	}
}
