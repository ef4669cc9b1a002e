// Parses a HIPPOFACTS, which says what a project folder serves, and which files each handler sees.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "supply/bindle/document.h"
#include "supply/bindle/id.h"
#include "supply/glob/glob.h"

namespace wagi::hippo {

using Diagnostics = std::vector<config::Diagnostic>;

inline constexpr std::size_t kEntriesMax = 1'000;   // For handlers, and for exports.
inline constexpr std::size_t kPatternsMax = 1'000;  // For one handler or export.

// A pattern of files that a handler sees.
struct Files {
  glob::Glob glob;
  config::Place place;
};

// A [[handler]] or an [[export]].
struct Entry {
  enum class Kind {
    kHandler,   // Serves `route` with the module in the file `name`.
    kExternal,  // Serves `route` with what the bindle `bindle` exports as `id`.
    kExport,    // Lets other bindles have the module in the file `name`, as `id`.
  };
  Kind kind = Kind::kHandler;
  std::string route;
  std::string name;  // A path below the folder.
  bindle::Id bindle;
  std::string id;
  std::optional<std::string> entrypoint;
  std::vector<Files> files;
  config::Place place;  // Where the table begins.

  // The name of the group that has its files.
  [[nodiscard]] std::string group() const;
};

struct Hippofacts {
  bindle::Id id;
  std::optional<std::string> description;
  std::vector<std::string> authors;
  bindle::Texts annotations;
  std::vector<Entry> entries;  // At least one; handlers come first.
};

// Reads a whole HIPPOFACTS. `file` names it in messages only; all mistakes are reported, an unknown
// key among them.
[[nodiscard]] std::expected<Hippofacts, Diagnostics> parse(std::string_view text,
                                                           const std::string& file);

// The path of the HIPPOFACTS in the folder `path`, or `path` itself if it isn't a folder. Fails
// where there is none, and where there are two, since nobody can tell which is meant.
[[nodiscard]] Result<std::string> findHippofacts(const std::string& path);
// The folder whose files a project of that path names: `path` itself, or the one that it is in.
[[nodiscard]] std::string folderOf(const std::string& path);

}  // namespace wagi::hippo
