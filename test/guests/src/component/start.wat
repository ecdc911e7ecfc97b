;; Core modules with start functions, in the order of instantiation: each calls
;; what was made before, the last through the host.
(component $start
  (component $Log
    (core module $M
      (global $log (mut i32) (i32.const 0))
      (func (export "log") (param i32)
        (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (local.get 0))))
      (func (export "get") (result i32) (global.get $log)))
    (core instance $m (instantiate $M))
    (func (export "log") (param "n" u32) (canon lift (core func $m "log")))
    (func (export "get") (result u32) (canon lift (core func $m "get"))))
  (instance $log (instantiate $Log))
  (component $User
    (import "log" (func $log (param "n" u32)))
    (core func $log' (canon lower (func $log)))
    (core module $First
      (import "" "log" (func $log (param i32)))
      (memory (export "mem") 1)
      (func (export "twice") (param i32) (call $log (local.get 0)) (call $log (local.get 0)))
      (func $begin (call $log (i32.const 1)))
      (start $begin))
    (core instance $first (instantiate $First (with "" (instance (export "log" (func $log'))))))
    (core module $Second
      (import "first" "twice" (func $twice (param i32)))
      (import "first" "mem" (memory 1))
      (func $begin
        (local $i i32)
        (i32.store (i32.const 100) (i32.const 3))
        (loop $again
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const 10))))
        (call $twice (i32.const 2)))
      (start $begin))
    (core instance (instantiate $Second (with "first" (instance $first))))
    (core module $Third
      (import "first" "mem" (memory 1))
      (import "" "log" (func $log (param i32)))
      (func $begin (call $log (i32.load (i32.const 100))))
      (start $begin))
    (core instance (instantiate $Third (with "first" (instance $first)) (with "" (instance (export "log" (func $log')))))))
  (instance (instantiate $User (with "log" (func $log "log"))))
  (export "get" (func $log "get")))
