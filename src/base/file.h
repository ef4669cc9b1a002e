// Reads and writes whole files, and makes directories that go away with their owner.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace wagi {

// A descriptor of the folder at `path`, to open what is beneath it (O_PATH); without one errno says
// why.
[[nodiscard]] UniqueFd openFolder(const std::string& path);

// Everything in the regular file at `path`. The error names it and says why, in words.
[[nodiscard]] Result<std::string> readFile(const std::string& path, std::uint64_t bytes_max);

// Like readFile(), for a file that is open already; `path` names it in messages only.
[[nodiscard]] Result<std::string> readAll(int fd, const std::string& path, std::uint64_t bytes_max);

// Hands the bytes of an open file to `take`, from where it stands to its end; `path` names it in
// messages only.
[[nodiscard]] Result<void> readPieces(
    int fd, const std::string& path,
    const std::function<Result<void>(std::string_view bytes)>& take);

// All of `bytes` to an open file; false leaves errno.
[[nodiscard]] bool writeAll(int fd, std::string_view bytes);

// Makes a file of these bytes; fails where `path` exists.
[[nodiscard]] Result<void> writeNewFile(const std::string& path, std::string_view bytes,
                                        mode_t mode);

// Makes a directory under $TMPDIR (else /tmp) that only its owner may enter, named `prefix` and six
// random characters. Returns its path.
[[nodiscard]] Result<std::string> makeTemporaryDirectory(const std::string& prefix);

// Owns a temporary directory. The destructor removes it with everything in it, but only in the
// process that made it: a forked child leaves it alone.
class TemporaryDirectory {
 public:
  [[nodiscard]] static Result<TemporaryDirectory> create(const std::string& prefix);
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept;
  ~TemporaryDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  TemporaryDirectory(std::string path, int pid) : path_(std::move(path)), pid_(pid) {}
  void remove();

  std::string path_;  // Empty when moved from.
  int pid_;           // The process that made the directory.
};

}  // namespace wagi
