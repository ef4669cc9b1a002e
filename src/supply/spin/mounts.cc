#include "supply/spin/mounts.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>

namespace wagi::spin {
namespace {

namespace fs = std::filesystem;
using glob::Folder;
using glob::Glob;

constexpr std::uint64_t kFileBytesMax = 1ULL << 30;

// The folder all of which `pattern` matches: "a" for "a/**/*", "." for "**/*".
std::optional<std::string> wholeFolder(std::string_view pattern) {
  for (const std::string_view all : {"/**/*", "/**"}) {
    if (pattern == all.substr(1)) return ".";
    if (!pattern.ends_with(all)) continue;
    const std::string_view folder = pattern.substr(0, pattern.size() - all.size());
    if (folder.find_first_of("*?[") != std::string_view::npos) return std::nullopt;
    const auto path = glob::normalPath(folder);
    return path ? std::optional(*path) : std::nullopt;
  }
  return std::nullopt;
}

// The state of one call of filesOf().
class Mounting {
 public:
  Mounting(const Component& component, const Folder& project, glob::Limits& limits, Copying copying,
           Report& report)
      : component_(component),
        project_(project),
        limits_(limits),
        copying_(copying),
        report_(report) {}

  Files run() {
    for (const Fields::Text& text : component_.excluded) {
      auto glob = Glob::parse(text.text, glob::Hidden::kAsOthers);
      if (glob) {
        excluded_.push_back(*std::move(glob));
      } else {
        leaveOut(text.place, glob.error().message);
      }
    }
    for (const Mount& mount : component_.files) add(mount);
    if (must_copy_) {
      for (const auto& [guest, folder] : folders_) copyFolder(guest, folder);
      folders_.clear();
    }
    return {{folders_.begin(), folders_.end()}, {copies_.begin(), copies_.end()}};
  }

 private:
  void leaveOut(const config::Place& place, std::string_view why) {
    report_.leaveOut(place, fmt::format("files of component `{}`: {}", component_.id, why));
  }

  void add(const Mount& mount) {
    if (mount.destination.empty()) return addPattern(mount);
    const auto source = glob::normalPath(mount.source);
    // The whole project is written as "", "." or "./".
    const bool is_all = mount.source.find_first_not_of("./") == std::string::npos &&
                        !mount.source.contains("..") && !mount.source.starts_with('/');
    if (!source && !is_all) {
      return leaveOut(mount.place, fmt::format("`{}`: {}", mount.source, source.error().message));
    }
    addPath(mount, is_all ? "." : *source, mount.destination);
  }

  void addPattern(const Mount& mount) {
    const auto glob = Glob::parse(mount.source, glob::Hidden::kAsOthers);
    if (!glob) return leaveOut(mount.place, glob.error().message);
    if (const auto path = glob->literal()) return addPath(mount, *path, "/" + *path);
    if (const auto folder = wholeFolder(mount.source)) {
      return addPath(mount, *folder, *folder == "." ? "/" : "/" + *folder);
    }
    if (copying_ == Copying::kNo) {
      return leaveOut(mount.place, fmt::format("the pattern `{}` means some files of a folder, "
                                               "which must be copied: give --files DIR",
                                               mount.source));
    }
    must_copy_ = true;
    copyPattern(mount.place, *glob);
  }

  void addPath(const Mount& mount, const std::string& path, const std::string& destination) {
    const auto kind = project_.kindOf(path);
    if (!kind) return leaveOut(mount.place, kind.error().message);
    if (*kind == Folder::Kind::kNothing) {
      return leaveOut(mount.place, fmt::format("there is no {}/{}", project_.path(), path));
    }
    const std::string why = whyCopied(*kind, destination);
    const bool needs_copy = !why.empty();
    if (needs_copy && copying_ == Copying::kNo) {
      return leaveOut(mount.place,
                      fmt::format("`{}` is {}, and must be copied: give --files DIR", path, why));
    }
    must_copy_ = must_copy_ || needs_copy;
    if (*kind == Folder::Kind::kFile) {
      addCopy(mount.place, destination, path);
    } else if (!folders_.emplace(destination, path).second) {
      copyFolder(destination, path);
    }
  }

  // Why it has to be copied; "" if it can be a volume as it is.
  std::string whyCopied(Folder::Kind kind, const std::string& destination) const {
    if (kind == Folder::Kind::kFile) return "a file";
    if (!excluded_.empty()) return "a folder of which `exclude_files` names a part";
    if (folders_.contains(destination)) return fmt::format("one of two at {}", destination);
    return {};
  }

  void copyFolder(const std::string& guest, const std::string& folder) {
    const std::string prefix = folder == "." ? "" : folder + "/";
    // A character of the path that would be a wildcard is put in brackets, where it means itself.
    std::string pattern;
    for (const char c : prefix) {
      pattern.append(std::string_view("*?[").contains(c) ? fmt::format("[{}]", c)
                                                         : std::string(1, c));
    }
    const auto glob = Glob::parse(pattern + "**", glob::Hidden::kAsOthers);
    if (!glob) return leaveOut(component_.place, glob.error().message);
    const auto found = project_.find(*glob, limits_);
    if (!found) return leaveOut(component_.place, found.error().message);
    for (const std::string& file : found->files) {
      if (isExcluded(file)) continue;
      addCopy(component_.place, guest + "/" + file.substr(prefix.size()), file);
    }
  }

  void copyPattern(const config::Place& place, const Glob& glob) {
    const auto found = project_.find(glob, limits_);
    if (!found) return leaveOut(place, found.error().message);
    if (found->files.empty()) leaveOut(place, fmt::format("`{}` matches nothing", glob.text()));
    for (const std::string& file : found->files) {
      if (!isExcluded(file)) addCopy(place, file, file);
    }
  }

  void addCopy(const config::Place& place, std::string_view destination, const std::string& file) {
    while (destination.starts_with('/')) destination.remove_prefix(1);
    const auto path = glob::normalPath(destination);
    if (!path) return leaveOut(place, fmt::format("`{}`: {}", destination, path.error().message));
    copies_[*path] = file;  // A later mount replaces an earlier one.
  }

  bool isExcluded(const std::string& file) const {
    return std::ranges::any_of(excluded_, [&](const Glob& glob) { return glob.matches(file); });
  }

  const Component& component_;
  const Folder& project_;
  glob::Limits& limits_;
  const Copying copying_;
  Report& report_;
  std::vector<Glob> excluded_;
  std::map<std::string, std::string> folders_;
  std::map<std::string, std::string> copies_;
  bool must_copy_ = false;
};

}  // namespace

Files filesOf(const Component& component, const glob::Folder& project, glob::Limits& limits,
              Copying copying, Report& report) {
  return Mounting(component, project, limits, copying, report).run();
}

Result<void> copy(const Files& files, const glob::Folder& project, const std::string& folder) {
  std::error_code failed;
  fs::create_directories(fs::path(folder).parent_path(), failed);
  if (!fs::create_directory(folder, failed)) {
    return fail(
        failed ? fmt::format("can't make {}: {}", folder, failed.message())
               : fmt::format("{} is there already: remove it, or give another --files", folder));
  }
  for (const auto& [path, source] : files.copies) {
    const auto bytes = project.read(source, kFileBytesMax);
    if (!bytes) return std::unexpected(bytes.error());
    const fs::path target = fs::path(folder) / path;
    fs::create_directories(target.parent_path(), failed);
    std::ofstream file(target, std::ios::binary);
    file << *bytes;
    file.close();
    if (!file)
      return fail(fmt::format("can't write {}: {}", target.string(), std::strerror(errno)));
  }
  return {};
}

}  // namespace wagi::spin
