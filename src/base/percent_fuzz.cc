// Fuzzes percent-encoding: encoded text must decode to the same text, and both decoders must agree
// where each '%' begins an escape.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "base/percent.h"
#include "base/text.h"

using wagi::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr wagi::Alphabet kEncoded("-._~%");
  const std::string encoded = wagi::encodePercent(text);
  require(kEncoded.hasAll(encoded) && wagi::decodePercent(encoded) == text);
  const std::string in_url = wagi::encodePercent(text, wagi::kKeptInUrls);
  require(wagi::encodePercent(in_url, wagi::kKeptInUrls) == in_url);

  const std::string lenient = wagi::decodePercentLeniently(text);
  const auto strict = wagi::decodePercent(text);
  require(strict.has_value() == wagi::isEscapedWell(text));
  require(!strict || *strict == lenient);
  // Decoding never makes a text longer, since an escape is three bytes for one.
  const auto marks = static_cast<std::size_t>(std::ranges::count(text, '%'));
  require(lenient.size() <= text.size() && lenient.size() + 2 * marks >= text.size());
  require(!strict || lenient.size() + 2 * marks == text.size());
  return 0;
}
