// A project's folder: what patterns match in it, and reading it, without ever leaving it.
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

struct Limits {
  std::size_t files_max = 10'000;     // That match one pattern.
  std::size_t entries_max = 500'000;  // That are looked at, for all patterns together.
  std::size_t depth_max = 64;         // Of folders in folders.
};

struct Found {
  std::vector<std::string> files;    // Relative to the folder, in the order of their names.
  std::vector<std::string> folders;  // Those that were listed, as well; "." is the folder itself.
};

// Paths are followed beneath the folder alone (base/beneath.h): a ".." or a symbolic link that
// would lead out of it is an error.
class Folder {
 public:
  [[nodiscard]] static Result<Folder> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }

  // The regular files that match. Fails past a limit, where a match is a symbolic link out of the
  // folder or to nothing, isn't a regular file or folder, or has a name that isn't UTF-8. What was
  // looked at is taken from `entries_max`, so that many patterns take no longer than one.
  [[nodiscard]] Result<Found> find(const Glob& glob, Limits& limits) const;

  enum class Kind { kNothing, kFile, kFolder };
  // Fails for what leaves the folder and what is neither.
  [[nodiscard]] Result<Kind> kindOf(const std::string& name) const;
  // A regular file in it.
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
