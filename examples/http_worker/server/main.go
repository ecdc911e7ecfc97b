// Command server is a small API for the example, and runs a command that uses it:
//
//	go run ./examples/http_worker/server go run ./cmd/wippy --app examples/http_worker run fetch
//
// The command finds it by the variable API_URL, and its exit code is the
// server's. Without a command it serves until it is interrupted.
package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		code = 1
	}
	os.Exit(code)
}

func run(command []string) (code int, err error) {
	address := "127.0.0.1:0"
	if len(command) == 0 {
		address = "127.0.0.1:8080"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return 0, err
	}
	url := "http://" + listener.Addr().String()
	if len(command) == 0 {
		fmt.Printf("API_URL=%s\n", url)
		return 0, http.Serve(listener, api())
	}
	go http.Serve(listener, api()) // until the program ends
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "API_URL="+url)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// api knows some fruits, and has no time for the first who asks for plums.
func api() http.Handler {
	fruits := map[string]string{"apple": "red", "pear": "green", "plum": "blue"}
	var plums atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fruits/{name}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		color, ok := fruits[name]
		switch {
		case !ok:
			http.NotFound(w, r)
		case name == "plum" && plums.Add(1) == 1:
			http.Error(w, "later", http.StatusServiceUnavailable)
		default:
			w.Header().Set("content-type", "application/json")
			fmt.Fprintf(w, `{"name": %q, "color": %q}`, name, color)
		}
	})
	return mux
}
