;; Imports a function that no host has.
(module
  (import "nowhere" "frobnicate" (func $frobnicate (param i32) (result i64)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $frobnicate (i32.const 1)))))
