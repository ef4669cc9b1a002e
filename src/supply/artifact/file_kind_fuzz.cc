// Fuzzes describe(), which must not read beyond the bytes, and the parser of a `module` value,
// which must give a path or a mistake.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "supply/artifact/file_kind.h"
#include "supply/artifact/reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wagi::artifact;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string description = describe(bytes);
  wagi::require(fileKindOf(bytes) == FileKind::kModule || !description.empty());
  const auto reference = parseReference(bytes);
  if (reference) wagi::require(!reference->text.empty() && !reference->text.contains('\0'));
  if (!reference) wagi::require(!reference.error().message.empty());
  return 0;
}
