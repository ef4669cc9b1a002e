;; Its data segment doesn't fit its memory, so it can't be instantiated.
(module
  (memory (export "memory") 1)
  (data (i32.const 65530) "ten bytes.")
  (func (export "_start")))
