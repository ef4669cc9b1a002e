// Turns the `files` of a component into volumes: whole folders are mounted, anything else is
// copied.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "supply/glob/folder.h"
#include "supply/spin/manifest.h"
#include "supply/spin/report.h"

namespace wagi::spin {

// The files that one component sees.
struct Files {
  std::vector<std::pair<std::string, std::string>> folders;  // Guest path, path in the project.
  // Path below the guest's "/", path in the project. If there are any, the only volume is one
  // folder to which all is copied, `folders` too.
  std::vector<std::pair<std::string, std::string>> copies;
};

enum class Copying { kNo, kYes };

// Finds the files of a component. Under Copying::kNo, files that would have to be copied are left
// out. Patterns match as in Spin, hidden files too. `limits` bounds all components together.
[[nodiscard]] Files filesOf(const Component& component, const glob::Folder& project,
                            glob::Limits& limits, Copying copying, Report& report);

// Makes `folder`, which must not exist, and copies all of `files` to it.
[[nodiscard]] Result<void> copy(const Files& files, const glob::Folder& project,
                                const std::string& folder);

}  // namespace wagi::spin
