package runtime

import (
	"crypto/rand"
	"io"
	"log/slog"

	"wippy/luamod"
	"wippy/runtime/process"
)

type options struct {
	modules   []luamod.Module
	kinds     []process.Kind
	clock     process.Clock
	entropy   io.Reader
	logger    *slog.Logger
	terminal  *process.Terminal
	cacheDir  string
	progress  func(name string, size int) (done func())
	executors int
	limits    process.Limits
}

func defaults() options {
	return options{clock: process.SystemClock{}, entropy: rand.Reader, logger: slog.New(slog.DiscardHandler)}
}

// Option configures a Runtime.
type Option func(*options)

// WithModule adds a Lua module (SPEC section 5). Scripts of entries name it in
// `modules:` to require it, unless it is marked Always.
func WithModule(m luamod.Module) Option {
	return func(o *options) { o.modules = append(o.modules, m) }
}

// WithKind adds a kind of process.
func WithKind(k process.Kind) Option {
	return func(o *options) { o.kinds = append(o.kinds, k) }
}

// WithClock sets where time comes from; the system clock unless given.
func WithClock(c process.Clock) Option { return func(o *options) { o.clock = c } }

// WithEntropy sets where randomness comes from; crypto/rand unless given. It
// is read from many goroutines at once.
func WithEntropy(r io.Reader) Option { return func(o *options) { o.entropy = r } }

// WithLogger sets where logs go: what scripts log, what processes print that
// are on no terminal, and every end other than normal. Nowhere unless given.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.logger = l } }

// WithTerminal sets the streams that the terminal.host owns. Without them its
// processes print to the log, like all others. No two writes run at once; a
// nil stream reads as empty, and swallows what is written.
func WithTerminal(t *process.Terminal) Option {
	return func(o *options) { o.terminal = serialized(t) }
}

// WithCompilationCache keeps compiled WebAssembly in a directory, which is
// made if need be. Off unless given.
func WithCompilationCache(dir string) Option { return func(o *options) { o.cacheDir = dir } }

// WithCompileProgress has begin called whenever a binary is about to be
// compiled; what it returns is called at the end.
func WithCompileProgress(begin func(name string, size int) (done func())) Option {
	return func(o *options) { o.progress = begin }
}

// WithExecutors sets how many processes run at one moment; GOMAXPROCS unless
// given. Raising it beyond that only delays everybody.
func WithExecutors(n int) Option { return func(o *options) { o.executors = n } }

// WithLimits sets limits that hold for every process below its entry's and its
// group's own.
func WithLimits(l process.Limits) Option { return func(o *options) { o.limits = l } }
