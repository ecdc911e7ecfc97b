;; Calls linked_c a hundred thousand times.
(module
  (import "c" "call" (func $call))
  (import "c" "tail" (func $tail))
  (import "c" "large tail" (func $large))
  (func (export "call") (local $n i32)
    (loop $again
      (call $call)
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100000)))))
  (func (export "tail") (local $n i32)
    (loop $again
      (call $tail)
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100000)))))
  (func (export "large tail") (local $n i32)
    (loop $again
      (call $large)
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100000))))))
