// Fuzzes the reader of a guest's headers. The result must be a block of fields that no other reader
// takes for more, and none of them may be one of the connection.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "net/outbound/fields.h"

using wagi::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (wagi::outbound::isMethod(text)) require(text.find_first_of(" \r\n\t:/") == text.npos);
  const auto fields = wagi::outbound::readRequestFields(text);
  if (!fields) return 0;
  std::string_view rest = fields->text;
  std::string lines;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    require(end != rest.npos && end > 0);
    const std::string_view line = rest.substr(0, end);
    require(line.find_first_of(std::string_view("\r\n\0", 3)) == line.npos);
    const std::size_t colon = line.find(": ");
    require(colon != line.npos && colon > 0 && line.find_first_of(" \t:") == colon);
    lines.append(line).append("\n");
    rest.remove_prefix(end + 2);
  }
  const auto again = wagi::outbound::readRequestFields(lines);
  require(again && again->text == fields->text);
  return 0;
}
