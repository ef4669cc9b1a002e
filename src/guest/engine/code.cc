#include "guest/engine/code.h"

#include <algorithm>

#include "base/printable.h"
#include "guest/engine/code_file.h"

namespace wagi::engine {
namespace {

std::string take(wasm_byte_vec_t& bytes) {
  std::string text(bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  return text;
}

// Makes a message printable that quotes a line of the text and marks the place in it. It has
// several lines, each with foreign text.
std::string excerptOf(std::string_view message) {
  constexpr std::size_t kLinesMax = 20;
  std::string text;
  for (std::size_t line = 0; line < kLinesMax && !message.empty(); ++line) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    if (line != 0) text += '\n';
    text += printable(message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return text;
}

const std::uint8_t* bytesOf(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

Result<std::string> machineCode(const Engine& engine, std::string_view wasm) {
  wasmtime_module_t* module = nullptr;
  const ErrorHandle invalid(wasmtime_module_new(engine.get(), bytesOf(wasm), wasm.size(), &module));
  if (invalid) return fail(reasonOf(invalid.get()));
  const ModuleHandle compiled(module);
  wasm_byte_vec_t code;
  const ErrorHandle error(wasmtime_module_serialize(compiled.get(), &code));
  if (error) return fail(reasonOf(error.get()));
  return take(code);
}

}  // namespace

Result<std::string> textToBinary(std::string_view wat) {
  wasm_byte_vec_t binary;
  const ErrorHandle error(wasmtime_wat2wasm(wat.data(), wat.size(), &binary));
  if (error) return fail(excerptOf(messageOf(error.get())));
  return take(binary);
}

Result<std::string> compile(const Engine& engine, std::string_view wasm, Transform transform) {
  std::string reason = "it isn't to be kept";
  if (transform == Transform::kYes) {
    wagi_transformed_t made = wagi_transform(bytesOf(wasm), wasm.size());
    const std::string transformed = take(made.wasm);
    const std::string image = take(made.image);
    reason = take(made.reason);
    // An invalid module is compiled as it is, below, for the places that its error names.
    if (!transformed.empty()) {
      auto code = machineCode(engine, transformed);
      const Instances instances = reason.empty() ? Instances::kKept : Instances::kNew;
      if (code) {
        return writeCodeFile(*std::move(code), instances, reason, image, made.table_elements);
      }
    }
  }
  auto code = machineCode(engine, wasm);
  if (!code) return code;
  return writeCodeFile(*std::move(code), Instances::kPooled, reason, {}, 0);
}

}  // namespace wagi::engine
