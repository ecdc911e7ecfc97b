package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wippy/runtime"
	"wippy/runtime/process"
)

// What a guest moves through files and standard streams, as a ratio of what a
// program of the host's takes for the same in the same run, which has nothing
// between it and the system. The file is in the system's memory.

const (
	bigFile = 16 << 20 // bytes of the file that is read, and of the one that is written
	portion = 64 << 20 // bytes that one turn moves
)

// throughput has a guest move blocks of so many bytes, and a function of Go's as
// many, by turns: the median of how many times as long the guest takes.
func throughput(entry string, block int, native func(dir string, blocks, block int) error) func(*testing.B) {
	return func(b *testing.B) {
		rt := start(b)
		dir := rt.App().Dir
		write(b, filepath.Join(dir, "big"), bytes.Repeat([]byte("0123456789abcdef"), bigFile/16))
		blocks := portion / block
		args := []any{blocks, block, bigFile / block}
		if entry == "p1_reads" || entry == "component_reads" || entry == "component_stream_reads" {
			args = args[:2]
		}
		guest := func() time.Duration {
			begun := time.Now()
			if got := run(b, rt, entry, args...); got[0].Float() != float64(block) {
				b.Fatal("the last block has another size", got)
			}
			return time.Since(begun)
		}
		host := func() time.Duration {
			begun := time.Now()
			if err := native(dir, blocks, block); err != nil {
				b.Fatal(err)
			}
			return time.Since(begun)
		}
		guest() // what is made once is there
		host()
		var ratios, rates []float64
		for range b.N {
			ours, theirs := guest(), host()
			ratios = append(ratios, float64(ours)/float64(theirs))
			rates = append(rates, portion/1e6/ours.Seconds())
		}
		b.ReportMetric(median(rates), "MB/s")
		b.ReportMetric(median(ratios), "of-native")
	}
}

// nativeReads is what the guests do, in Go.
func nativeReads(dir string, blocks, block int) error {
	f, err := os.Open(filepath.Join(dir, "big"))
	if err != nil {
		return err
	}
	defer f.Close()
	p := make([]byte, block)
	for i := 0; i < blocks; {
		n, err := f.Read(p)
		switch {
		case err == io.EOF:
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				return err
			}
		case err != nil:
			return err
		case n > 0:
			i++
		}
	}
	return nil
}

func nativeWrites(dir string, blocks, block int) error {
	f, err := os.OpenFile(filepath.Join(dir, "out"), os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	p := make([]byte, block)
	for i := range blocks {
		if _, err := f.WriteAt(p, int64(i%(bigFile/block)*block)); err != nil {
			return err
		}
	}
	return nil
}

// standardStreams has a guest copy its standard input to its standard output,
// each a pipe of the system's, and Go do the same with two others.
func standardStreams(b *testing.B) {
	// through has copies copy a portion from one pipe to another.
	through := func(prepare func(in, out *os.File) (copies func() error, stop func())) time.Duration {
		var files [4]*os.File
		for i := 0; i < len(files); i += 2 {
			r, w, err := os.Pipe()
			if err != nil {
				b.Fatal(err)
			}
			files[i], files[i+1] = r, w
		}
		copies, stop := prepare(files[0], files[3])
		defer stop()
		begun := time.Now()
		go func() {
			p := make([]byte, 64<<10)
			for range portion / len(p) {
				if _, err := files[1].Write(p); err != nil {
					return
				}
			}
			files[1].Close()
		}()
		taken := make(chan int64)
		go func() {
			n, _ := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{files[2]}, make([]byte, 64<<10))
			taken <- n
		}()
		err := copies()
		files[3].Close()
		if n := <-taken; err != nil || n != portion {
			b.Fatal(n, "bytes came through", err)
		}
		took := time.Since(begun)
		for _, f := range files {
			f.Close()
		}
		return took
	}
	guest := func(in, out *os.File) (func() error, func()) {
		rt, stop := open(b, runtime.WithTerminal(&process.Terminal{Stdin: in, Stdout: out, Stderr: io.Discard}))
		return func() error {
			_, err := rt.Run(context.Background(), "bench:p1_copies", "bench:terminal")
			return err
		}, stop
	}
	host := func(in, out *os.File) (func() error, func()) {
		return func() error {
			_, err := io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, make([]byte, 64<<10))
			return err
		}, func() {}
	}
	var ratios, rates []float64
	for range b.N {
		ours, theirs := through(guest), through(host)
		ratios = append(ratios, float64(ours)/float64(theirs))
		rates = append(rates, portion/1e6/ours.Seconds())
	}
	b.ReportMetric(median(rates), "MB/s")
	b.ReportMetric(median(ratios), "of-native")
}
