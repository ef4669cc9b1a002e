// Fuzzes the reader of WWW-Authenticate: it must reach the end of any value, and its parameters
// must have names and be no longer than the value.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "supply/oci/challenge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  const auto challenge = wagi::oci::parseChallenge(value);
  if (!challenge) return 0;
  std::size_t bytes = 0;
  for (const auto& [name, text] : challenge->parameters) {
    wagi::require(!name.empty());
    bytes += name.size() + text.size();
  }
  wagi::require(bytes <= size);
  return 0;
}
