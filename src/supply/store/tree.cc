// Makes folders whose files are blobs of the store, for a guest's "/".
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "base/sha256.h"
#include "supply/store/store.h"
#include "supply/store/write.h"

namespace wagi::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPathBytesMax = 1024;
constexpr std::size_t kPartBytesMax = 255;  // NAME_MAX
// Anyone may read, since a worker may run as a lesser user than the process that fetched. It can't
// pass through the store's folder, but has a descriptor of the tree open.
constexpr mode_t kFolderMode = 0755;

// Why `path` can't be that of a file in a tree; empty where it can.
std::string faultOf(std::string_view path) {
  if (path.empty()) return "it is empty";
  if (path.size() > kPathBytesMax) return fmt::format("it is over {} bytes", kPathBytesMax);
  if (path.contains('\0')) return "it has a NUL byte in it";
  if (path.starts_with('/')) return "it must be relative";
  while (true) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (part.empty()) return "one of its parts is empty";
    if (part == "." || part == "..") return fmt::format("'{}' may not be a part of it", part);
    if (part.size() > kPartBytesMax) return fmt::format("a part is over {} bytes", kPartBytesMax);
    if (end == path.size()) return {};
    path.remove_prefix(end + 1);
  }
}

// A tree that is still being made. The destructor removes it, unless it was renamed.
class Draft {
 public:
  explicit Draft(const std::string& parent) : path_(parent + "/" + std::string(kTemporaryMark)) {
    path_ += "XXXXXX";
    made_ = ::mkdtemp(path_.data()) != nullptr && ::chmod(path_.c_str(), kFolderMode) == 0;
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_;
};

Result<void> place(const std::string& blob, const std::string& path, std::set<std::string>& made) {
  const auto failed = [&](std::string_view why) {
    return fail(fmt::format("can't make {}: {}", path, why));
  };
  // Makes the folders on the way that this tree doesn't have yet.
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (folder.empty() || !made.insert(folder).second) continue;
    if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
      return failed(std::strerror(errno));
    }
    ::chmod(folder.c_str(), kFolderMode);  // mkdir(2) has applied the umask.
  }
  if (::link(blob.c_str(), path.c_str()) == 0) return {};
  if (errno != EMLINK && errno != EXDEV && errno != EPERM) return failed(std::strerror(errno));
  std::error_code error;
  fs::copy_file(blob, path, error);
  return error ? failed(error.message()) : Result<void>();
}

}  // namespace

Result<std::string> Store::tree(const std::vector<std::pair<std::string, Digest>>& files) const {
  auto sorted = files;
  std::ranges::sort(sorted);
  Sha256 hash;
  const std::pair<std::string, Digest>* before = nullptr;
  for (const auto& file : sorted) {
    const auto& [path, digest] = file;
    if (const std::string fault = faultOf(path); !fault.empty()) {
      return fail(fmt::format("'{}' can't be a file's path: {}", path, fault));
    }
    if (before != nullptr && before->first == path) {
      return fail(fmt::format("the file '{}' is there twice", path));
    }
    before = &file;
    hash.update(fmt::format("{} {}\n{}", digest, path.size(), path));
  }
  std::string path = fmt::format("{}/trees/{}", directory_, hash.hex());
  std::error_code error;
  if (fs::is_directory(path, error)) {
    ::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
    return path;
  }

  const Draft draft(directory_ + "/trees");
  if (!draft.made()) return fail(fmt::format("can't make {}: {}", path, std::strerror(errno)));
  std::set<std::string> made{draft.path()};
  for (std::size_t slash = 0; (slash = draft.path().find('/', slash + 1)) != std::string::npos;) {
    made.insert(draft.path().substr(0, slash));
  }
  for (const auto& [name, digest] : sorted) {
    const auto blob = find(digest);
    if (!blob)
      return fail(fmt::format("the blob sha256:{} of the file '{}' is missing", digest, name));
    if (auto placed = place(*blob, fmt::format("{}/{}", draft.path(), name), made); !placed) {
      return fail(fmt::format("the file '{}': {}", name, placed.error().message));
    }
  }
  // Another process may have made the tree first, which is the same then.
  if (::rename(draft.path().c_str(), path.c_str()) != 0 && errno != EEXIST && errno != ENOTEMPTY) {
    return fail(fmt::format("can't make {}: {}", path, std::strerror(errno)));
  }
  return path;
}

}  // namespace wagi::store
