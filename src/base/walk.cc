#include "base/walk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace wagi {
namespace {

class Walk {
 public:
  Walk(int directory, std::string_view path, int flags, mode_t mode)
      : root_(directory), rest_(path), flags_(flags), mode_(mode) {}

  int run() {
    while (true) {
      const std::string name = next();
      const int result = rest_.empty() ? last(name) : enter(name);
      if (result != kGoesOn) return result;
    }
  }

 private:
  static constexpr int kGoesOn = 0;  // Never a descriptor, since 0 is taken, nor an errno.

  [[nodiscard]] int here() const { return folders_.empty() ? root_ : folders_.back().get(); }

  // Takes the next component off the rest, which keeps the slash behind it: the rest is empty after
  // the last component, and "/" if a slash follows that.
  std::string next() {
    const std::size_t begin = rest_.find_first_not_of('/');
    if (begin == std::string::npos) {  // The path ends in a slash, so it names the folder itself.
      rest_.clear();
      flags_ |= O_DIRECTORY;
      return ".";
    }
    const std::size_t end = rest_.find('/', begin);
    std::string name = rest_.substr(begin, end == std::string::npos ? end : end - begin);
    rest_.erase(0, end == std::string::npos ? rest_.size() : end);
    return name;
  }

  // Puts the target of the link `name` before the rest. -EINVAL where `name` isn't a link.
  int follow(const std::string& name) {
    if (++links_ > kSymlinksMax) return -ELOOP;
    std::string target(kPathBytesMax, '\0');
    const ssize_t length = ::readlinkat(here(), name.c_str(), target.data(), target.size());
    if (length < 0) return -errno;
    target.resize(static_cast<std::size_t>(length));
    if (target.starts_with('/')) return -EXDEV;
    if (target.size() + rest_.size() >= kPathBytesMax) return -ENAMETOOLONG;
    rest_.insert(0, target);
    return kGoesOn;
  }

  int leave() {
    if (folders_.empty()) return -EXDEV;
    folders_.pop_back();
    return kGoesOn;
  }

  // Enters a component that isn't the last.
  int enter(const std::string& name) {
    if (name == ".") return kGoesOn;
    if (name == "..") return leave();
    if (folders_.size() >= kWalkDepthMax) return -ENAMETOOLONG;
    UniqueFd folder(::openat(here(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder) {
      folders_.push_back(std::move(folder));
      return kGoesOn;
    }
    // With O_DIRECTORY a link may give ENOTDIR, too.
    const int error = errno;
    if (error != ENOTDIR && error != ELOOP) return -error;
    const int followed = follow(name);
    return followed == -EINVAL ? -ENOTDIR : followed;
  }

  int last(const std::string& name) {
    if (name == ".." && leave() != kGoesOn) return -EXDEV;
    if (name == "." || name == "..") return open(".");
    const bool follows = (flags_ & O_NOFOLLOW) == 0 && (flags_ & O_EXCL) == 0;
    if (!follows) return open(name);
    const int fd = open(name);
    if (fd < 0 && fd != -ELOOP && fd != -ENOTDIR) return fd;
    if (fd >= 0 && !isLink(fd)) return fd;
    if (fd >= 0) ::close(fd);
    const int followed = follow(name);
    return followed == -EINVAL ? (fd < 0 ? fd : -ENOENT) : followed;
  }

  // Whether `fd` is a link's, which can only be an O_PATH descriptor.
  [[nodiscard]] bool isLink(int fd) const {
    struct stat stat{};
    return (flags_ & O_PATH) != 0 && ::fstat(fd, &stat) == 0 && S_ISLNK(stat.st_mode);
  }

  [[nodiscard]] int open(const std::string& name) const {
    const int fd = ::openat(here(), name.c_str(), flags_ | O_NOFOLLOW, mode_);
    return fd < 0 ? -errno : fd;
  }

  const int root_;
  std::string rest_;
  int flags_;
  const mode_t mode_;
  std::vector<UniqueFd> folders_;  // From root_ to the folder where the walk is.
  std::size_t links_ = 0;
};

}  // namespace

int walkBeneath(int directory, std::string_view path, int flags, mode_t mode) {
  if (path.empty()) return -ENOENT;
  if (path.starts_with('/')) return -EXDEV;
  if ((flags & O_CREAT) != 0 && path.ends_with('/')) return -EISDIR;
  return Walk(directory, path, flags, mode).run();
}

}  // namespace wagi
