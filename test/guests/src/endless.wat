;; A loop without an end.
(module
  (func $spin (export "spin") (loop $again (br $again))))
