#include "engine/code.h"

namespace wagi::engine {
namespace {

std::string take(wasm_byte_vec_t& bytes) {
  std::string text(bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  return text;
}

}  // namespace

Result<std::string> textToBinary(std::string_view wat) {
  wasm_byte_vec_t binary;
  const ErrorHandle error(wasmtime_wat2wasm(wat.data(), wat.size(), &binary));
  if (error) return fail(messageOf(error.get()));
  return take(binary);
}

Result<std::string> compile(const Engine& engine, std::string_view wasm) {
  wasmtime_module_t* module = nullptr;
  const ErrorHandle invalid(wasmtime_module_new(
      engine.get(), reinterpret_cast<const std::uint8_t*>(wasm.data()), wasm.size(), &module));
  if (invalid) return fail(messageOf(invalid.get()));
  const ModuleHandle compiled(module);
  wasm_byte_vec_t code;
  const ErrorHandle error(wasmtime_module_serialize(compiled.get(), &code));
  if (error) return fail(messageOf(error.get()));
  return take(code);
}

}  // namespace wagi::engine
