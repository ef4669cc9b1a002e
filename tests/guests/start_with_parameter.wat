;; Has a _start with a parameter and a result, so that it can't be an entry point.
(module
  (memory (export "memory") 1)
  (func (export "_start") (param i32) (result i32) (local.get 0)))
