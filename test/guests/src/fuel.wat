;; Functions whose units are known: see the test that counts them.
(module
  (memory (export "memory") 40 60)
  (table $t (export "table") 10 funcref)
  (data $d "0123456789")
  (func $leaf)
  (func $caller (call $leaf))

  (func (export "nothing"))
  (func (export "calls_leaf") (call $leaf)) ;; itself
  (func (export "calls_caller") (call $caller) (call $caller)) ;; itself and two
  (func (export "loop_that_does_not") (loop))
  (func (export "turns") (param i32) ;; as many
    (loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0))))
  (func (export "turns_squared") (param i32) (local i32)
    (local.set 1 (local.get 0))
    (loop $outer
      (local.set 1 (local.get 0))
      (loop $inner (br_if $inner (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (br_if $outer (i32.ne (global.get $n) (local.get 0)))))
  (global $n (mut i32) (i32.const 0))
  (func (export "turns_with_parameter") (param i32) (result i32)
    (local.get 0)
    (loop $l (param i32) (result i32)
      (local.tee 0 (i32.sub (i32.const 1)))
      (br_if $l (local.get 0))))
  (func $down (export "recursion") (param i32) ;; one more
    (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
  (func $tail (export "tail") (param i32)
    (if (local.get 0) (then (return_call $tail (i32.sub (local.get 0) (i32.const 1))))))

  (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "fill_constant") (memory.fill (i32.const 0) (i32.const 1) (i32.const 640)))
  (func (export "copy") (param i32) (memory.copy (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "init") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 10)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "table_grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
  (func (export "table_fill") (param i32) (table.fill $t (i32.const 0) (ref.null func) (local.get 0))))
