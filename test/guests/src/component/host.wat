;; A component that the host provides an interface to, of which the functions
;; it uses count, and another of which it only uses a type.
(component
  (import "test:host/types@0.2.3" (instance $types
    (export "thing" (type (sub resource)))
    (export "unused" (func (result u32)))))
  (alias export $types "thing" (type $thing))
  (import "test:host/things@0.2.3" (instance $things
    (alias outer 1 $thing (type $outer))
    (export "thing" (type $thing (eq $outer)))
    (export "make" (func (param "n" u32) (result (own $thing))))
    (export "look" (func (param "t" (borrow $thing)) (result u32)))))
  (core func $make (canon lower (func $things "make")))
  (core func $look (canon lower (func $things "look")))
  (core func $drop (canon resource.drop $thing))
  (core module $M
    (import "" "make" (func $make (param i32) (result i32)))
    (import "" "look" (func $look (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (global $kept (mut i32) (i32.const 0))
    (func (export "run") (param $n i32) (result i32)
      (local $t i32) (local $got i32)
      (local.set $t (call $make (local.get $n)))
      (local.set $got (call $look (local.get $t)))
      (call $drop (local.get $t))
      (local.get $got))
    (func (export "keep") (param $n i32) (global.set $kept (call $make (local.get $n)))))
  (core instance $m (instantiate $M (with "" (instance
    (export "make" (func $make)) (export "look" (func $look)) (export "drop" (func $drop))))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $m "run")))
  (func (export "keep") (param "n" u32) (canon lift (core func $m "keep"))))
