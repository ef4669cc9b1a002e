;; Grows its table by 4096 elements at a time until that is denied, and answers "elements=N".
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (table $table 1 funcref)
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\2e\00\00\00")
  (data (i32.const 16) "Content-Type: text/plain\n\nelements=0000000000\n")
  (func $grow (loop $more
    (br_if $more (i32.ne (i32.const -1) (table.grow $table (ref.null func) (i32.const 4096))))))
  (func $print (param $value i32) (local $at i32)
    (local.set $at (i32.const 60))
    (loop $digit
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $value) (i32.const 10))))
      (local.set $value (i32.div_u (local.get $value) (i32.const 10)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $digit (local.get $value))))
  (func (export "_start")
    (call $grow)
    (call $print (table.size $table))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
