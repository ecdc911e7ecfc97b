;; Calls that come back: of a component and one that contains it, and through
;; the host.
(component
  (import "back" (func $back (param "n" u32) (result u32)))
  (component $Inner
    (import "up" (func $up))
    (core module $M
      (import "" "up" (func $up))
      (func (export "run") (call $up))
      (func (export "nothing")))
    (core func $up' (canon lower (func $up)))
    (core instance $m (instantiate $M (with "" (instance (export "up" (func $up'))))))
    (func (export "up") (canon lift (core func $m "run")))
    (func (export "nothing") (canon lift (core func $m "nothing"))))
  (core module $M
    (func (export "nothing")))
  (core instance $m (instantiate $M))
  (func $nothing (canon lift (core func $m "nothing")))
  (instance $inner (instantiate $Inner (with "up" (func $nothing))))
  (core func $down (canon lower (func $inner "nothing")))
  (core func $back' (canon lower (func $back)))
  (core module $N
    (import "" "down" (func $down))
    (import "" "back" (func $back (param i32) (result i32)))
    (func (export "down") (call $down))
    (func (export "back") (param i32) (result i32) (call $back (local.get 0))))
  (core instance $n (instantiate $N (with "" (instance (export "down" (func $down)) (export "back" (func $back'))))))
  (export "up" (func $inner "up"))
  (func (export "down") (canon lift (core func $n "down")))
  (func (export "back") (param "n" u32) (result u32) (canon lift (core func $n "back"))))
