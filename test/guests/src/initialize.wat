;; A reactor: _initialize must have run once, before the method.
(module
  (global $runs (mut i32) (i32.const 0))
  (func $initialize (export "_initialize") (global.set $runs (i32.add (global.get $runs) (i32.const 1))))
  (func (export "runs") (result i32) (global.get $runs))
  (func (export "_start") (if (global.get $runs) (then unreachable))))
