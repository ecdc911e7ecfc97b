package lua

import (
	"maps"
	"math"

	glua "github.com/yuin/gopher-lua"
)

// library is a table of the standard library: SPEC section 3's whitelist.
type library struct {
	names  []string // sorted
	values []glua.LValue
}

func newLibrary(entries map[string]glua.LValue) library {
	lib := library{names: sortedKeys(entries)}
	for _, name := range lib.names {
		lib.values = append(lib.values, entries[name])
	}
	return lib
}

// open makes a process's own table of the library. The functions are shared.
func (lib library) open(L *glua.LState) *glua.LTable {
	t := L.CreateTable(0, len(lib.names))
	for i, name := range lib.names {
		t.RawSetString(name, lib.values[i])
	}
	return t
}

// stockEnv is the environment of gopher-lua's own functions.
var stockEnv = sharedTable()

// stock gives the functions of gopher-lua's own library by library and name.
var stock = func() func(library, name string) *glua.LFunction {
	L := glua.NewState()
	return func(library, name string) *glua.LFunction {
		fn := L.GetField(L.GetGlobal(library), name).(*glua.LFunction)
		fn.Env = stockEnv
		return fn
	}
}()

// stockGo is stock for a function that one of ours calls.
func stockGo(library, name string) glua.LGFunction { return stock(library, name).GFunction }

// baseFunctions are the functions among the globals. Stock are those that
// neither call Lua, nor touch the outside, nor grow beyond bounds.
var baseFunctions = entries("_G",
	[]string{"getfenv", "ipairs", "rawequal", "select", "setfenv", "tostring", "type"},
	map[string]glua.LGFunction{
		"assert":         baseAssert,
		"collectgarbage": baseCollectGarbage,
		"error":          baseError,
		"getmetatable":   baseGetMetatable,
		"int64":          baseInt64,
		"load":           baseLoad,
		"loadstring":     baseLoadString,
		"next":           baseNext,
		"pairs":          basePairs,
		"pcall":          basePCall,
		"print":          basePrint,
		"rawget":         baseRawGet,
		"rawset":         baseRawSet,
		"require":        baseRequire,
		"setmetatable":   baseSetMetatable,
		"tonumber":       baseToNumber,
		"uint64":         baseUint64,
		"unpack":         baseUnpack,
		"xpcall":         baseXPCall,
	})

// libraries are the tables among the globals.
var libraries = map[string]library{
	"coroutine": newLibrary(entries("coroutine", nil, map[string]glua.LGFunction{
		"create":  coroutineCreate,
		"resume":  coroutineResume,
		"running": coroutineRunning,
		"status":  coroutineStatus,
		"wrap":    coroutineWrap,
		"yield":   coroutineYield,
	})),
	"io": newLibrary(entries("io", nil, map[string]glua.LGFunction{
		"lines": ioLines,
		"read":  ioRead,
		"write": ioWrite,
	})),
	"math": newLibrary(withConstants(entries("math",
		[]string{
			"abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod", "frexp", "ldexp",
			"log", "log10", "max", "min", "mod", "modf", "pow", "rad", "sin", "sinh", "sqrt", "tan", "tanh",
		},
		map[string]glua.LGFunction{
			"random":     mathRandom,
			"randomseed": mathRandomSeed,
		}), map[string]glua.LValue{"pi": glua.LNumber(math.Pi), "huge": glua.LNumber(math.Inf(1))})),
	"os": newLibrary(entries("os", nil, map[string]glua.LGFunction{
		"clock":    osClock,
		"date":     osDate,
		"difftime": osDiffTime,
		"time":     osTime,
	})),
	"string": newLibrary(entries("string",
		[]string{"len"},
		map[string]glua.LGFunction{
			"byte":    stringByte,
			"char":    stringChar,
			"find":    stringFind,
			"format":  stringFormat,
			"gfind":   stringGmatch, // its name in Lua 5.0
			"gmatch":  stringGmatch,
			"gsub":    stringGsub,
			"lower":   stringLower,
			"match":   stringMatch,
			"rep":     stringRep,
			"reverse": stringReverse,
			"sub":     stringSub,
			"upper":   stringUpper,
		})),
	"table": newLibrary(entries("table",
		[]string{"getn"},
		map[string]glua.LGFunction{
			"concat": tableConcat,
			"insert": tableInsert,
			"maxn":   tableMaxN,
			"remove": tableRemove,
			"sort":   tableSort,
		})),
}

// entries are functions by name: some of gopher-lua's own, the rest ours.
func entries(library string, fromStock []string, own map[string]glua.LGFunction) map[string]glua.LValue {
	all := make(map[string]glua.LValue, len(fromStock)+len(own))
	for _, name := range fromStock {
		all[name] = stock(library, name)
		if library == "math" {
			all[name] = shared(numeric(stockGo(library, name)))
		}
	}
	for name, fn := range own {
		all[name] = shared(fn)
	}
	return all
}

// numeric makes a function of numbers refuse texts that are too long for one.
func numeric(fn glua.LGFunction) glua.LGFunction {
	return func(L *glua.LState) int {
		for i := range L.GetTop() {
			refuseNumeral(L, i+1)
		}
		return fn(L)
	}
}

func withConstants(all, constants map[string]glua.LValue) map[string]glua.LValue {
	maps.Copy(all, constants)
	return all
}
