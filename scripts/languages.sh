# Sourced after env.sh by scripts that build guests: a function for each language, and build().
#
# REQUIRES: $out, the folder to build into; $log, a file; $builder, the name with which messages
# begin; $wanted, an array of the names to build, empty for all. Sets failed=1 when one fails.

# The stack comes first in memory, so that one that overflows traps instead of growing into data.
LINK_FLAGS="-Wl,--stack-first -Wl,-z,stack-size=1048576 -Wl,--strip-all"

buildC() { $WASI_CC -Oz -Wall -Wextra $LINK_FLAGS -o "$2" "$1"; }
buildCpp() { $WASI_CXX -std=c++20 -Os -fno-exceptions -Wall -Wextra $LINK_FLAGS -o "$2" "$1"; }
buildRust() {
  "$WASI_RUSTC" --edition 2021 --target "$WASI_RUST_TARGET" \
    -C opt-level=s -C lto -C panic=abort -C strip=symbols -o "$2" "$1"
}
# Builds a program that uses the SDK's crate, without cargo, since these are two files.
buildRustSdk() {
  local sdk=$ROOT/build/sdk
  mkdir -p "$sdk"
  "$WASI_RUSTC" --edition 2021 --target "$WASI_RUST_TARGET" --crate-type rlib --crate-name wagi_http \
    -C opt-level=s -C panic=abort --out-dir "$sdk" "$ROOT/sdk/rust/wagi-http/src/lib.rs" &&
    "$WASI_RUSTC" --edition 2021 --target "$WASI_RUST_TARGET" --extern "wagi_http=$sdk/libwagi_http.rlib" \
      -C opt-level=s -C panic=abort -C strip=symbols -o "$2" "$1"
}
# Builds a Go module, named by its main file.
buildGoModule() {
  (cd "$(dirname "$1")" && GOOS=wasip1 GOARCH=wasm GOTOOLCHAIN=local GOFLAGS= GO111MODULE=on GOWORK=off \
    "$GO" build -trimpath -buildvcs=false -ldflags='-s -w' -o "$2" .)
}
buildGo() {
  GOOS=wasip1 GOARCH=wasm GOTOOLCHAIN=local GOFLAGS= GO111MODULE=on \
    "$GO" build -trimpath -buildvcs=false -ldflags='-s -w' -o "$2" "$1"
}
buildTinyGo() {
  GOFLAGS= GO111MODULE=on "$TINYGO" build -target=wasip1-debian -opt=z -scheduler=none -no-debug -o "$2" "$1"
}
buildZig() {
  $ZIG build-exe "$1" -target wasm32-wasi -O ReleaseSmall -fstrip -femit-bin="$2" \
    --cache-dir "$ROOT/build/zig" --global-cache-dir "$ROOT/build/zig"
}
buildAssemblyScript() {
  # The compiler names files relative to where it stands, and looks for its shim there.
  (cd "$ASC_MODULES/.." && node node_modules/assemblyscript/bin/asc.js \
    "$(realpath --relative-to=. "$1")" -O3 -o "$(realpath -m --relative-to=. "$2")" \
    --config node_modules/@assemblyscript/wasi-shim/asconfig.json)
}

# Copies an interpreter, which comes built, to where the other programs are.
takeBuilt() { cp "$1" "$2"; }

# build NAME LANGUAGE TOOL FUNCTION SOURCE: TOOL is empty where the compiler is absent.
build() {
  local name=$1 language=$2 tool=$3 function=$4 source=$5 output=$out/$1.wasm
  [ ${#wanted[@]} = 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return 0
  if [ -z "$tool" ]; then
    echo "$CLEAR_LINE$builder: $name is left out: there is no $language compiler for WASI" >&2
    rm -f "$output"
    return
  fi
  if [ -e "$output" ] &&
    [ -z "$(find "$(dirname "$source")" "$0" "$ROOT/scripts/languages.sh" "$ROOT/sdk" -type f -newer "$output" | head -n 1)" ]; then
    return
  fi
  echo "$CLEAR_LINE$builder: $name ($language)" >&2
  if ! "$function" "$source" "$output.part" >"$log" 2>&1; then
    cat "$log" >&2
    echo "$builder: $name could not be built" >&2
    failed=1
    return
  fi
  mv "$output.part" "$output"
}
