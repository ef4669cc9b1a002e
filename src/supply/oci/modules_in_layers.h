// Lists the modules in an image's file system, and chooses the one to serve.
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

// Normalises a path of an archive: "./a//b/" and "/a/b" are "a/b". nullopt where a part is "..".
[[nodiscard]] std::optional<std::string> pathInImage(std::string_view path);

// The files that are modules, or named .wasm, after each layer has changed the file system in turn,
// whiteouts included (OCI image specification, "Image Layer Filesystem Changeset").
class ModulesInLayers {
 public:
  struct File {
    std::size_t layer = 0;
    std::uint64_t size = 0;
    bool is_module = false;  // Whether its bytes begin as a module.
  };
  enum class EntryKind { kFolder, kFile, kOther };

  // Takes one entry of the archive `file.layer`. Entries come in their order, archive by archive.
  // The error names a path that leaves the image.
  [[nodiscard]] Result<void> add(std::string_view path, EntryKind kind, const File& file);
  // All files, by path.
  [[nodiscard]] const std::map<std::string, File>& files() const { return files_; }
  // The paths of those that are modules.
  [[nodiscard]] std::vector<std::string> modules() const;

 private:
  void removeBelow(const std::string& folder, std::size_t layer);

  std::map<std::string, File> files_;
};

// The path of the module to serve: the first of `programs` that is one, else the only module, else
// the only one named .wasm. The error lists the modules.
[[nodiscard]] Result<std::string> chooseModule(const ModulesInLayers& found,
                                               const std::vector<std::string>& programs);

}  // namespace wagi::oci
