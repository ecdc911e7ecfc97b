;; A start section, which runs at instantiation.
(module
  (global $started (mut i32) (i32.const 0))
  (func $init (global.set $started (i32.const 7)))
  (start $init)
  (func (export "started") (result i32) (global.get $started)))
