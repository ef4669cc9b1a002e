// Fuzzes the reader of signed payloads, and Base64: a payload that is refused has a reason, none is
// about two digests, and decoding gives back the bytes that were encoded.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/base64.h"
#include "base/fuzzing.h"
#include "supply/trust/payload.h"

using wagi::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wagi::trust;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kDigest = "sha256:00";
  const auto checked = checkPayload(text, kDigest);
  if (!checked) require(!checked.error().message.empty());
  if (checked) require(!checkPayload(text, "sha256:11"));
  const std::string encoded = wagi::encodeBase64(text);
  if (encoded.size() <= (1 << 20)) require(wagi::decodeBase64(encoded) == text);
  if (const auto bytes = wagi::decodeBase64(text)) require(bytes->size() <= size);
  return 0;
}
