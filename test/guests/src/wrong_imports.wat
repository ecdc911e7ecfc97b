;; Imports of wippy:process that do not fit.
(module
  (import "wippy:process/process@0.1.0" "send" (func (param i32 i32) (result i32)))
  (import "wippy:process/process@0.1.0" "recieve" (func (param i32 i64 i32)))
  (import "wippy:process/process@0.1.0" "self" (func (param i32)))
  (import "wippy:process/process@0.1.0" "state" (global i32))
  (import "wippy:process" "self" (func (param i32)))
  (func (export "run")))
