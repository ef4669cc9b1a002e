// Reads UTF-8 as RFC 3629 defines it: no overlong form, no surrogate, nothing past U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace wagi {

// The length in bytes of the character that `text` begins with; 0 if it begins with none.
[[nodiscard]] std::size_t utf8SequenceLength(std::string_view text);

// The character that `sequence` encodes. REQUIRES: it is one whole sequence of UTF-8.
[[nodiscard]] char32_t codePointOf(std::string_view sequence);

[[nodiscard]] bool isUtf8(std::string_view text);

}  // namespace wagi
