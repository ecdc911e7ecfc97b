;; Components in a row, each of which turns a loop and calls the next.
(component $chain
  (core module $Code
    (import "" "next" (func $next (param i32)))
    (func (export "run") (param $n i32) (local $i i32)
      (local.set $i (local.get $n))
      (loop $again
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (br_if $again (local.get $i)))
      (call $next (local.get $n))))
  (component $Last
    (core module $M (func (export "run") (param i32)))
    (core instance $m (instantiate $M))
    (func (export "run") (param "n" u32) (canon lift (core func $m "run"))))
  (component $Link
    (import "next" (func $next (param "n" u32)))
    (alias outer $chain $Code (core module $Code))
    (core func $next' (canon lower (func $next)))
    (core instance $m (instantiate $Code (with "" (instance (export "next" (func $next'))))))
    (func (export "run") (param "n" u32) (canon lift (core func $m "run"))))
  (instance $c0 (instantiate $Last))
  (instance $c1 (instantiate $Link (with "next" (func $c0 "run"))))
  (instance $c2 (instantiate $Link (with "next" (func $c1 "run"))))
  (instance $c3 (instantiate $Link (with "next" (func $c2 "run"))))
  (instance $c4 (instantiate $Link (with "next" (func $c3 "run"))))
  (instance $c5 (instantiate $Link (with "next" (func $c4 "run"))))
  (instance $c6 (instantiate $Link (with "next" (func $c5 "run"))))
  (instance $c7 (instantiate $Link (with "next" (func $c6 "run"))))
  (export "run" (func $c7 "run")))
