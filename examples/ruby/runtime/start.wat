;; The command that ruby.wasm isn't by itself, for it is made to be called from JavaScript: _start
;; runs the script that the first argument names and exits with its status. wasm-merge joins it to
;; ruby.wasm, whose exports are its imports from "ruby".
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "ruby" "memory" (memory 0))
  (import "ruby" "_initialize" (func $initialize))
  (import "ruby" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "ruby" "ruby-init: func(args: list<string>) -> ()" (func $ruby_init (param i32 i32)))
  (import "ruby" "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>"
    (func $eval (param i32 i32) (result i32)))

  ;; Passive, since every address of the memory is Ruby's to give. The options stand where a
  ;; command line has them; -e keeps Ruby from reading a script out of stdin, which is the body.
  (data $options "-EUTF-8\00-e_=0\00")
  (data $script
    "begin; $0 = ARGV.shift; load $0; status = 0\n"
    "rescue SystemExit => e; status = e.status\n"
    "rescue Exception => e; $stderr.write(e.full_message(highlight: false)); status = 1\n"
    "end\n"
    "$stdout.flush; $stderr.flush; exit!(status)")

  (func $allocate (param $size i32) (result i32)
    (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (local.get $size)))

  ;; Item $index of a list of strings: an address and a length, which counts a NUL that Ruby wants.
  (func $put (param $list i32) (param $index i32) (param $address i32) (param $size i32)
    (local.set $list (i32.add (local.get $list) (i32.mul (local.get $index) (i32.const 8))))
    (i32.store (local.get $list) (local.get $address))
    (i32.store offset=4 (local.get $list) (local.get $size)))

  (func (export "_start")
    (local $sizes i32) (local $count i32) (local $argv i32) (local $end i32) (local $list i32)
    (local $options i32) (local $script i32) (local $i i32) (local $address i32) (local $next i32)
    (call $initialize)
    (local.set $sizes (call $allocate (i32.const 8)))
    (if (call $args_sizes_get (local.get $sizes) (i32.add (local.get $sizes) (i32.const 4)))
      (then (unreachable)))
    (local.set $count (i32.load (local.get $sizes)))
    (local.set $argv (call $allocate (i32.add (i32.mul (local.get $count) (i32.const 4))
      (i32.load offset=4 (local.get $sizes)))))
    (local.set $end (i32.add (local.get $argv) (i32.mul (local.get $count) (i32.const 4))))
    (if (call $args_get (local.get $argv) (local.get $end)) (then (unreachable)))
    (local.set $end (i32.add (local.get $end) (i32.load offset=4 (local.get $sizes))))

    (local.set $options (call $allocate (i32.const 14)))
    (memory.init $options (local.get $options) (i32.const 0) (i32.const 14))
    (local.set $list
      (call $allocate (i32.mul (i32.add (local.get $count) (i32.const 2)) (i32.const 8))))
    (call $put (local.get $list) (i32.const 1) (local.get $options) (i32.const 8))
    (call $put (local.get $list) (i32.const 2)
      (i32.add (local.get $options) (i32.const 8)) (i32.const 6))
    (block $done
      (loop $each
        (br_if $done (i32.eq (local.get $i) (local.get $count)))
        (local.set $address (i32.load
          (i32.add (local.get $argv) (i32.mul (local.get $i) (i32.const 4)))))
        ;; The strings stand one after another, so that each ends where the next begins.
        (local.set $next
          (if (result i32) (i32.eq (i32.add (local.get $i) (i32.const 1)) (local.get $count))
            (then (local.get $end))
            (else (i32.load offset=4
              (i32.add (local.get $argv) (i32.mul (local.get $i) (i32.const 4)))))))
        (call $put (local.get $list)
          (i32.add (local.get $i) (select (i32.const 2) (i32.const 0) (local.get $i)))
          (local.get $address) (i32.sub (local.get $next) (local.get $address)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $each)))
    (call $ruby_init (local.get $list) (i32.add (local.get $count) (i32.const 2)))

    (local.set $script (call $allocate (i32.const 216)))
    (memory.init $script (local.get $script) (i32.const 0) (i32.const 216))
    (drop (call $eval (local.get $script) (i32.const 216)))
    ;; The script ends in exit!.
    unreachable)
)
