;; A reactor whose _initialize fails.
(module
  (func $initialize (export "_initialize") unreachable)
  (func (export "run") (result i32) (i32.const 1)))
