package runtime

import "wippy/config"

// mayReadSecret tells whether an entry was granted an env.variable that is
// secret. A Lua entry has no way to be granted one; wasm entries get theirs
// through wasi.env.
func (rt *Runtime) mayReadSecret(entry, variable config.ID) bool { return false }
