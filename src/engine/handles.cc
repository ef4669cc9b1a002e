#include "engine/handles.h"

namespace wagi::engine {

std::string messageOf(const wasmtime_error_t* error) {
  wasm_byte_vec_t bytes;
  wasmtime_error_message(error, &bytes);
  std::string text(bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  return text;
}

std::string messageOf(const wasm_trap_t* trap) {
  wasm_message_t bytes;
  wasm_trap_message(trap, &bytes);
  std::string text(bytes.data, bytes.size - 1);  // It ends with a NUL.
  wasm_byte_vec_delete(&bytes);
  return text;
}

}  // namespace wagi::engine
