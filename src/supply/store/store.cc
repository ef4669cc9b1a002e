#include "supply/store/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/sha256.h"
#include "base/unique_fd.h"
#include "supply/store/write.h"

namespace wagi::store {
namespace {

constexpr mode_t kBlobMode = 0444;  // Blobs are linked into trees, and shared by names.

std::string userStore() {
  // XDG Base Directory Specification: a relative path in the variable is to be ignored.
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return fmt::format("{}/wagi/store", cache);
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return fmt::format("{}/.cache/wagi/store", home);
  }
  return {};
}

Result<Digest> digestOf(int fd, const std::string& path) {
  Sha256 hash;
  auto read = readPieces(fd, path, [&](std::string_view bytes) -> Result<void> {
    hash.update(bytes);
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return hash.hex();
}

}  // namespace

std::optional<Digest> parseDigest(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  if (text.starts_with(kAlgorithm)) text.remove_prefix(kAlgorithm.size());
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != 64 || !std::ranges::all_of(text, is_hex)) return std::nullopt;
  return Digest(text);
}

Result<Digest> digestOf(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail(fmt::format("can't read {}: {}", path, std::strerror(errno)));
  return digestOf(fd.get(), path);
}

Result<Store> Store::open(const std::string& directory) {
  const std::string path = directory.empty() ? userStore() : directory;
  if (path.empty()) return fail("there is no home directory to keep what is fetched in");
  for (const char* folder : {"", "/blobs", "/blobs/sha256", "/partial", "/names", "/trees"}) {
    if (auto made = makeOwnFolder(path + folder); !made) {
      return std::unexpected(std::move(made.error()));
    }
  }
  return Store(std::filesystem::absolute(path).native());
}

std::string Store::blobPath(const Digest& digest) const {
  return fmt::format("{}/blobs/sha256/{}", directory_, digest);
}

std::optional<std::string> Store::find(const Digest& digest) const {
  std::string path = blobPath(digest);
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || !isOursAlone(status)) {
    return std::nullopt;
  }
  // Marks the blob as used, or prune() in another process may remove it before it gets a name.
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  return path;
}

Result<Digest> Store::put(std::string_view bytes) const {
  Digest digest = sha256Hex(bytes);
  if (find(digest)) return digest;
  if (auto written = writeWhole(blobPath(digest), bytes, kBlobMode); !written) {
    return std::unexpected(std::move(written.error()));
  }
  return digest;
}

Result<std::string> Store::partialPath(const Digest& digest) const {
  if (parseDigest(digest) != digest) return fail(fmt::format("'{}' is no digest", digest));
  return fmt::format("{}/partial/{}", directory_, digest);
}

Result<std::string> Store::commit(const Digest& digest) const {
  const auto partial = partialPath(digest);
  if (!partial) return partial;
  std::string path = blobPath(digest);
  const auto failed = [&]() -> Result<std::string> {
    return fail(fmt::format("can't store {}: {}", path, std::strerror(errno)));
  };
  const UniqueFd fd(::open(partial->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) {
    // Another process that downloaded the same blob may have committed it first.
    if (errno == ENOENT && find(digest)) return path;
    return failed();
  }
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return failed();
  }
  const auto actual = digestOf(fd.get(), *partial);
  if (!actual) return std::unexpected(actual.error());
  if (*actual != digest) {
    ::unlink(partial->c_str());
    return fail(
        fmt::format("expected the digest sha256:{}, its bytes have sha256:{}", digest, *actual));
  }
  if (::fsync(fd.get()) != 0) return failed();
  if (::rename(partial->c_str(), path.c_str()) != 0) {
    if (errno == ENOENT && find(digest)) return path;
    return failed();
  }
  // Made read-only only now, since a download that is resumed needs a file that it can write to.
  if (::fchmod(fd.get(), kBlobMode) != 0) return failed();
  return path;
}

void Store::drop(const Digest& digest) const { ::unlink(blobPath(digest).c_str()); }

}  // namespace wagi::store
