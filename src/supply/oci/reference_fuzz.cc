// Fuzzes the reader of references: no part of one has a character that means something else in a
// URL, text() reads back as the same reference, and what is refused has a reason.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "supply/oci/reference.h"

using wagi::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wagi::oci;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reference = parseReference(text);
  if (!reference) {
    require(!reference.error().message.empty());
    return 0;
  }
  require(reference->repository.find_first_of("?#%@:\\ ") == std::string::npos);
  require(!reference->repository.contains(".."));
  require(reference->registry.find_first_of("?#%@/\\ ") == std::string::npos);
  require(reference->tag.find_first_of("?#%@/:\\ ") == std::string::npos);
  const auto again = parseReference(reference->text());
  require(again && again->text() == reference->text());
  return 0;
}
