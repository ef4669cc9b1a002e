// Fuzzes the reader of references: no part of one has a character that means something else in a
// URL, text() reads back as the same reference, and what is refused has a reason.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "supply/oci/reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wagi::oci;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reference = parseReference(text);
  if (!reference) {
    if (reference.error().message.empty()) std::abort();
    return 0;
  }
  if (reference->repository.find_first_of("?#%@:\\ ") != std::string::npos) std::abort();
  if (reference->repository.find("..") != std::string::npos) std::abort();
  if (reference->registry.find_first_of("?#%@/\\ ") != std::string::npos) std::abort();
  if (reference->tag.find_first_of("?#%@/:\\ ") != std::string::npos) std::abort();
  const auto again = parseReference(reference->text());
  if (!again || again->text() != reference->text()) std::abort();
  return 0;
}
