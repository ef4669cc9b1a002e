#include "supply/store/write.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/unique_fd.h"

namespace wagi::store {
bool isOursAlone(const struct stat& status) {
  return status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Result<void> writeWhole(const std::string& path, std::string_view bytes, mode_t mode) {
  std::string temporary = fmt::format("{}{}XXXXXX", path, kTemporaryMark);
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  const bool written = fd && writeAll(fd.get(), bytes) && ::fchmod(fd.get(), mode) == 0 &&
                       ::fsync(fd.get()) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (written) return {};
  const int error = errno;
  if (fd) ::unlink(temporary.c_str());
  return fail(fmt::format("can't write {}: {}", path, std::strerror(error)));
}

Result<void> makeOwnFolder(const std::string& path) {
  const auto failed = [&](std::string_view why) {
    return fail(fmt::format("can't keep what is fetched in {}: {}", path, why));
  };
  std::error_code error;
  if (const auto parent = std::filesystem::path(path).parent_path(); !parent.empty()) {
    std::filesystem::create_directories(parent, error);  // Its failure shows in the next line.
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed(std::strerror(errno));
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return failed(std::strerror(errno));
  if (!S_ISDIR(status.st_mode)) return failed("it isn't a directory");
  if (!isOursAlone(status)) {
    return failed("it must belong to this user, and nobody else may write to it");
  }
  return {};
}

}  // namespace wagi::store
