;; Components in components, each of which has two of the next: a thousand and more,
;; of a few bytes.
(component $c0
  (component $c1)
  (component $c2 (alias outer $c0 $c1 (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (component $c3 (alias outer $c0 $c2 (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (component $c4 (alias outer $c0 $c3 (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (component $c5 (alias outer $c0 $c4 (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (component $c6 (alias outer $c0 $c5 (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (component $c7 (alias outer $c0 $c6 (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (component $c8 (alias outer $c0 $c7 (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (component $c9 (alias outer $c0 $c8 (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (component $c10 (alias outer $c0 $c9 (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (component $c11 (alias outer $c0 $c10 (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (instance (instantiate $c11)))
