;; A library: it exports a function and no _start.
(module
  (memory (export "memory") 1)
  (func (export "helper") (result i32) (i32.const 7)))
