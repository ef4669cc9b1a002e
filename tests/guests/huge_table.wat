;; A table of two million elements: more than a pool's slot has room for.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (table 2000000 funcref)
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\25\00\00\00")
  (data (i32.const 16) "Content-Type: text/plain\n\nhuge table\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
