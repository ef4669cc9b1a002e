;; Fills all that an instance has with a marker, or looks for anything in it that a fresh one has not:
;; no data segment, so that its memory begins as zeros. An entry point each; the searching ones answer
;; with the number of what they found, in 8 hex digits.
;;   fill       grows memory until it is refused, fills it, a table and a global with the marker
;;   fill_some  the same with 24 pages
;;   fill_trap, fill_loop, fill_wait   fill some, then trap after writing the marker to stdout, never
;;              end, or wait for a body
;;   fill_all_trap   fill, then trap
;;   search     64-byte lines of memory, elements of the table and globals that aren't zero
;;   search_grown   the same with 64 pages more
;;   search_filled  the same after fill_some: what a search finds when there is something
;;   search_slack   bytes that args_get and environ_get wrote outside of what they said
;;   descriptors    how many are open
;;   random     answers with 16 bytes of random_get instead
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (table $table 100 60000 funcref)
  (global $global (mut i64) (i64.const 0))
  (elem declare func $fill)

  (func $end (result i32) (i32.shl (memory.size) (i32.const 16)))

  (func $fill
    (local $at i32) (local $end i32)
    (local.set $end (call $end))
    (loop $next
      (i64.store (local.get $at) (i64.const 0x4d41524b4d41524b))  ;; "KRAMKRAM"
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (drop (table.grow $table (ref.func $fill) (i32.const 50000)))
    (table.fill $table (i32.const 0) (ref.func $fill) (table.size $table))
    (global.set $global (i64.const 0x4d41524b4d41524b)))

  (func $grow_all
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))))

  ;; The answer: "Status: 200\n\n", then `length` bytes from 13 on.
  (func $answer (param $length i32)
    (i64.store (i32.const 0) (i64.const 0x203a737574617453))
    (i32.store (i32.const 8) (i32.const 0x0a303032))
    (i32.store8 (i32.const 12) (i32.const 10))
    (i32.store (i32.const 64) (i32.const 0))
    (i32.store (i32.const 68) (i32.add (i32.const 13) (local.get $length)))
    (drop (call $fd_write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 72))))

  (func $answer_number (param $number i32)
    (local $at i32) (local $digit i32)
    (local.set $at (i32.const 20))
    (loop $next
      (local.set $digit (i32.and (local.get $number) (i32.const 15)))
      (i32.store8 (local.get $at) (i32.add (local.get $digit)
        (select (i32.const 87) (i32.const 48) (i32.gt_u (local.get $digit) (i32.const 9)))))
      (local.set $number (i32.shr_u (local.get $number) (i32.const 4)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $next (i32.gt_u (local.get $at) (i32.const 12))))
    (call $answer (i32.const 8)))

  (func $dirty_lines (result i32)
    (local $at i32) (local $end i32) (local $found i32)
    (local.set $end (call $end))
    (loop $next
      (local.set $found (i32.add (local.get $found) (i64.ne (i64.const 0)
        (i64.or
          (i64.or (i64.or (i64.load offset=0 (local.get $at)) (i64.load offset=8 (local.get $at)))
                  (i64.or (i64.load offset=16 (local.get $at)) (i64.load offset=24 (local.get $at))))
          (i64.or (i64.or (i64.load offset=32 (local.get $at)) (i64.load offset=40 (local.get $at)))
                  (i64.or (i64.load offset=48 (local.get $at)) (i64.load offset=56 (local.get $at))))))))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $found))

  (func $dirty_elements (result i32)
    (local $at i32) (local $found i32)
    (loop $next
      (local.set $found (i32.add (local.get $found)
        (i32.eqz (ref.is_null (table.get $table (local.get $at))))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (table.size $table))))
    (local.get $found))

  (func $search (export "search")
    (call $answer_number (i32.add (i64.ne (global.get $global) (i64.const 0))
      (i32.add (call $dirty_elements) (call $dirty_lines)))))
  (func (export "search_grown")
    (drop (memory.grow (i32.const 64)))
    (call $search))

  (func (export "fill") (call $grow_all) (call $fill) (call $answer_number (i32.const 0)))
  (func (export "fill_all_trap") (call $grow_all) (call $fill) unreachable)
  (func $fill_some (drop (memory.grow (i32.const 22))) (call $fill))
  (func (export "fill_some") (call $fill_some) (call $answer_number (i32.const 0)))
  (func (export "search_filled") (call $fill_some) (call $search))
  (func (export "fill_trap")
    (call $fill_some)
    (i32.store (i32.const 64) (i32.const 1024))
    (i32.store (i32.const 68) (i32.const 1000))
    (drop (call $fd_write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 72)))
    unreachable)
  (func (export "fill_loop") (call $fill_some) (loop $for_ever (br $for_ever)))
  (func (export "fill_wait")
    (call $fill_some)
    (i32.store (i32.const 64) (i32.const 1024))
    (i32.store (i32.const 68) (i32.const 1000))
    (drop (call $fd_read (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 72))))

  ;; Bytes from `at` to `end` that aren't zero.
  (func $dirty_bytes (param $at i32) (param $end i32) (result i32)
    (local $found i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $found (i32.add (local.get $found)
          (i32.ne (i32.load8_u (local.get $at)) (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $found))
  ;; Counts at 0 and 8, sizes at 4 and 12; arguments from 0x1000 with their pointers at 0x100, the
  ;; environment from 0x8000 with its pointers at 0x800.
  (func (export "search_slack")
    (drop (call $args_sizes (i32.const 0) (i32.const 4)))
    (drop (call $environ_sizes (i32.const 8) (i32.const 12)))
    (drop (call $args_get (i32.const 0x100) (i32.const 0x1000)))
    (drop (call $environ_get (i32.const 0x800) (i32.const 0x8000)))
    (call $answer_number (i32.add
      (i32.add
        (call $dirty_bytes (i32.const 16) (i32.const 0x100))
        (call $dirty_bytes
          (i32.add (i32.const 0x100) (i32.shl (i32.load (i32.const 0)) (i32.const 2))) (i32.const 0x800)))
      (i32.add
        (i32.add
          (call $dirty_bytes
            (i32.add (i32.const 0x800) (i32.shl (i32.load (i32.const 8)) (i32.const 2))) (i32.const 0x1000))
          (call $dirty_bytes
            (i32.add (i32.const 0x1000) (i32.load (i32.const 4))) (i32.const 0x8000)))
        (call $dirty_bytes (i32.add (i32.const 0x8000) (i32.load (i32.const 12))) (call $end))))))

  (func (export "descriptors")
    (local $fd i32) (local $found i32)
    (loop $next
      (local.set $found (i32.add (local.get $found)
        (i32.eqz (call $fd_fdstat_get (local.get $fd) (i32.const 1024)))))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $fd) (i32.const 1000))))
    (call $answer_number (local.get $found)))

  (func (export "random")
    (drop (call $random_get (i32.const 13) (i32.const 16)))
    (call $answer (i32.const 16))))
