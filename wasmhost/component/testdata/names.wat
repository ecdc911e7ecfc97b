;; What names may look like and carry.
(component
  (import "a1-B2-c3" (func))
  (import "A" (func))
  (import "wasi:io/poll@0.2.0" (instance))
  (import "wasi:io/poll@0.2.1" (instance))
  (import "primary" (implements "wasi:keyvalue/store") (external-id "☃") (instance $i))
  (export "secondary" (implements "wasi:keyvalue/store@0.2.0") (instance $i)))
