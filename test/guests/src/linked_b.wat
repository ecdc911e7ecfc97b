;; The other half of linked_a.
(module
  (import "a" "table" (table 1 funcref))
  (import "a" "g" (func $g))
  (elem (i32.const 0) $f)
  (func $f (export "f") (call $g)))
