// Tells what kind of file some bytes are, for messages about those that aren't WebAssembly modules.
#pragma once

#include <string>
#include <string_view>

namespace wagi::artifact {

enum class FileKind {
  kModule,  // A binary module, by its header.
  kText,    // Probably WebAssembly text.
  kOther,
};

[[nodiscard]] FileKind fileKindOf(std::string_view bytes);

// Completes the sentence "It is ...": "an ELF executable or library", "a gzip archive", "a
// WebAssembly component", "empty". For bytes that begin as a module, it says what is wrong with the
// module as far as that shows without decoding it ("a WebAssembly module that was cut off"), and is
// "" where nothing is.
[[nodiscard]] std::string describe(std::string_view bytes);

}  // namespace wagi::artifact
