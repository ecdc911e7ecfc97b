;; What another module calls again and again takes and gives back room on the
;; stack: by an ordinary call, by a tail call, and by one that the engine makes
;; an ordinary one of.
(module
  (func $down (param $n i32)
    (if (local.get $n)
      (then (call $down (i32.sub (local.get $n) (i32.const 1))))))
  (func $many (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (call $down (i32.const 3)))
  (func (export "call") (call $down (i32.const 3)))
  (func (export "tail") (return_call $down (i32.const 3)))
  (func (export "large tail")
    (return_call $many
      (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)
      (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))))
