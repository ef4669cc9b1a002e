#include "supply/glob/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "base/beneath.h"
#include "base/file.h"
#include "base/utf8.h"

namespace wagi::glob {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

constexpr std::string_view kItself = ".";

std::string joined(const std::string& folder, std::string_view name) {
  return folder == kItself ? std::string(name) : fmt::format("{}/{}", folder, name);
}

}  // namespace

Result<Folder> Folder::open(const std::string& path) {
  UniqueFd fd = openFolder(path);
  if (!fd) return fail(fmt::format("can't open the folder {}: {}", path, std::strerror(errno)));
  return Folder(path, std::move(fd));
}

std::expected<UniqueFd, int> Folder::openIn(const std::string& name, int flags) const {
  Openat2 kernel;
  return openBeneath(kernel, fd_.get(), name, flags);
}

Error Folder::errorAt(std::string_view name, int error) const {
  if (error == EXDEV) {
    return {
        fmt::format("{} leaves the folder {}: it is, or passes through, a symbolic link to "
                    "somewhere else",
                    name, path_)};
  }
  return {fmt::format("can't read {}/{}: {}", path_, name, std::strerror(error))};
}

Result<Folder::Kind> Folder::kindOf(const std::string& name) const {
  const auto fd = openIn(name, O_PATH);
  if (!fd && (fd.error() == ENOENT || fd.error() == ENOTDIR)) return Kind::kNothing;
  if (!fd) return std::unexpected(errorAt(name, fd.error()));
  struct stat status{};
  if (::fstat(fd->get(), &status) != 0) return std::unexpected(errorAt(name, errno));
  if (S_ISDIR(status.st_mode)) return Kind::kFolder;
  if (S_ISREG(status.st_mode)) return Kind::kFile;
  return fail(fmt::format("{}/{} is neither a file nor a folder", path_, name));
}

Result<std::string> Folder::read(const std::string& name, std::uint64_t bytes_max) const {
  // O_NONBLOCK: opening a FIFO must not wait for somebody to write to it.
  const auto fd = openIn(name, O_RDONLY | O_NONBLOCK);
  if (!fd) return std::unexpected(errorAt(name, fd.error()));
  return readAll(fd->get(), fmt::format("{}/{}", path_, name), bytes_max);
}

// One walk through the folders in which a pattern may match.
class Folder::Walk {
 public:
  Walk(const Folder& folder, const Glob& glob, Limits& limits)
      : folder_(folder), glob_(glob), limits_(limits) {}

  Result<Found> run() {
    pending_.push_back({std::string(kItself), glob_.start(), 1});
    while (!pending_.empty()) {
      const Pending next = std::move(pending_.back());
      pending_.pop_back();
      if (auto listed = list(next); !listed) return std::unexpected(std::move(listed.error()));
    }
    std::ranges::sort(found_.files);
    std::ranges::sort(found_.folders);
    return std::move(found_);
  }

 private:
  struct Pending {
    std::string path;
    Glob::Position position;
    std::size_t depth;
  };

  Result<void> list(const Pending& pending) {
    auto fd = folder_.openIn(pending.path, O_RDONLY | O_DIRECTORY);
    if (!fd) return std::unexpected(folder_.errorAt(pending.path, fd.error()));
    const Directory directory(::fdopendir(fd->get()));
    if (directory == nullptr) return std::unexpected(folder_.errorAt(pending.path, errno));
    static_cast<void>(fd->release());
    found_.folders.push_back(pending.path);
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr && errno != 0) {
        return std::unexpected(folder_.errorAt(pending.path, errno));
      }
      if (entry == nullptr) return {};
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (limits_.entries_max == 0) {
        return fail(
            fmt::format("with the pattern `{}`, too many files and folders in {} are looked "
                        "at",
                        glob_.text(), folder_.path()));
      }
      --limits_.entries_max;
      if (auto seen = see(pending, name, typeOf(*entry, directory.get())); !seen) return seen;
    }
  }

  static unsigned char typeOf(const dirent& entry, DIR* directory) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type;
    struct stat status{};
    if (::fstatat(::dirfd(directory), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return DT_UNKNOWN;
    }
    return static_cast<unsigned char>(IFTODT(status.st_mode));
  }

  Result<void> see(const Pending& pending, std::string_view name, unsigned char type) {
    Glob::Position position = glob_.step(pending.position, name, Glob::Step::kAny);
    if (position.empty()) return {};
    const std::string path = joined(pending.path, name);
    if (type == DT_DIR) return descend(pending, path, std::move(position));
    if (type != DT_LNK) {
      if (!glob_.isEnd(position)) return {};
      if (type != DT_REG) return fail(fmt::format("{} isn't a regular file", inFolder(path)));
      return match(path);
    }
    // A link through which only a "**" would pass isn't followed.
    const bool is_end = glob_.isEnd(position);
    position = glob_.step(pending.position, name, Glob::Step::kDirectly);
    if (!is_end && position.empty()) return {};
    const auto kind = folder_.kindOf(path);
    if (!kind) return std::unexpected(kind.error());
    if (*kind == Kind::kNothing) {
      if (!is_end) return {};
      return fail(fmt::format("{} is a symbolic link to nothing", inFolder(path)));
    }
    if (*kind == Kind::kFile) return is_end ? match(path) : Result<void>();
    return descend(pending, path, std::move(position));
  }

  Result<void> descend(const Pending& from, const std::string& path, Glob::Position position) {
    if (!glob_.goesOn(position)) return {};
    if (from.depth == limits_.depth_max) {
      return fail(fmt::format("the pattern `{}` goes more than {} folders deep, to {}",
                              glob_.text(), limits_.depth_max, inFolder(path)));
    }
    pending_.push_back({path, std::move(position), from.depth + 1});
    return {};
  }

  Result<void> match(const std::string& path) {
    if (!isUtf8(path)) {
      return fail(fmt::format("a name that the pattern `{}` matches isn't UTF-8", glob_.text()));
    }
    if (found_.files.size() == limits_.files_max) {
      return fail(fmt::format("the pattern `{}` matches more than {} files in {}", glob_.text(),
                              limits_.files_max, folder_.path()));
    }
    found_.files.push_back(path);
    return {};
  }

  std::string inFolder(std::string_view path) const {
    return fmt::format("{}/{}", folder_.path(), path);
  }

  const Folder& folder_;
  const Glob& glob_;
  Limits& limits_;
  Found found_;
  std::vector<Pending> pending_;
};

Result<Found> Folder::find(const Glob& glob, Limits& limits) const {
  const auto literal = glob.literal();
  if (!literal) return Walk(*this, glob, limits).run();
  const auto kind = kindOf(*literal);
  if (!kind) return std::unexpected(kind.error());
  Found found;
  if (*kind == Kind::kFile) found.files.push_back(*literal);
  return found;
}

}  // namespace wagi::glob
