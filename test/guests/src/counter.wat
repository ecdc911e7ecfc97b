;; State in a global and in memory: a new process must see neither.
(module
  (memory 1)
  (global $n (mut i32) (i32.const 0))
  (func (export "count") (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
    (i32.add (i32.mul (global.get $n) (i32.const 100)) (i32.load (i32.const 16)))))
