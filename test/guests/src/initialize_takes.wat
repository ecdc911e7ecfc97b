;; An _initialize of a type that nobody can call.
(module
  (func (export "_initialize") (param i32))
  (func (export "run") (result i32) (i32.const 1)))
