;; A memory that grows before another is made, and then data outside of a third.
(component
  (core module $First
    (memory 1)
    (func $begin (drop (memory.grow (i32.const 3))))
    (start $begin))
  (core module $Second (memory 2))
  (core module $Third (memory (export "m") 1) (data (i32.const 65530) "too much data"))
  (core instance (instantiate $First))
  (core instance (instantiate $Second))
  (core instance (instantiate $Third)))
