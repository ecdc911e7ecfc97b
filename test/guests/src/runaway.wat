;; What never ends, in every way that wasm knows, and what takes long at once.
(module
  (type $none (func))
  (memory (export "memory") 1 1100)
  (table $t 8 funcref)
  (elem (i32.const 0) $indirect $tail_indirect $ping)

  (func (export "loop") (loop $l (br $l)))
  (func (export "loop_if") (loop $l (br_if $l (i32.const 1))))
  (func (export "loop_table") (loop $l (block (br_table 0 $l (i32.const 1)))))
  (func (export "loop_parameter") (i32.const 0) (loop $l (param i32) (br $l)))
  (func (export "loop_result") (result i32) (loop $l (result i32) (br $l)))
  (func (export "loop_outer")
    (loop $outer (loop $inner (block (br_if 0 (i32.const 0)) (br $outer)))))
  (func (export "loop_of_calls") (loop $l (call $leaf) (br $l)))
  (func $leaf)

  (func $direct (export "direct") (call $direct))
  (func $ping (export "mutual") (call $pong))
  (func $pong (call $ping))
  (func $indirect (export "indirect") (call_indirect (type $none) (i32.const 0)))
  (func $large (export "large") (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 v128 v128 v128 v128 v128 v128)
    (call $large))
  (func $twice (export "twice") (call $twice) (call $twice)) ;; as wide as it is deep

  (func $tail (export "tail") (return_call $tail))
  (func $tail_ping (export "tail_mutual") (return_call $tail_pong))
  (func $tail_pong (return_call $tail_ping))
  (func $tail_indirect (export "tail_indirect") (return_call_indirect (type $none) (i32.const 1)))
  ;; recursion that comes back from a call before it goes on
  (func $tail_after (export "tail_after") (call $some (i32.const 50)) (return_call $tail_after))
  (func $some (param i32)
    (if (local.get 0) (then (call $some (i32.sub (local.get 0) (i32.const 1))))))

  (func (export "fill") (drop (memory.grow (i32.const 1023)))
    (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000)) (br $l)))
  (func (export "copy") (drop (memory.grow (i32.const 1023)))
    (loop $l (memory.copy (i32.const 0) (i32.const 1) (i32.const 0x3ffffff)) (br $l)))
  (func (export "grow") (loop $l (drop (memory.grow (i32.const 0))) (br $l)))
  (func (export "table_fill") (drop (table.grow $t (ref.null func) (i32.const 500000)))
    (loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 500000)) (br $l)))

  ;; no loop and no recursion, and 2 to the 60 calls
  (func (export "calls") (call $c1) (call $c1))
  (func $c1 (call $c2) (call $c2) (call $c2) (call $c2) (call $c2) (call $c2) (call $c2) (call $c2))
  (func $c2 (call $c3) (call $c3) (call $c3) (call $c3) (call $c3) (call $c3) (call $c3) (call $c3))
  (func $c3 (call $c4) (call $c4) (call $c4) (call $c4) (call $c4) (call $c4) (call $c4) (call $c4))
  (func $c4 (call $c5) (call $c5) (call $c5) (call $c5) (call $c5) (call $c5) (call $c5) (call $c5))
  (func $c5 (call $c6) (call $c6) (call $c6) (call $c6) (call $c6) (call $c6) (call $c6) (call $c6))
  (func $c6 (call $c7) (call $c7) (call $c7) (call $c7) (call $c7) (call $c7) (call $c7) (call $c7))
  (func $c7 (call $c8) (call $c8) (call $c8) (call $c8) (call $c8) (call $c8) (call $c8) (call $c8))
  (func $c8 (call $c9) (call $c9) (call $c9) (call $c9) (call $c9) (call $c9) (call $c9) (call $c9))
  (func $c9 (call $leaf) (call $leaf) (call $leaf) (call $leaf) (call $leaf) (call $leaf)))
