// What a registry asks for with a 401: read to its end, whatever it is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "supply/oci/challenge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  const auto challenge = wagi::oci::parseChallenge(value);
  if (!challenge) return 0;
  std::size_t bytes = 0;
  for (const auto& [name, text] : challenge->parameters) {
    if (name.empty()) std::abort();
    bytes += name.size() + text.size();
  }
  if (bytes > size) std::abort();
  return 0;
}
