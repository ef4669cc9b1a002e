;; Has a _routes that traps.
(module
  (memory (export "memory") 1)
  (func (export "_routes") unreachable)
  (func (export "_start")))
