// Which modules an image's file system has, and which of them is meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wagi::oci {

// "a/b" for "./a//b/" and "/a/b"; nullopt where a part is "..".
[[nodiscard]] std::optional<std::string> pathInImage(std::string_view path);

// Files that are modules, or called .wasm, in a file system that layers change one after the other
// (whiteouts included: OCI image specification, "Image Layer Filesystem Changeset").
class ModulesInLayers {
 public:
  struct File {
    std::size_t layer = 0;
    std::uint64_t size = 0;
    bool is_module = false;  // By its bytes.
  };
  enum class EntryKind { kFolder, kFile, kOther };

  // One entry of the archive `file.layer`, which begins where the one before ended. The error says
  // which path can't be one.
  [[nodiscard]] Result<void> add(std::string_view path, EntryKind kind, const File& file);
  // By their paths.
  [[nodiscard]] const std::map<std::string, File>& files() const { return files_; }
  // Those that are modules, by their paths.
  [[nodiscard]] std::vector<std::string> modules() const;

 private:
  void removeBelow(const std::string& folder, std::size_t layer);

  std::map<std::string, File> files_;
};

// The path of the module that is meant: the first one among `programs`, else the only one, else the
// only one called .wasm. The error lists those that there are.
[[nodiscard]] Result<std::string> chooseModule(const ModulesInLayers& found,
                                               const std::vector<std::string>& programs);

}  // namespace wagi::oci
