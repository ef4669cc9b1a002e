// Removes from the store what is damaged (verify()) or no longer needed (prune()).
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <set>

#include "supply/store/store.h"
#include "supply/store/write.h"

namespace wagi::store {
namespace {

namespace fs = std::filesystem;

// Younger entries stay without a name, since a fetch under way may be about to name them.
constexpr std::int64_t kUnnamedSecondsMin = std::int64_t{60} * 60;
constexpr std::int64_t kPartialSecondsMin = std::int64_t{24} * 60 * 60;

// How many bytes of disk removing `path` frees; a second link to a blob frees none.
std::uint64_t sizeOf(const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return 0;
  if (S_ISREG(status.st_mode)) {
    return status.st_nlink == 1 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }
  if (!S_ISDIR(status.st_mode)) return 0;
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& item : fs::directory_iterator(path, error)) bytes += sizeOf(item.path());
  return bytes;
}

// Removes the entries of `folder` that were last used before `used_before` and aren't `kept`.
// Returns how many bytes that freed.
template <class Kept>
std::uint64_t removeFrom(const std::string& folder, std::int64_t used_before, Kept kept) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& item : fs::directory_iterator(folder, error)) {
    struct stat status{};
    if (::lstat(item.path().c_str(), &status) != 0 || status.st_mtim.tv_sec >= used_before) {
      continue;
    }
    const bool is_draft = item.path().filename().native().find(kTemporaryMark) != std::string::npos;
    if (!is_draft && kept(item.path())) continue;
    const std::uint64_t size = sizeOf(item.path());
    std::error_code failed;
    fs::remove_all(item.path(), failed);
    if (!failed) bytes += size;
  }
  return bytes;
}

}  // namespace

Result<std::vector<Digest>> Store::verify(Repair repair) const {
  std::vector<Digest> damaged;
  std::error_code error;
  fs::directory_iterator blobs(directory_ + "/blobs/sha256", error);
  if (error) return fail(fmt::format("can't read {}: {}", directory_, error.message()));
  for (const auto& item : blobs) {
    const auto digest = parseDigest(item.path().filename().native());
    if (!digest) continue;
    const auto actual = digestOf(item.path().native());
    if (!actual || *actual != *digest) damaged.push_back(*digest);
  }
  std::ranges::sort(damaged);
  if (repair == Repair::kNo || damaged.empty()) return damaged;
  // Trees go too, since their files are hard links to the damaged blobs.
  for (const Name& name : names()) {
    const bool uses_one = std::ranges::any_of(
        name.blobs, [&](const Digest& blob) { return std::ranges::binary_search(damaged, blob); });
    if (!uses_one) continue;
    for (const std::string& tree : name.trees) {
      if (fs::path(tree).parent_path() == directory_ + "/trees") fs::remove_all(tree, error);
    }
  }
  for (const Digest& digest : damaged) drop(digest);
  return damaged;
}

Result<std::uint64_t> Store::prune(std::int64_t used_since) const {
  std::set<std::string> blobs, trees;
  std::uint64_t bytes = 0;
  for (const Name& name : names()) {
    if (name.used_at < used_since) {
      const std::string path = namePath(name.reference);
      const std::uint64_t size = sizeOf(path);
      if (::unlink(path.c_str()) == 0) bytes += size;
      continue;
    }
    blobs.insert(name.blobs.begin(), name.blobs.end());
    blobs.insert(name.digest);
    trees.insert(name.trees.begin(), name.trees.end());
  }
  const std::int64_t now = std::time(nullptr);
  const std::int64_t unnamed_since = now - kUnnamedSecondsMin;
  // Trees first, so that the bytes of their files are counted as the blobs'.
  bytes += removeFrom(directory_ + "/trees", unnamed_since,
                      [&](const fs::path& path) { return trees.contains(path.native()); });
  bytes += removeFrom(directory_ + "/blobs/sha256", unnamed_since, [&](const fs::path& path) {
    return blobs.contains(path.filename().native());
  });
  bytes += removeFrom(directory_ + "/partial", now - kPartialSecondsMin,
                      [](const fs::path&) { return false; });
  return bytes;
}

}  // namespace wagi::store
