// Package wasmhost runs WebAssembly as processes (SPEC sections 2 and 3,
// process.wasm). A [Host] owns the engine; its [Host.Kind] is what the node
// registers, and compiles entries, each a [Config]; [Host.Compile] does the same for
// a bare binary. Both make a program, of a core module a [Program], of which every
// spawn is a process of its own: its own instance, memory and limits.
//
// Every module is metered, see wasmhost/meter: its processes share their worker,
// pay for what they use, and can be killed while they run.
//
// A core module's method takes numbers, or by the canonical ABI whatever its entry's
// wit says. A component is read by wasmhost/component, linked by wasmhost/linker, and
// takes and gives values as wasmhost/canon has them. Both import the interfaces
// of the host that their entry grants: see wasmhost/imports and wasmhost/procworld;
// modules also wasmhost/wasi/preview1, components wasmhost/wasi.
package wasmhost

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"wippy/mailbox"
	"wippy/wasmhost/memory"
	"wippy/wasmhost/meter"
	"wippy/wasmhost/module"
	"wippy/wasmhost/wasi/files"
)

// features are the parts of WebAssembly that run: 2.0, and what current
// toolchains emit beyond it. Exception handling is off because wazero v1.12.0
// computes wrong results with it; threads are, because a wait would block a worker.
const features = api.CoreFeaturesV2 | experimental.CoreFeaturesExtendedConst | experimental.CoreFeaturesTailCall

// Options configure a Host. The zero value is usable.
type Options struct {
	// CacheDir keeps compiled code between runs of the program; it is made if
	// need be. Reading it back is some thirty times as fast as compiling. Only
	// who may run code as this user should be able to write it. A damaged file
	// in it is replaced; one that cannot be used is left alone. "" keeps nothing.
	CacheDir string
	// Logger gets a line when something is wrong with the cache. Nil discards.
	Logger *slog.Logger
	// Progress, unless nil, is called when the compilation of a binary of size
	// bytes begins, with the name that its source has; what it returns is
	// called when the compilation ends. One compilation runs at a time, on the
	// goroutine that asked for it.
	Progress func(name string, size int) (done func())
}

// Host runs wasm. Its methods may be called from any goroutine; compiling
// takes long and belongs on no worker.
type Host struct {
	opts      Options
	pool      memory.Pool
	compiling sync.Mutex

	mu      sync.Mutex
	closed  bool
	modules map[digest]*compilation
	// The last of the engines compiles. The first is made when a module is: an
	// application without wasm does without. The second, if there is one, does
	// without the cache, which was of no use.
	engines []wazero.Runtime
	cache   wazero.CompilationCache
	mounts  map[mountKey]*files.Mount
}

// digest is the SHA-256 of a binary.
type digest [sha256.Size]byte

var errClosed = mailbox.Errorf(mailbox.Unavailable, "the wasm host is closed")

// New makes a host. Whoever made it closes it.
func New(opts Options) *Host {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Host{opts: opts, modules: map[digest]*compilation{}, mounts: map[mountKey]*files.Mount{}}
}

// Close frees the engine and all code and memory. Every process must have been
// closed before. A second call does nothing.
func (h *Host) Close(ctx context.Context) error {
	h.compiling.Lock()
	defer h.compiling.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
	h.modules = nil
	h.pool.Idle.Close() // while there is what it is of
	var errs []error
	for _, engine := range h.engines {
		errs = append(errs, engine.Close(ctx))
	}
	if h.cache != nil {
		errs = append(errs, h.cache.Close(ctx))
	}
	h.pool.Close()
	for _, m := range h.mounts {
		m.Close()
	}
	return errors.Join(errs...)
}

// compilation is a binary's way to code, begun by whoever asked first.
type compilation struct {
	done   chan struct{} // closed when the others are set
	engine wazero.Runtime
	code   wazero.CompiledModule
	meter  meter.Info // of what code was compiled from
	err    error
}

// compile gives the code of a source, once for each content however many ask,
// and the engine that can run it.
func (h *Host) compile(ctx context.Context, src Source, info *module.Module, sum digest) (*compilation, error) {
	return h.compileAs(ctx, src, info, sum, meterOptions)
}

// compileAs is compile with options that sum depends on as well.
func (h *Host) compileAs(ctx context.Context, src Source, info *module.Module, sum digest, opts meter.Options) (*compilation, error) {
	for {
		h.mu.Lock()
		if h.closed {
			h.mu.Unlock()
			return nil, errClosed
		}
		c, begun := h.modules[sum]
		if !begun {
			c = &compilation{done: make(chan struct{})}
			h.modules[sum] = c
		}
		h.mu.Unlock()
		if !begun {
			h.run(ctx, c, src, info, sum, opts)
			return c, c.err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.done:
		}
		if !isCancelled(c.err) {
			return c, c.err
		}
		// Who began gave up, not we.
	}
}

func isCancelled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// run compiles, and forgets about it when ctx ended first.
func (h *Host) run(ctx context.Context, c *compilation, src Source, info *module.Module, sum digest, opts meter.Options) {
	h.compiling.Lock()
	defer h.compiling.Unlock()
	defer close(c.done)
	var err error
	if c.engine, err = h.start(); err == nil {
		err = ctx.Err()
	}
	if err == nil {
		if h.opts.Progress != nil {
			defer h.opts.Progress(src.Name, len(src.Bytes))()
		}
		err = h.rewriteAndTranslate(ctx, c, info, opts)
	}
	if c.err = err; isCancelled(err) {
		h.mu.Lock()
		delete(h.modules, sum)
		h.mu.Unlock()
	}
}

// rewriteAndTranslate compiles the metered form of a module.
func (h *Host) rewriteAndTranslate(ctx context.Context, c *compilation, info *module.Module, opts meter.Options) (err error) {
	binary, m, err := meter.Rewrite(info, opts)
	if err != nil {
		return err
	}
	c.meter = m
	engine := c.engine
	c.code, err = translate(ctx, engine, binary)
	if ofCache(err) {
		c.engine, c.code, err = h.despiteCache(ctx, binary, err)
	}
	if err == nil || isCancelled(err) || m.Straight || opts.Import != nil {
		return err
	}
	// The same mistake in what the user wrote has the user's indices.
	code, plain := translate(ctx, engine, info.Encode())
	if plain != nil && !ofCache(plain) {
		return plain
	}
	if code != nil {
		_ = code.Close(ctx) // of no use: it would not be metered
	}
	return fmt.Errorf("metered: %w", err)
}

// translate has the engine compile. A hostile binary that breaks its compiler
// is an error, not the end of the node.
func translate(ctx context.Context, engine wazero.Runtime, binary []byte) (code wazero.CompiledModule, err error) {
	defer func() {
		if r := recover(); r != nil {
			code, err = nil, fmt.Errorf("the compiler failed: %v", r)
		}
	}()
	return engine.CompileModule(experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0)), binary)
}

// start gives the engine, making it the first time. Its caller holds compiling.
func (h *Host) start() (wazero.Runtime, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errClosed
	}
	if n := len(h.engines); n > 0 {
		return h.engines[n-1], nil
	}
	config := engineConfig()
	if h.opts.CacheDir != "" {
		if cache, err := wazero.NewCompilationCacheWithDir(h.opts.CacheDir); err != nil {
			h.warn("the cache of compiled code cannot be used", err)
		} else {
			h.cache = cache
			config = config.WithCompilationCache(cache)
		}
	}
	engine, err := newEngine(config)
	if err != nil {
		return nil, err
	}
	h.engines = []wazero.Runtime{engine}
	return engine, nil
}

// ofCache tells whether an error of translate is the cache's, and says nothing
// about the binary.
func ofCache(err error) bool {
	if err == nil {
		return false
	}
	_, path := errors.AsType[*fs.PathError](err)
	_, link := errors.AsType[*os.LinkError](err)
	return path || link || strings.HasPrefix(err.Error(), "compilationcache: ") // what it could not make sense of
}

// despiteCache compiles what did not compile because of the cache. A damaged
// file in it is replaced; where that does not help the cache is not used again.
// Its caller holds compiling.
func (h *Host) despiteCache(ctx context.Context, binary []byte, why error) (wazero.Runtime, wazero.CompiledModule, error) {
	engine := h.engines[0]
	code, err := translate(ctx, engine, binary) // what could not be written is in the engine's memory
	if err != nil && h.repairCache(ctx, binary) == nil {
		if code, err = translate(ctx, engine, binary); err == nil {
			h.warn("a damaged file in the cache of compiled code was replaced", why)
			return engine, code, nil
		}
	}
	cacheless, broken := newEngine(engineConfig())
	if broken != nil {
		return nil, nil, broken
	}
	if err != nil {
		engine = cacheless
		if code, err = translate(ctx, engine, binary); err != nil {
			return nil, nil, errors.Join(err, engine.Close(ctx))
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.engines = append(h.engines, cacheless)
	h.warn("the cache of compiled code cannot be used", why)
	return engine, code, nil
}

// warn logs what is wrong with the cache.
func (h *Host) warn(message string, why error) {
	h.opts.Logger.Warn(message, "directory", h.opts.CacheDir, "error", why)
}

// repairCache compiles into an empty cache, and has the file that this makes
// take the place of the one with its name: only wazero knows how it names them.
func (h *Host) repairCache(ctx context.Context, binary []byte) error {
	dir, err := os.MkdirTemp(h.opts.CacheDir, "repair-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return err
	}
	defer cache.Close(ctx)
	engine := wazero.NewRuntimeWithConfig(context.Background(), engineConfig().WithCompilationCache(cache))
	defer engine.Close(ctx)
	if _, err := translate(ctx, engine, binary); err != nil {
		return err
	}
	files, err := fs.Glob(os.DirFS(dir), "*/*")
	for _, file := range files {
		err = errors.Join(err, os.Rename(filepath.Join(dir, file), filepath.Join(h.opts.CacheDir, file)))
	}
	return err
}

func engineConfig() wazero.RuntimeConfig {
	// Debug information costs time in proportion to what a hostile file claims.
	return wazero.NewRuntimeConfig().WithCoreFeatures(features).WithDebugInfoEnabled(false)
}
