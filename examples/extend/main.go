// Command extend embeds the runtime in a Go program and gives its Lua scripts
// two modules written in Go:
//
//	go run ./examples/extend
//
// "weather" is a Go value: its methods run on the I/O pool, so that a script
// that waits for one is suspended and holds no worker. "stats" is written
// against gopher-lua and waits through the process's context itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	glua "github.com/yuin/gopher-lua"

	"wippy/luamod"
	"wippy/mailbox"
	"wippy/runtime"
	"wippy/runtime/process"
)

// Weather is a client of some slow service.
type Weather struct{ readings map[string]float64 }

// Temperature is weather.temperature(city) in Lua: a number, or nil and an
// error. ctx is cancelled when the calling process is killed.
func (w *Weather) Temperature(ctx context.Context, city string) (float64, error) {
	select {
	case <-time.After(20 * time.Millisecond): // the network
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	t, ok := w.readings[city]
	if !ok {
		return 0, mailbox.Errorf(mailbox.NotFound, "no weather station in %s", city)
	}
	return t, nil
}

// average is stats.average(...) in Lua.
func average(L *glua.LState) int {
	var sum float64
	n := L.GetTop()
	for i := 1; i <= n; i++ {
		sum += float64(L.CheckNumber(i))
	}
	// What takes long or blocks goes into Await: only this process is suspended.
	err := luamod.Await(L, func(ctx context.Context) error {
		if n == 0 {
			return errors.New("nothing to average")
		}
		return nil
	})
	if err != nil {
		L.RaiseError("stats.average: %s", err.Error())
	}
	L.Push(glua.LNumber(sum / float64(n)))
	return 1
}

const script = `
local weather, stats = require("weather"), require("stats")
local all = {}
for _, city in ipairs{"Oslo", "Lima", "Atlantis"} do
  local t, err = weather.temperature(city)
  if t then
    print(city, t)
    all[#all + 1] = t
  else
    print(city, err:kind() .. ": " .. err:message())
  end
end
return stats.average(unpack(all))
`

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "extend:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	rt, err := runtime.New(
		runtime.WithModule(luamod.Bind("weather", &Weather{map[string]float64{"Oslo": -3, "Lima": 19}})),
		runtime.WithModule(luamod.Functions("stats", "", map[string]glua.LGFunction{"average": average})),
		runtime.WithTerminal(&process.Terminal{Stdout: out, Stderr: out}),
	)
	if err != nil {
		return err
	}
	defer rt.Close()
	if err := rt.Start(); err != nil {
		return err
	}
	defer rt.Stop(ctx, "the example is over", time.Second)
	prog, err := rt.CompileScript("weather.lua", []byte(script), nil)
	if err != nil {
		return err
	}
	p, err := rt.SpawnProgram(ctx, prog, "weather.lua", rt.Terminal())
	if err != nil {
		return err
	}
	exit := p.Exit()
	if exit.Err != nil {
		return exit.Err
	}
	_, err = fmt.Fprintf(out, "average %v\n", exit.Values[0].Any())
	return err
}
