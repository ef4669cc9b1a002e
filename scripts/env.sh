# Sourced by every script here: finds where things are. Changes nothing and asks no network.
#
# Sets ROOT, WAGI_CACHE and JOBS, and the tools that are there, each empty when it isn't:
#   CARGO          a cargo recent enough for Wasmtime (cmake/wasmtime.cmake reads it)
#   WASI_CC, WASI_CXX   C and C++ compilers for guests, as command lines
#   WASI_RUSTC     a rustc that has a WASI target, and WASI_RUST_TARGET, its name
#   GO             a Go with wasip1        ZIG   a Zig, as a command line
#   TINYGO         a TinyGo, its target beside it: only after scripts/setup tinygo
#   ASC_MODULES    the folder of AssemblyScript's node_modules
#   CPYTHON, RUBY  interpreters built for WASI, as a file each
#   NPM            npm, with node beside it
#   REGISTRY       a docker-registry for tests        SKOPEO  another client of registries
#   BINDLE_SERVER  Bindle's own server, to try our client against: only after scripts/setup bindle
#   PYTHON         the Python of the test environment
# A script that installs one of them calls findTools again, since its next step may use it.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WAGI_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/wagi
JOBS=$(nproc 2>/dev/null || echo 2)
RUST_MIN=1.95  # The minimum of Wasmtime 48.
GO_MIN=1.21    # The first version with GOOS=wasip1.

# atLeast HAVE WANT: compares dotted versions.
atLeast() { [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

firstVersion() { grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1; }

# A cache folder's name carries a hash of what it was made from, so that a change makes a new one.
hashOf() { cat "$@" | sha256sum | cut -c 1-12; }

findCargo() {
  local candidate rustc
  for candidate in "${CARGO:-}" "$(command -v cargo)" "$HOME/.cargo/bin/cargo" /usr/bin/cargo; do
    [ -x "$candidate" ] || continue
    rustc=$(dirname "$candidate")/rustc
    atLeast "$("$rustc" --version 2>/dev/null | firstVersion)" "$RUST_MIN" || continue
    # cargo must be told of a rustc that isn't the first on PATH.
    [ "$(command -v rustc)" = "$rustc" ] || export RUSTC=$rustc
    export CARGO=$candidate
    return
  done
  CARGO=
}

findWasiC() {
  local flags="--target=wasm32-wasi"
  WASI_CC= WASI_CXX=
  if [ -n "${WASI_SDK_PATH:-}" ] && [ -x "$WASI_SDK_PATH/bin/clang" ]; then
    WASI_CC="$WASI_SDK_PATH/bin/clang $flags" WASI_CXX="$WASI_SDK_PATH/bin/clang++ $flags"
  elif command -v clang wasm-ld >/dev/null && [ -e /usr/lib/wasm32-wasi/libc.a ]; then
    WASI_CC="clang $flags"
    [ -e /usr/lib/wasm32-wasi/libc++.a ] && WASI_CXX="clang++ $flags"
  elif [ -n "$ZIG" ]; then
    WASI_CC="$ZIG cc -target wasm32-wasi" WASI_CXX="$ZIG c++ -target wasm32-wasi"
  fi
}

# Finds rustup's rustc where that has a WASI target, else Debian's, which scripts/setup has unpacked
# in the cache: it can't be installed beside the newer rustc-web that Wasmtime needs.
findWasiRust() {
  local target sysroot unpacked
  WASI_RUSTC= WASI_RUST_TARGET=
  sysroot=$(rustc --print sysroot 2>/dev/null || true)
  for target in wasm32-wasip1 wasm32-wasi; do
    if [ -n "$sysroot" ] && [ -d "$sysroot/lib/rustlib/$target/lib" ]; then
      WASI_RUSTC=rustc WASI_RUST_TARGET=$target
      return
    fi
    for unpacked in "$WAGI_CACHE"/rust-*; do
      [ -d "$unpacked/usr/lib/rustlib/$target/lib" ] || continue
      WASI_RUSTC=$unpacked/rustc WASI_RUST_TARGET=$target
      return
    done
  done
}

findGo() {
  for GO in "$(command -v go)" /usr/local/go/bin/go "$GO_ENV/go"; do
    [ -x "$GO" ] || continue
    ! atLeast "$(GOTOOLCHAIN=local "$GO" version 2>/dev/null | firstVersion)" "$GO_MIN" || return 0
  done
  GO=
}

PYTHON_ENV=$WAGI_CACHE/python-$(hashOf "$ROOT/tests/requirements.txt")
GO_ENV=$WAGI_CACHE/go-$(hashOf "$ROOT/examples/hello-go/requirements.txt")
ZIG_ENV=$WAGI_CACHE/zig-$(hashOf "$ROOT/examples/hello-zig/requirements.txt")
ASC_ENV=$WAGI_CACHE/assemblyscript-$(hashOf "$ROOT/examples/hello-assemblyscript/package-lock.json")
CPYTHON_ENV=$WAGI_CACHE/cpython-$(hashOf "$ROOT/examples/python/requirements.txt")
RUBY_ENV=$WAGI_CACHE/ruby-$(hashOf "$ROOT"/examples/ruby/package-lock.json "$ROOT"/examples/ruby/runtime/*.wat)
REGISTRY_ENV=$WAGI_CACHE/docker-registry
TINYGO_ENV=$WAGI_CACHE/tinygo-0.37.0
BINDLE_SERVER_ENV=$WAGI_CACHE/bindle-server-$(hashOf "$ROOT"/tests/bindle-server/Cargo.lock "$ROOT"/tests/bindle-server/src/main.rs)

# ifThere TEST FILE WORDS: prints WORDS if the test of the file holds.
ifThere() { [ ! "$1" "$2" ] || echo "$3"; }

findTools() {
  PYTHON=$(ifThere -e "$PYTHON_ENV/complete" "$PYTHON_ENV/bin/python")
  ZIG=$(ifThere -e "$ZIG_ENV/complete" "$ZIG_ENV/bin/python -m ziglang")
  ASC_MODULES=$(ifThere -e "$ASC_ENV/complete" "$ASC_ENV/node_modules")
  CPYTHON=$(ifThere -e "$CPYTHON_ENV/python.wasm" "$CPYTHON_ENV/python.wasm")
  RUBY=$(ifThere -e "$RUBY_ENV/ruby.wasm" "$RUBY_ENV/ruby.wasm")
  REGISTRY=$(ifThere -x "$REGISTRY_ENV/usr/bin/docker-registry" "$REGISTRY_ENV/usr/bin/docker-registry")
  TINYGO=$(ifThere -x "$TINYGO_ENV/tinygo" "$TINYGO_ENV/tinygo")
  BINDLE_SERVER=$(ifThere -x "$BINDLE_SERVER_ENV/bindle-server" "$BINDLE_SERVER_ENV/bindle-server")
  NPM=$(command -v npm || true)
  SKOPEO=$(command -v skopeo || true)
  findCargo
  findWasiC
  findWasiRust
  findGo
}
findTools

# Begins a message on a terminal, where scripts/progress may have left its line.
CLEAR_LINE=
if [ -t 2 ]; then CLEAR_LINE=$'\r\e[K'; fi

# beside COMMAND...: runs command lines at the same time, and fails where one did. They stay in the
# terminal's foreground, so that Ctrl-C ends them and sudo can ask.
beside() { printf '%s\0' "$@" | xargs -0 -n 1 -P $# bash -c; }
