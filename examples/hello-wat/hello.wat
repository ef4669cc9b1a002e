;; Hello in WebAssembly's own text form. The server reads it as it is: nothing needs to be built.
;;
;; A program prints a header, an empty line and a body to its stdout, which is file descriptor 1.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $pieces i32) (param $count i32) (param $written i32)
      (result i32)))
  (memory (export "memory") 1)

  ;; One piece to write: where it begins, and how many bytes it has.
  (data (i32.const 0) "\10\00\00\00\41\00\00\00")
  (data (i32.const 16) "Content-Type: text/plain; charset=utf-8\n\nHello, world, from WAT!\n")

  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
