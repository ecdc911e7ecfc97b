;; Calls its one import, from a function below its export.
(module
  (import "env" "call" (func $call))
  (func $inner (call $call))
  (func (export "run") (call $inner)))
