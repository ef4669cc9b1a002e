// The `files` of a component as volumes: whole folders as they are, anything else copied.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "supply/glob/folder.h"
#include "supply/spin/manifest.h"
#include "supply/spin/report.h"

namespace wagi::spin {

// What one component sees.
struct Files {
  std::vector<std::pair<std::string, std::string>> folders;  // Guest path, path in the project.
  // Path below the guest's "/", path in the project. With these the volumes are one folder that all
  // is copied to, `folders` too.
  std::vector<std::pair<std::string, std::string>> copies;
};

enum class Copying { kNo, kYes };

// Without copying, what would need it is left out. Patterns match as in Spin, hidden
// files too; `limits` are those of all components.
[[nodiscard]] Files filesOf(const Component& component, const glob::Folder& project,
                            glob::Limits& limits, Copying copying, Report& report);

// Makes `folder`, which must not exist, and copies there.
[[nodiscard]] Result<void> copy(const Files& files, const glob::Folder& project,
                                const std::string& folder);

}  // namespace wagi::spin
