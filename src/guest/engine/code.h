// Compiles WebAssembly, as text or bytes, to the machine code that module.h loads.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "guest/engine/engine.h"

namespace wagi::engine {

// Makes the binary form of WebAssembly text. The error quotes the line.
[[nodiscard]] Result<std::string> textToBinary(std::string_view wat);

// Whether a module's data may be taken out of it, so that its instances can be kept.
enum class Transform { kYes, kNo };

// Raised when another machine code comes of the same module, with Transform::kYes.
inline constexpr unsigned kTransformRevision = 1;

// Makes machine code for this processor, with its notes (code_file.h), to be written to a file for
// Module::load. Takes from milliseconds to minutes, on all cores. The error says what in the module
// is invalid.
[[nodiscard]] Result<std::string> compile(const Engine& engine, std::string_view wasm,
                                          Transform transform = Transform::kYes);

}  // namespace wagi::engine
