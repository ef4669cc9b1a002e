;; Has a _routes that prints a good line, and one that isn't a path and a function.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\1b\00\00\00")
  (data (i32.const 16) "/good _start\none two three\n")
  (func (export "_routes")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start")))
