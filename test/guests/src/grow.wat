;; A memory of one page that grows without a maximum of its own.
(module
  (memory (export "memory") 1)
  (func $grow (export "grow") (param $pages i32) (result i32) (memory.grow (local.get $pages)))
  (func $must_grow (export "must_grow") (param $pages i32) (result i32)
    (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then unreachable))
    (i32.store (i32.const 65536) (i32.const 42))
    (i32.load (i32.const 65536))))
