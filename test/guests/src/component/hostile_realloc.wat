;; A guest of WASI 0.2 whose realloc goes wrong in every way: run(mode) asks for the
;; directories, which the host opens and has no place to put, and gives how many.
(component
  (import "wasi:filesystem/types@0.2.6" (instance $types (export "descriptor" (type (sub resource)))))
  (alias export $types "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.6" (instance $preopens
    (alias outer 1 $descriptor (type $outer-descriptor))
    (export "descriptor" (type $descriptor (eq $outer-descriptor)))
    (export "get-directories" (func (result (list (tuple (own $descriptor) string)))))
  ))
  (core module $Shim
    (table (export "table") 1 funcref)
    (type $get (func (param i32)))
    (func (export "get") (param i32) (call_indirect (type $get) (local.get 0) (i32.const 0))))
  (core instance $shim (instantiate $Shim))
  (core module $Main
    (import "" "get" (func $get (param i32)))
    (memory (export "memory") 1)
    (global $mode (mut i32) (i32.const 0))
    (global $top (mut i32) (i32.const 4096))
    (func $deep (param i32) (result i32)
      (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      block $bumps
      block $deeper
      block $same
      block $grows
      block $endless
      block $calls
      block $traps
      block $misaligned
      block $outside
        (br_table $outside $misaligned $traps $calls $endless $grows $same $deeper $bumps (global.get $mode))
      end
        (return (i32.const 0xfffffff0))
      end
        (return (i32.const 4097))
      end
        unreachable
      end ;; $calls
        (call $get (i32.const 32))
        (return (i32.const 4096))
      end ;; $endless
        (loop $again (br $again))
        unreachable
      end ;; $grows
        (local.set $at (memory.grow (i32.const 16)))
        (if (i32.eq (local.get $at) (i32.const -1)) (then (unreachable)))
        (return (i32.mul (local.get $at) (i32.const 65536)))
      end ;; $same
        (return (i32.const 4096))
      end ;; $deeper
        (return (call $deep (i32.const 0)))
      end ;; $bumps
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    ;; As often as is asked for; nothing is dropped.
    (func (export "run") (param $mode i32) (param $times i32) (result i32)
      (global.set $mode (local.get $mode))
      (loop $next
        (call $get (i32.const 32))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br_if $next (local.get $times)))
      (i32.load (i32.const 36))))
  (core instance $main (instantiate $Main (with "" (instance (export "get" (func $shim "get"))))))
  (core func $get (canon lower (func $preopens "get-directories") (memory (core memory $main "memory")) (realloc (core func $main "realloc"))))
  (core module $Fill
    (import "" "table" (table 1 funcref))
    (import "" "get" (func $get (param i32)))
    (elem (i32.const 0) $get))
  (core instance (instantiate $Fill (with "" (instance (export "table" (table $shim "table")) (export "get" (func $get))))))
  (func (export "run") (param "mode" u32) (param "times" u32) (result u32) (canon lift (core func $main "run")))
)
