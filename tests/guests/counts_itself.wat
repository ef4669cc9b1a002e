;; Counts its requests in memory and in a global, and prints both: always "1 1".
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "content-type: text/plain\n\n0 0")
  (data (i32.const 200) "\40\00\00\00\1d\00\00\00")
  (global $count (mut i32) (i32.const 48))
  (func (export "_start")
    (i32.store8 (i32.const 90) (i32.add (i32.load8_u (i32.const 90)) (i32.const 1)))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store8 (i32.const 92) (global.get $count))
    (drop (call $fd_write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 300)))))
