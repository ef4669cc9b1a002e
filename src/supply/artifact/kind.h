// What the bytes of a file are, for messages about those that aren't WebAssembly modules.
#pragma once

#include <string>
#include <string_view>

namespace wagi::artifact {

enum class Kind {
  kModule,  // A binary module, by its header.
  kText,    // WebAssembly text, or so it looks.
  kOther,
};

[[nodiscard]] Kind kindOf(std::string_view bytes);

// "an ELF executable or library", "a gzip archive", "a WebAssembly component", "empty"...:
// completes the sentence "It is ...". For bytes that are a module by their header: what is wrong
// with it as far as that can be seen without decoding it ("a WebAssembly module that was cut off"),
// else empty.
[[nodiscard]] std::string describe(std::string_view bytes);

}  // namespace wagi::artifact
