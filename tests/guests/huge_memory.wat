;; Starts with 512 MiB: over the default limit, and over a pool's slot where the limit is raised.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 8192)
  (data (i32.const 0) "\10\00\00\00\26\00\00\00")
  (data (i32.const 16) "Content-Type: text/plain\n\nhuge memory\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
