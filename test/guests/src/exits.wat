;; Ends its process from its start function, _initialize or method.
(module
  (import "wippy:process/process@0.1.0" "exit" (func $exit (param i32 i32)))
  (memory (export "memory") 1)
  ;; a value: integer 42
  (data (i32.const 16) "\02\00\00\00\00\00\00\00\2a\00\00\00\00\00\00\00")
  (func $leave
    (call $exit (i32.const 16) (i32.const 1))
    unreachable)
  (func (export "_initialize") (call $leave))
  (func (export "_start") (call $leave))
  (func (export "run") unreachable))
