package metrics_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"wippy/runtime"
	"wippy/runtime/metrics"
)

// A program that embeds the runtime serves the metrics in its own web server.
func ExampleHandler() {
	rt, err := runtime.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	if err := rt.Start(); err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/wippy/", http.StripPrefix("/wippy", metrics.Handler(rt)))

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest("GET", "/wippy/metrics", nil))
	body, _ := io.ReadAll(answer.Result().Body)
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, "wippy_group_processes{") {
			fmt.Print(line)
		}
	}
	// Output:
	// wippy_group_processes{group="app:processes"} 0
	// wippy_group_processes{group="app:terminal"} 0
}
