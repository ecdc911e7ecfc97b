;; Recursion that is left in every way, as often as one likes: none of it may
;; use up the stack.
(module
  (type $down (func (param i32)))
  (table 4 funcref)
  (elem (i32.const 0) $ends $returns $branches $tails)

  ;; calls a way of leaving, so many times, each so many calls deep
  (func (export "repeat") (param $way i32) (param $times i32) (param $depth i32)
    (loop $l
      (call_indirect (type $down) (local.get $depth) (local.get $way))
      (br_if $l (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))

  (func $ends (param i32)
    (if (local.get 0) (then (call $ends (i32.sub (local.get 0) (i32.const 1))))))
  (func $returns (param i32)
    (if (i32.eqz (local.get 0)) (then (return)))
    (loop (call $returns (i32.sub (local.get 0) (i32.const 1))) (return)))
  (func $branches (param i32)
    (block (loop
      (if (i32.eqz (local.get 0)) (then (br 3)))
      (call $branches (i32.sub (local.get 0) (i32.const 1)))
      (br_table 0 1 2 2 (i32.const 3)))))
  (func $tails (param i32)
    (if (local.get 0) (then (call $ends (local.get 0)) (return_call $tails (i32.sub (local.get 0) (i32.const 1))))))

  ;; how deep can it go? It says, by the depth that it came to in the end
  (global $deepest (export "deepest") (mut i32) (i32.const 0))
  (func $small (export "small")
    (global.set $deepest (i32.add (global.get $deepest) (i32.const 1)))
    (call $small)
    (global.set $deepest (i32.sub (global.get $deepest) (i32.const 1))))
  (func $big (export "big") (param v128 v128 v128 v128) (result v128) (local i64 i64 i64 i64 i64 i64 i64 i64)
    (global.set $deepest (i32.add (global.get $deepest) (i32.const 1)))
    (call $big (local.get 0) (local.get 1) (local.get 2) (local.get 3))
    (i32x4.add (local.get 0) (local.get 1)) i32x4.add
    (i32x4.add (local.get 2) (local.get 3)) i32x4.add))
