// Package library is the embedded Lua library: what require finds in every
// script where nothing else has that name. Each module is one Lua file, whose
// comments document it for people and editors.
//
//   - inspect shows any value as text.
//   - supervisor starts supervisors and asks those that run.
package library

import "embed"

// FS holds the modules: a/b.lua is the module a.b.
//
//go:embed *.lua
var FS embed.FS
