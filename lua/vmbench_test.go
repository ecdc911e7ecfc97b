package lua

import (
	"testing"

	"wippy/mailbox"
)

// BenchmarkVM is what scripts do most: how much they pay for being bounded.
func BenchmarkVM(b *testing.B) {
	for name, source := range map[string]string{
		"fib":     `local n = ... local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end for i = 1, n do fib(15) end`,
		"loop":    `local n = ... local x = 0 for i = 1, n * 1000 do x = x + i % 7 end`,
		"array":   `local n = ... for i = 1, n do local t = {} for j = 1, 500 do t[j] = j end local x = 0 for j = 1, #t do x = x + t[j] end end`,
		"records": `local n = ... for i = 1, n do local list = {} for j = 1, 50 do local r = {x = j, y = j} r.x = r.x + r.y r.z = j list[#list + 1] = r end end`,
		"map":     `local n = ... for i = 1, n do local t = {} for j = 1, 50 do t["k" .. j] = j end end`,
		"concat":  `local n = ... for i = 1, n do local s = "" for j = 1, 50 do s = s .. "x" .. j end end`,
		"strings": `local n = ... for i = 1, n do local t = {} for w in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do t[#t + 1] = w:upper():sub(1, 3) end local s = table.concat(t, ",") end`,
		"closure": `local n = ... for i = 1, n do local sum = 0 local function add(x) sum = sum + x end for j = 1, 50 do local f = function() return sum + j end add(f()) end end`,
		"objects": `local n = ... local C = {} C.__index = C function C:inc() self.n = self.n + 1 end local o = setmetatable({n = 0}, C) for i = 1, n * 100 do o:inc() end`,
		"compare": `local n = ... local x = 0 for i = 1, n * 100 do if i == 7 then x = 1 elseif i < 3 then x = 2 elseif "a" == "b" then x = 3 elseif i ~= nil then x = 4 end end`,
	} {
		b.Run(name, func(b *testing.B) {
			ctx := newFake()
			ctx.deadline = ctx.deadline.Add(1 << 40)
			p := startProgram(b, ctx, compiled(b, source), mailbox.Float(float64(b.N)))
			b.ReportAllocs()
			b.ResetTimer()
			if result, _ := p.Step(ctx); result.Err != nil {
				b.Fatal(result.Err)
			}
		})
	}
}
