//go:build wasip1

// Command gocmd is a Go program for WASI preview 1: it prints its arguments and
// a variable, copies its input, reads and writes below /data if there is one,
// and sleeps in several goroutines. Its exit code is its last argument.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

func main() {
	fmt.Println(len(os.Args), os.Args, os.Getenv("GREETING"))
	input, err := io.ReadAll(os.Stdin)
	fmt.Printf("%q %v\n", input, err)
	var sleeping sync.WaitGroup
	began := time.Now()
	for range 10 {
		sleeping.Go(func() { time.Sleep(20 * time.Millisecond) })
	}
	sleeping.Wait()
	fmt.Println("slept", time.Since(began) >= 20*time.Millisecond)
	if err := files(); err != nil {
		fmt.Println(err)
	}
	if len(os.Args) > 1 {
		code, _ := strconv.Atoi(os.Args[len(os.Args)-1])
		os.Exit(code)
	}
}

func files() error {
	if err := os.MkdirAll("/data/a/b", 0o777); err != nil {
		return err
	}
	if err := os.WriteFile("/data/a/b/f", []byte("content"), 0o666); err != nil {
		return err
	}
	if err := os.Rename("/data/a/b/f", "/data/a/g"); err != nil {
		return err
	}
	content, err := os.ReadFile("/data/a/g")
	if err != nil {
		return err
	}
	entries, err := os.ReadDir("/data/a")
	fmt.Println(string(content), entries)
	_, outside := os.ReadFile("/data/../etc/passwd")
	fmt.Println("outside:", outside != nil)
	return err
}
