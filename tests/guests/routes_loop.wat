;; Has a _routes that never ends.
(module
  (memory (export "memory") 1)
  (func (export "_routes") (loop $again (br $again)))
  (func (export "_start")))
