;; One core module, instantiated many times: one compilation.
(component $many
  (core module $M
    (global $n (mut i32) (i32.const 0))
    (func (export "bump") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (global.get $n)))
  (core instance $a (instantiate $M))
  (core instance $b (instantiate $M))
  (component $Inner
    (alias outer $many $M (core module $M))
    (core module $Through
      (import "m" "bump" (func $bump (result i32)))
      (func (export "bump") (result i32) (call $bump)))
    (core instance $m (instantiate $M))
    (core instance $t (instantiate $Through (with "m" (instance $m))))
    (func (export "bump") (result u32) (canon lift (core func $t "bump"))))
  (instance $c (instantiate $Inner))
  (instance $d (instantiate $Inner))
  (instance $e (instantiate $Inner))
  (func (export "a") (result u32) (canon lift (core func $a "bump")))
  (func (export "b") (result u32) (canon lift (core func $b "bump")))
  (export "c" (func $c "bump"))
  (export "d" (func $d "bump"))
  (export "e" (func $e "bump")))
