// Fuzzes the import of a spin.toml: a refusal must have a reason, and the result must be a valid
// modules.toml.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/file.h"
#include "base/fuzzing.h"
#include "supply/spin/convert.h"

using namespace wagi;

namespace {

// An empty project folder, so that there is nothing to copy.
const glob::Folder& emptyFolder() {
  static const auto directory = TemporaryDirectory::create("wagi-fuzz-").value();
  static const auto folder = glob::Folder::open(directory.path()).value();
  return folder;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  spin::Report report("spin.toml");
  const auto manifest = spin::parse(text, report);
  require(manifest.has_value() == report.mistakes.none());
  if (!manifest) return 0;
  const auto converted =
      spin::convert(*manifest, emptyFolder(), {.folder = "", .copies = "copies"}, report);
  require(converted.modules.size() == converted.components.size());
  require(converted.modules.size() + (report.left_out.none() ? 0 : 1) >=
          (manifest->triggers.empty() ? 0 : 1));
  if (converted.modules.empty()) return 0;
  const auto written = spin::write(converted, *manifest, "spin.toml");
  require(written.has_value());
  const auto read = config::parse(*written, "modules.toml");
  require(read.has_value() && read->modules.size() == converted.modules.size());
  require(!read->server.workers && !read->server.user);
  return 0;
}
