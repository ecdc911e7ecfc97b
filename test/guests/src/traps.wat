;; Every way to trap, behind calls with names.
(module
  (memory 1)
  (type $nullary (func))
  (table 2 2 funcref)
  (func $takes_one (param i32))
  (elem (i32.const 0) $takes_one)

  (func $boom unreachable)
  (func $middle (param $n i32) (result i32) (call $boom) (local.get $n))
  (func $outer (export "unreachable") (result i32) (call $middle (i32.const 1)))

  (func $divide (export "divide") (param $a i32) (param $b i32) (result i32)
    (i32.div_s (local.get $a) (local.get $b)))
  (func $load (export "load") (param $at i32) (result i32) (i32.load (local.get $at)))
  (func $truncate (export "truncate") (param $x f64) (result i32) (i32.trunc_f64_s (local.get $x)))
  (func $wrong_type (export "wrong_type") (call_indirect (type $nullary) (i32.const 0)))
  (func $no_element (export "no_element") (call_indirect (type $nullary) (i32.const 1)))
  (func $recurse (export "recurse") (param $n i64) (result i64)
    (i64.add (i64.const 1) (call $recurse (i64.add (local.get $n) (i64.const 1))))))
