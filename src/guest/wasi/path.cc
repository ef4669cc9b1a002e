#include "guest/wasi/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/beneath.h"
#include "base/utf8.h"
#include "base/walk.h"
#include "guest/wasi/errno.h"

namespace wagi::wasi {
namespace {

std::expected<mode_t, Errno> modeOf(const UniqueFd& file) {
  struct stat stat{};
  if (::fstat(file.get(), &stat) < 0) return std::unexpected(fromHost(errno));
  return stat.st_mode;
}

// Whether a guest may open a file of this mode. A link shows only with O_NOFOLLOW, and then the
// open itself refuses it.
bool mayBeOpened(mode_t mode) { return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode); }

}  // namespace

std::expected<std::string, Errno> pathAt(const Call& call, U32 at, U32 length) {
  const auto text = call.memory.text(at, length);
  if (!text) return std::unexpected(Errno::kFault);
  if (text->size() >= kPathBytesMax) return std::unexpected(Errno::kNametoolong);
  if (text->empty()) return std::unexpected(Errno::kNoent);
  if (text->contains('\0')) return std::unexpected(Errno::kInval);
  if (text->starts_with('/')) return std::unexpected(Errno::kNotcapable);
  if (!isUtf8(*text)) return std::unexpected(Errno::kIlseq);
  return std::string(*text);
}

std::expected<UniqueFd, Errno> openBeneath(System& system, int directory, const std::string& path,
                                           int flags, mode_t mode) {
  auto opened = wagi::openBeneath(system, directory, path, flags, mode);
  if (opened) return *std::move(opened);
  return std::unexpected(opened.error() == EXDEV ? Errno::kNotcapable : fromHost(opened.error()));
}

std::expected<UniqueFd, Errno> openFileBeneath(System& system, int directory,
                                               const std::string& path, int flags, mode_t mode,
                                               SpecialFiles special) {
  if (special == SpecialFiles::kOpened) return openBeneath(system, directory, path, flags, mode);
  flags |= O_NONBLOCK;
  // With these flags the kernel opens no special file anyway.
  const bool checked = (flags & O_DIRECTORY) != 0 || (flags & O_EXCL) != 0;
  if (!checked) {
    const auto seen = openBeneath(system, directory, path, O_PATH | (flags & O_NOFOLLOW));
    if (!seen && (flags & O_CREAT) == 0) return std::unexpected(seen.error());
    if (seen) {
      const auto mode_seen = modeOf(*seen);
      if (!mode_seen) return std::unexpected(mode_seen.error());
      if (!mayBeOpened(*mode_seen)) return std::unexpected(Errno::kNxio);
    }
  }
  auto opened = openBeneath(system, directory, path, flags, mode);
  if (!opened) return opened;
  // Another file may have taken the name since the check. It was opened with O_NONBLOCK, and is
  // closed again if it is special.
  const auto mode_opened = modeOf(*opened);
  if (!mode_opened) return std::unexpected(mode_opened.error());
  if (!S_ISREG(*mode_opened) && !S_ISDIR(*mode_opened)) return std::unexpected(Errno::kNxio);
  return opened;
}

std::expected<std::string, Errno> followed(System& system, int directory, std::string path) {
  for (std::size_t links = 0; links <= kSymlinksMax; ++links) {
    const auto link = openBeneath(system, directory, path, O_PATH | O_NOFOLLOW);
    if (!link) return std::unexpected(link.error());
    std::string target(kPathBytesMax, '\0');
    const ssize_t length = ::readlinkat(link->get(), "", target.data(), target.size());
    if (length < 0) return path;  // It isn't a link.
    target.resize(static_cast<std::size_t>(length));
    if (target.starts_with('/')) return std::unexpected(Errno::kNotcapable);
    path.resize(path.rfind('/') + 1);  // npos + 1 is 0.
    path += target;
    if (path.size() >= kPathBytesMax) return std::unexpected(Errno::kNametoolong);
  }
  return std::unexpected(Errno::kLoop);
}

std::expected<Parent, Errno> parentOf(System& system, int directory, std::string path, Errno dots) {
  Parent parent;
  parent.directory = directory;
  while (path.ends_with('/')) {
    path.pop_back();
    parent.slash = true;
  }
  const std::size_t cut = path.rfind('/');
  if (cut == std::string::npos) {
    parent.name = std::move(path);
  } else {
    parent.name = path.substr(cut + 1);
    path.resize(cut);
    auto opened = openBeneath(system, directory, path, O_PATH | O_DIRECTORY);
    if (!opened) return std::unexpected(opened.error());
    parent.opened = std::move(*opened);
    parent.directory = parent.opened.get();
  }
  if (parent.name == "." || parent.name == "..") return std::unexpected(dots);
  return parent;
}

}  // namespace wagi::wasi
