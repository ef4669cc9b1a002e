;; Has a _routes that prints nothing.
(module
  (memory (export "memory") 1)
  (func (export "_routes"))
  (func (export "_start")))
