#include "supply/bindle/parcel_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace wagi::bindle {
namespace {

std::unexpected<Error> failed(std::string_view verb, const std::string& path) {
  return fail(fmt::format("can't {} {}: {}", verb, path, std::strerror(errno)));
}

}  // namespace

Result<std::optional<ParcelWriter>> ParcelWriter::begin(const store::Store& store,
                                                        const store::Digest& digest,
                                                        std::uint64_t size, Wait wait) {
  auto path = store.partialPath(digest);
  if (!path) return std::unexpected(path.error());
  ParcelWriter writer(store, digest, size);
  for (;;) {
    UniqueFd fd(::open(path->c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return failed("write", *path);
    while (::flock(fd.get(), wait == Wait::kYes ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::nullopt;
      if (errno != EINTR) return failed("lock", *path);
    }
    // The process that held the lock may have made this file a blob by now, which others read.
    struct stat held{};
    struct stat there{};
    if (::fstat(fd.get(), &held) != 0) return failed("write", *path);
    if (::stat(path->c_str(), &there) != 0 || there.st_ino != held.st_ino) continue;
    if (::ftruncate(fd.get(), 0) != 0) return failed("write", *path);
    writer.path_ = *std::move(path);
    writer.fd_ = std::move(fd);
    return std::optional(std::move(writer));
  }
}

ParcelWriter::~ParcelWriter() {
  if (fd_) ::unlink(path_.c_str());
}

Result<void> ParcelWriter::write(std::string_view bytes) {
  assert(bytes.size() <= left());
  if (!writeAll(fd_.get(), bytes)) return failed("write", path_);
  written_ += bytes.size();
  return {};
}

Result<void> ParcelWriter::finish() {
  if (written_ != size_) return fail(fmt::format("expected {} bytes, {} came", size_, written_));
  fd_.reset();  // Gives up the lock, for which commit() waits.
  const auto path = store_->commit(digest_);
  if (!path) return std::unexpected(path.error());
  return {};
}

Error moreThan(std::uint64_t size) {
  return {fmt::format("expected {} bytes, and more came", size)};
}

Result<void> storeParcelFile(const store::Store& store, const store::Digest& digest,
                             std::uint64_t size, const std::string& path) {
  if (store.find(digest)) return {};
  const UniqueFd source(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!source || ::fstat(source.get(), &status) != 0) return failed("read", path);
  if (!S_ISREG(status.st_mode)) return fail(fmt::format("{} isn't a regular file", path));
  auto writer = ParcelWriter::begin(store, digest, size, ParcelWriter::Wait::kYes);
  if (!writer) return std::unexpected(writer.error());
  const auto differs = [&](const Error& error) {
    return fail(fmt::format("{}: {}", path, error.message));
  };
  auto copied = readPieces(source.get(), path, [&](std::string_view piece) -> Result<void> {
    if (piece.size() > (*writer)->left()) return differs(moreThan(size));
    if (auto written = (*writer)->write(piece); !written) return differs(written.error());
    return {};
  });
  if (!copied) return copied;
  if (auto finished = (*writer)->finish(); !finished) return differs(finished.error());
  return {};
}

}  // namespace wagi::bindle
