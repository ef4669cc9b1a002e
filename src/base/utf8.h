// UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing past U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace wagi {

// The length of the sequence that `text` begins with; 0 if it begins with none.
[[nodiscard]] std::size_t utf8SequenceLength(std::string_view text);

// What `sequence` encodes. REQUIRES: it is one whole sequence.
[[nodiscard]] char32_t codePointOf(std::string_view sequence);

[[nodiscard]] bool isUtf8(std::string_view text);

}  // namespace wagi
