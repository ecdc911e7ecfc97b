;; Imports of every kind that a component can have, and functions whose short
;; names are clear, or mean two, or are somebody's whole name.
(component
  (import "wasi:io/poll@0.2.3" (instance
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
  (import "wasi:cli/environment@0.2.3" (instance (export "get-arguments" (func (result (list string))))))
  (import "wasi:clocks/wall-clock@0.3.0" (instance (export "now" (func (result u64)))))
  (import "wippy:process/process@0.1.0" (instance (export "self" (func (result string)))))
  (import "wippy:process/process@9.0.0" (instance (export "self" (func (result string)))))
  (import "thing" (type $thing (sub resource)))
  (import "log" (func (param "line" u32)))
  (core module $m
    (func (export "run") (result i32) i32.const 0)
    (func (export "add") (param i32 i32) (result i32) local.get 0)
    (func (export "take") (param i32)))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (func $add (param "a" s32) (param "b" u8) (result s32) (canon lift (core func $i "add")))
  (func $take (param "it" (own $thing)) (canon lift (core func $i "take")))
  (instance $cli (export "run" (func $run)))
  (instance $api (export "run" (func $run)) (export "add" (func $add)) (export "stop" (func $run)))
  (instance $other (export "stop" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $cli))
  (export "test:calc/api@1.0.0" (instance $api))
  (export "api" (instance $other))
  (export "add" (func $add))
  (export "take" (func $take)))
