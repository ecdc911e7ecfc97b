;; What tools make: a module whose imports need its own memory, so that they are
;; put into a table afterwards. Here its allocator calls one of them, and is
;; called for the result while it runs.
(component
  (import "twice" (func $twice (param "n" u32) (result u32)))
  (component $Giver
    (core module $M
      (memory (export "mem") 1)
      (data (i32.const 100) "six by nine")
      (func (export "give") (result i32)
        (i32.store (i32.const 0) (i32.const 100))
        (i32.store (i32.const 4) (i32.const 11))
        (i32.const 0)))
    (core instance $m (instantiate $M))
    (alias core export $m "mem" (core memory $mem))
    (func (export "give") (result string) (canon lift (core func $m "give") (memory $mem))))
  (instance $giver (instantiate $Giver))
  (component $User
    (import "give" (func $give (result string)))
    (core module $Shim
      (type $t (func (param i32)))
      (table (export "table") 1 1 funcref)
      (func $give (export "give") (param i32) (call_indirect (type $t) (local.get 0) (i32.const 0))))
    (core instance $shim (instantiate $Shim))
    (core module $M
      (import "shim" "give" (func $give (param i32)))
      (memory (export "mem") 1)
      ;; Asked for 77 bytes it calls an import, and gives the length of the result.
      (func $alloc (export "alloc") (param i32 i32 i32) (param $size i32) (result i32)
        (if (result i32) (i32.eq (local.get $size) (i32.const 77))
          (then
            (call $give (i32.const 16))
            (i32.add (i32.load (i32.const 20)) (i32.load8_u (i32.load (i32.const 16)))))
          (else (i32.const 1024)))))
    (core instance $m (instantiate $M (with "shim" (instance $shim))))
    (alias core export $m "mem" (core memory $mem))
    (alias core export $m "alloc" (core func $alloc))
    (alias core export $shim "table" (core table $table))
    (core func $give' (canon lower (func $give) (memory $mem) (realloc $alloc)))
    (core module $Fill
      (import "" "table" (table 1 1 funcref))
      (import "" "give" (func $give (param i32)))
      (elem (i32.const 0) func $give))
    (core instance (instantiate $Fill (with "" (instance (export "table" (table $table)) (export "give" (func $give'))))))
    (func (export "alloc") (param "old" u32) (param "was" u32) (param "align" u32) (param "size" u32) (result u32)
      (canon lift (core func $alloc))))
  (instance $user (instantiate $User (with "give" (func $giver "give"))))
  (export "alloc" (func $user "alloc"))
  ;; No core code at all stands between.
  (core func $twice' (canon lower (func $twice)))
  (func (export "twice-again") (param "n" u32) (result u32) (canon lift (core func $twice'))))
