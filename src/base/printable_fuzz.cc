// Fuzzes the functions that make foreign text printable: their result has no hidden character, is
// UTF-8 and within its bound, and doesn't change if it is made printable again. What escapeJson()
// writes is read back by a JSON parser.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/fuzzing.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/utf8.h"

namespace {

using namespace wagi;

void checkShown(std::string_view shown, Lines lines) {
  while (!shown.empty()) {
    const std::size_t length = utf8SequenceLength(shown);
    require(length != 0);
    const bool kept = lines == Lines::kKept && (shown[0] == '\n' || shown[0] == '\t');
    require(kept || !isHidden(codePointOf(shown.substr(0, length))));
    shown.remove_prefix(length);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t kBytesMax = 64;
  constexpr std::size_t kMarkBytesMax = 32;
  for (const Lines lines : {Lines::kOne, Lines::kKept}) {
    const std::string whole = printable(text, 16 * size, lines);
    checkShown(whole, lines);
    require(printable(whole, whole.size(), lines) == whole);
    const std::string part = printable(text, kBytesMax, lines);
    checkShown(part, lines);
    require(part.size() <= kBytesMax + kMarkBytesMax);
  }
  require(shortened(text, kBytesMax).size() <= kBytesMax + kMarkBytesMax);
  require(!isUtf8(text) || isUtf8(shortened(text, kBytesMax)));
  const std::string json = escapeJson(text);
  checkShown(json, Lines::kOne);
  const auto parsed = nlohmann::json::parse('"' + json + '"', nullptr, /*allow_exceptions=*/false);
  require(parsed.is_string());
  require(!isUtf8(text) || parsed.get<std::string>() == text);
  return 0;
}
