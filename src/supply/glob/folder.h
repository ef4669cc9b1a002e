// Finds and reads the files of a project's folder, without ever leaving it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "supply/glob/glob.h"

namespace wagi::glob {

// Bounds on a search, so that a large or hostile folder can't hold the program up.
struct Limits {
  std::size_t files_max = 10'000;     // Files that may match one pattern.
  std::size_t entries_max = 500'000;  // Directory entries looked at, for all patterns together.
  std::size_t depth_max = 64;         // Folders within folders.
};

// The result of a search. All paths are relative to the searched folder, sorted.
struct Found {
  std::vector<std::string> files;    // The files that match.
  std::vector<std::string> folders;  // The folders that were listed; "." is the searched one.
};

// Paths are followed beneath the folder alone (base/beneath.h): a ".." or a symbolic link that
// would lead out of it is an error.
class Folder {
 public:
  [[nodiscard]] static Result<Folder> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }

  // Finds the regular files that match. Fails past a limit, and where a match is a symbolic link
  // out of the folder or to nothing, isn't a regular file or folder, or has a name that isn't
  // UTF-8. Each entry looked at counts down limits.entries_max, so that many patterns take no
  // longer than one.
  [[nodiscard]] Result<Found> find(const Glob& glob, Limits& limits) const;

  // Says what `name` is. Fails where it leaves the folder, or is neither a file nor a folder.
  enum class Kind { kNothing, kFile, kFolder };
  [[nodiscard]] Result<Kind> kindOf(const std::string& name) const;
  // The content of the regular file `name`.
  [[nodiscard]] Result<std::string> read(const std::string& name, std::uint64_t bytes_max) const;

 private:
  class Walk;

  Folder(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  // The error is an errno.
  [[nodiscard]] std::expected<UniqueFd, int> openIn(const std::string& name, int flags) const;
  // "can't read DIR/NAME: why", with words for EXDEV.
  [[nodiscard]] Error errorAt(std::string_view name, int error) const;

  std::string path_;
  UniqueFd fd_;
};

}  // namespace wagi::glob
