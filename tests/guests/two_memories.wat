;; Has two memories, more than a pool's slot has room for. The second is filled by a data segment
;; and copied to the first.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory $first (export "memory") 1)
  (memory $second 1)
  (data (memory $first) (i32.const 0) "\10\00\00\00\27\00\00\00")
  (data (memory $second) (i32.const 0) "Content-Type: text/plain\n\ntwo memories\n")
  (func (export "_start")
    (memory.copy $first $second (i32.const 16) (i32.const 0) (i32.const 39))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
