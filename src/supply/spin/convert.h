// A spin.toml as a modules.toml.
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
  // In the order in which Wagi is to try them: Spin takes the route that says most, whatever the
  // order of the file.
  std::vector<config::Module> modules;
  std::vector<std::string> components;                // That each is of.
  std::vector<std::pair<std::string, Files>> copies;  // To the folder named first.
};

struct Destination {
  std::string folder;                 // Put before relative paths; empty: they stay as they are.
  std::optional<std::string> copies;  // A folder for what has to be copied.
};

// What can't be carried over is in the report's `left_out`.
[[nodiscard]] Converted convert(const Manifest& manifest, const glob::Folder& project,
                                const Destination& destination, Report& report);

// The text, with what it was made from at its top. REQUIRES: there is a module.
[[nodiscard]] Result<std::string> write(const Converted& converted, const Manifest& manifest,
                                        const std::string& file);

}  // namespace wagi::spin
