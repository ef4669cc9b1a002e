;; Never ends: entry points that each repeat what takes an engine long for one instruction, or take
;; an unusual way not to end.
(module
  (memory (export "memory") 1 2048)
  (table $table 60000 funcref)
  (type $nothing (func))
  (func $nop)
  (elem declare func $nop)

  (func $grow (drop (memory.grow (i32.const 2047))))
  (func (export "fill")
    (call $grow)
    (loop $again
      (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536)))
      (br $again)))
  (func (export "copy")
    (call $grow)
    (loop $again
      (memory.copy (i32.const 0) (i32.const 1)
        (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)))
      (br $again)))
  (func (export "table_fill")
    (loop $again
      (table.fill $table (i32.const 0) (ref.func $nop) (table.size $table))
      (br $again)))
  (func (export "grow")  ;; Grows memory, which fails sooner or later, without end.
    (loop $again
      (drop (memory.grow (i32.const 1)))
      (br $again)))
  (func (export "table_grow")
    (loop $again
      (drop (table.grow $table (ref.null func) (i32.const 1)))
      (br $again)))
  (func (export "br_table") (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (block $a (block $b (block $c (block $d
        (br_table $a $b $c $d $again (i32.rem_u (local.get $i) (i32.const 5)))))))
      (br $again)))
  (func $deep (param i32)  ;; Makes 2^62 calls, none of them deep.
    (if (i32.eqz (local.get 0)) (then (return)))
    (call $deep (i32.sub (local.get 0) (i32.const 1)))
    (call $deep (i32.sub (local.get 0) (i32.const 1))))
  (func (export "calls") (call $deep (i32.const 62)))
  (func (export "indirect")
    (table.set $table (i32.const 0) (ref.func $nop))
    (loop $again
      (call_indirect $table (type $nothing) (i32.const 0))
      (br $again)))
  (func (export "tail") (return_call $tail))
  (func $tail (return_call $tail))
  (func $recurse (call $recurse) (call $nop))
  (func (export "recursion") (call $recurse)))
