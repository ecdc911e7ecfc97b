;; The first program's worker: one function, nothing else.
(module
  (func $compute (export "compute") (param $a i32) (param $b i32) (result i32)
    (i32.mul (local.get $a) (local.get $b))))
