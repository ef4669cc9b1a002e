#include "engine/handles.h"

namespace wagi::engine {

std::string messageOf(const wasmtime_error_t* error) {
  wasm_byte_vec_t bytes;
  wasmtime_error_message(error, &bytes);
  std::string text(bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  return text;
}

}  // namespace wagi::engine
