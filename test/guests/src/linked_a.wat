;; Calls, through a table that it exports, what linked_b puts there, which calls back.
(module
  (type $none (func))
  (table (export "table") 1 funcref)
  (func (export "g") (call_indirect (type $none) (i32.const 0))))
