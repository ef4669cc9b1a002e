// Fuzzes patterns of file names. An input is a pattern, a line feed and a path. Hidden::kAsOthers
// must match all that kByNameOnly does, and a pattern without wildcards must match itself.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "supply/glob/glob.h"

using namespace wagi::glob;
using wagi::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  const std::string_view pattern = text.substr(0, end);
  const std::string_view path = end == std::string_view::npos ? "a" : text.substr(end + 1);
  const auto glob = Glob::parse(pattern, Hidden::kByNameOnly);
  const auto all = Glob::parse(pattern, Hidden::kAsOthers);
  require(glob.has_value() == all.has_value());
  if (!glob) {
    require(!glob.error().message.empty());
    return 0;
  }
  require(!glob->matches(path) || all->matches(path));
  if (const auto literal = glob->literal()) {
    require(!literal->empty() && !literal->starts_with('/') && !literal->ends_with('/'));
    require(glob->matches(*literal));
  }
  return 0;
}
