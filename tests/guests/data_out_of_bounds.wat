;; Can't be instantiated, since its data segment doesn't fit its memory.
(module
  (memory (export "memory") 1)
  (data (i32.const 65530) "ten bytes.")
  (func (export "_start")))
