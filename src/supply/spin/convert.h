// Converts a spin.toml to a modules.toml, for `wagi import`.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "supply/glob/folder.h"
#include "supply/spin/manifest.h"
#include "supply/spin/mounts.h"
#include "supply/spin/report.h"

namespace wagi::spin {

struct Converted {
  // In the order in which Wagi is to try them. Spin takes the most specific route, whatever the
  // order of its file.
  std::vector<config::Module> modules;
  std::vector<std::string> components;                // The component of each module.
  std::vector<std::pair<std::string, Files>> copies;  // Files to copy, each set with its folder.
};

// Where the modules.toml will be.
struct Destination {
  std::string folder;                 // Put before relative paths; "": they stay as they are.
  std::optional<std::string> copies;  // A folder for files that have to be copied, if they may be.
};

// Converts what Wagi can serve; the rest is in the report's `left_out`.
[[nodiscard]] Converted convert(const Manifest& manifest, const glob::Folder& project,
                                const Destination& destination, Report& report);

// The text of the modules.toml. Its first lines say what it was made from. REQUIRES: there is a
// module.
[[nodiscard]] Result<std::string> write(const Converted& converted, const Manifest& manifest,
                                        const std::string& file);

}  // namespace wagi::spin
