#include "engine/handles.h"

namespace wagi::engine {
namespace {

std::string take(wasm_byte_vec_t& bytes) {
  std::string text(bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  // wasm_trap_message ends with a NUL, wasmtime_error_message doesn't.
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

}  // namespace

std::string messageOf(const wasmtime_error_t* error) {
  wasm_byte_vec_t bytes;
  wasmtime_error_message(error, &bytes);
  return take(bytes);
}

std::string messageOf(const wasm_trap_t* trap) {
  wasm_byte_vec_t bytes;
  wasm_trap_message(trap, &bytes);
  return take(bytes);
}

}  // namespace wagi::engine
