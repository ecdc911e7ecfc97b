;; Exports that are no functions, beside two that are.
(module
  (memory (export "memory") 1 3)
  (table (export "table") 1 funcref)
  (global (export "base") i32 (i32.const 1024))
  (func (export "run") (result i32) (i32.const 1))
  (func (export "stop")))
