// Notices that one of a set of files was changed, replaced, removed or made.
//
// The directories are watched rather than the files: an editor that renames a new file over the old
// one, or a symbolic link that is pointed elsewhere, is a change like any other. Used from the
// first process's loop.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace wagi::runner {

class Watcher {
 public:
  [[nodiscard]] static Result<Watcher> create();

  // Replaces the set by these files, as they are now. Call it before they are read, so that no
  // change is lost. A directory that can't be watched is in the result, with the reason.
  [[nodiscard]] std::vector<std::string> watch(const std::vector<std::string>& files);

  // To be polled for reading; then read() is due, which says whether there was anything.
  [[nodiscard]] int fd() const { return inotify_.get(); }
  [[nodiscard]] bool read();

  // Whether a file isn't what it was when watch() was called, or this last returned true.
  [[nodiscard]] bool changed();

 private:
  // Metadata that changes with a file's content. All zero for one that isn't there.
  struct Signature {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t bytes = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Signature&) const = default;
  };
  using Signatures = std::map<std::string, Signature>;

  explicit Watcher(UniqueFd inotify) : inotify_(std::move(inotify)) {}
  [[nodiscard]] static Signature signatureOf(const std::string& file);

  UniqueFd inotify_;
  std::vector<int> watches_;
  Signatures signatures_;
};

}  // namespace wagi::runner
