// Package library is the embedded Lua library: what require finds in every
// script where nothing else has that name. Each module is one Lua file, whose
// comments document it for people and editors.
//
//   - inspect shows any value as text.
//   - map is a map that takes no more room than it holds.
//   - pool is a bounded number of workers for many jobs.
//   - server is a process that keeps a state and answers calls.
//   - supervisor starts supervisors and asks those that run.
//   - task is a call that runs beside its caller.
//
// What is in internal serves these alone.
package library

import "embed"

// FS holds the modules: a/b.lua is the module a.b.
//
//go:embed *.lua internal/*.lua
var FS embed.FS
