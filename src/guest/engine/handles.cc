#include "guest/engine/handles.h"

#include <algorithm>
#include <string_view>

#include "base/printable.h"

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
  std::string text(bytes.data, bytes.size - 1);  // Without the NUL at its end.
  wasm_byte_vec_delete(&bytes);
  return text;
}

std::string reasonOf(const wasmtime_error_t* error) {
  constexpr std::string_view kCause = "\n\nCaused by:\n";
  std::string text = messageOf(error);
  // Wasmtime writes causes in lines of their own, "    0: ..."; they are joined into one line.
  for (std::size_t at = text.find(kCause); at != std::string::npos; at = text.find(kCause, at)) {
    const std::size_t end = text.find_first_not_of(' ', at + kCause.size());
    text.replace(at, std::min(end, text.size()) - at, ": ");
  }
  constexpr std::size_t kBytesMax = 1'000;
  return printable(text, kBytesMax);
}

}  // namespace wagi::engine
