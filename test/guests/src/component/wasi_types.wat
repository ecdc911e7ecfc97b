;; Imports interfaces of WASI for their types, and calls none of their functions.
(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $io-error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $io-error (type $e))
    (export "error" (type $error (eq $e)))
    (type $make-stream-error (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $make-stream-error)))
    (export "output-stream" (type $out (sub resource)))
    (export "[method]output-stream.flush" (func (param "self" (borrow $out)) (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $out))
  (core func $drop (canon resource.drop $out))
  (core module $M
    (import "" "drop" (func $drop (param i32)))
    (func (export "take") (param $s i32) (call $drop (local.get $s))))
  (core instance $m (instantiate $M (with "" (instance (export "drop" (func $drop))))))
  (func (export "take") (param "s" (own $out)) (canon lift (core func $m "take"))))
