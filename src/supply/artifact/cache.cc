#include "supply/artifact/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/unique_fd.h"
#include "supply/artifact/checksum.h"

namespace wagi::artifact {
namespace {

namespace fs = std::filesystem;
using std::chrono::system_clock;

// An entry ends with a trailer, this magic and the code's checksum. The engine reads the code
// before it by the code's own headers.
constexpr std::string_view kTrailerMagic = "wagicode";
constexpr std::size_t kTrailerBytes = kTrailerMagic.size() + sizeof(Checksum);
constexpr std::uint64_t kReadBytesMax = 4 << 20;  // For an entry that is read as a whole.
constexpr std::string_view kTemporaryMark = ".tmp.";
constexpr std::size_t kVerifyBytes = 64 << 10;  // Read at once when a file is verified.
constexpr int kCleanToPercent = 70;
constexpr auto kRecently = std::chrono::minutes(10);
constexpr auto kAbandonedAfter = std::chrono::hours(1);

std::optional<std::string> userCacheDirectory() {
  // XDG Base Directory Specification: a relative path in the variable is to be ignored.
  if (const char* home = std::getenv("XDG_CACHE_HOME"); home != nullptr && *home == '/') {
    return std::string(home) + "/wagi/code";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return std::string(home) + "/.cache/wagi/code";
  }
  return std::nullopt;
}

bool belongsToUsOnly(const struct stat& status) {
  return status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Result<void> makeDirectory(const std::string& path) {
  const auto failed = [&](std::string_view why) {
    return fail(fmt::format("can't keep compiled code in {}: {}", path, why));
  };
  std::error_code error;
  if (const fs::path parent = fs::path(path).parent_path(); !parent.empty()) {
    fs::create_directories(parent, error);  // Its failure shows in the next line.
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed(std::strerror(errno));
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return failed(std::strerror(errno));
  if (!S_ISDIR(status.st_mode)) return failed("it isn't a directory");
  if (!belongsToUsOnly(status)) {
    return failed(
        "it must belong to the user who runs the server, and nobody else may write to it");
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) return failed(std::strerror(errno));
  return {};
}

struct Entry {
  std::string path;
  std::uint64_t bytes;
  system_clock::time_point used;
};

system_clock::time_point usedAt(const struct stat& status) {
  return system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(
      std::chrono::seconds(status.st_mtim.tv_sec) +
      std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

}  // namespace

Cache::Cache(std::string directory, const Settings& settings,
             std::optional<TemporaryDirectory> temporary)
    : directory_(std::move(directory)), settings_(settings), temporary_(std::move(temporary)) {}

Result<Cache> Cache::open(const Settings& settings) {
  if (settings.enabled) {
    const auto directory = settings.directory ? settings.directory : userCacheDirectory();
    const auto made = directory ? makeDirectory(*directory) : fail("no home directory");
    if (made) return Cache(*directory, settings, std::nullopt);
    if (settings.directory) return std::unexpected(made.error());
  }
  auto temporary = TemporaryDirectory::create("wagi-code-");
  if (!temporary) return std::unexpected(std::move(temporary.error()));
  std::string path = temporary->path();
  return Cache(std::move(path), settings, *std::move(temporary));
}

std::string Cache::pathOf(const StepKey& key) const {
  return fmt::format("{}/{}", directory_, key.fileName());
}

std::vector<std::string> Cache::directories() const {
  std::vector<std::string> directories{directory_};
  if (overflow_) directories.push_back(overflow_->directory_);
  return directories;
}

// Reads the file rather than mapping it, since a mapping that somebody truncates meanwhile would
// end this process by SIGBUS.
bool Cache::isWhole(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || !belongsToUsOnly(status))
    return false;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size <= kTrailerBytes) return false;
  const std::size_t code_bytes = size - kTrailerBytes;
  RunningChecksum sum;
  std::array<char, kVerifyBytes> buffer;
  // Fills the buffer; false where the file ends earlier, too.
  const auto read_at = [&](std::size_t at, std::size_t count) {
    return ::pread(fd, buffer.data(), count, static_cast<off_t>(at)) == static_cast<ssize_t>(count);
  };
  for (std::size_t at = 0; at < code_bytes;) {
    const std::size_t count = std::min(buffer.size(), code_bytes - at);
    if (!read_at(at, count)) return false;
    sum.update({buffer.data(), count});
    at += count;
  }
  if (!read_at(code_bytes, kTrailerBytes)) return false;
  const Checksum found = sum.finish();
  const std::string_view trailer(buffer.data(), kTrailerBytes);
  return trailer.starts_with(kTrailerMagic) &&
         trailer.ends_with(std::string_view(found.data(), found.size()));
}

std::optional<std::string> Cache::find(const StepKey& key) const {
  std::string path = pathOf(key);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (fd && isWhole(fd.get())) {
    ::futimens(fd.get(), nullptr);  // Marks it as used, for clean().
    return path;
  }
  return overflow_ ? overflow_->find(key) : std::nullopt;
}

std::expected<std::string, Cache::StoreError> Cache::store(const StepKey& key,
                                                           std::string_view bytes) const {
  std::string path = pathOf(key);
  const int error = writeEntry(path, bytes);
  if (error == 0) {
    if (!temporary_) clean(system_clock::now());
    return path;
  }
  const bool is_full = error == ENOSPC || error == EDQUOT;
  if (is_full && overflow_) return overflow_->store(key, bytes);
  return std::unexpected(StoreError{
      fmt::format("can't write compiled code to {}: {}", directory_, std::strerror(error)),
      is_full});
}

Result<void> Cache::makeOverflow() const {
  if (overflow_) return {};
  if (temporary_) return fail(fmt::format("no space is left in {}", directory_));
  auto overflow = open({.enabled = false, .directory = {}});
  if (!overflow) return std::unexpected(std::move(overflow.error()));
  spdlog::warn("no space is left in {}: compiled code is kept in {} until this process ends",
               directory_, overflow->directory_);
  overflow_ = std::make_unique<Cache>(*std::move(overflow));
  return {};
}

std::optional<std::string> Cache::read(const StepKey& key) const {
  const auto path = find(key);
  if (!path) return std::nullopt;
  auto bytes = readFile(*path, kReadBytesMax);
  if (!bytes || bytes->size() < kTrailerBytes) return std::nullopt;
  bytes->resize(bytes->size() - kTrailerBytes);
  return *std::move(bytes);
}

// Writes a temporary file and renames it, so that the entry appears whole or not at all.
int Cache::writeEntry(const std::string& path, std::string_view bytes) {
  std::string temporary = fmt::format("{}{}XXXXXX", path, kTemporaryMark);
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  const Checksum sum = checksum(bytes);
  // The file isn't synced: where a crash of the machine tears it, the checksum shows that.
  const bool written = fd && writeAll(fd.get(), bytes) && writeAll(fd.get(), kTrailerMagic) &&
                       writeAll(fd.get(), {sum.data(), sum.size()}) &&
                       ::rename(temporary.c_str(), path.c_str()) == 0;
  if (written) return 0;
  const int error = errno;
  if (fd) ::unlink(temporary.c_str());
  return error;
}

std::size_t Cache::clean(system_clock::time_point now) const {
  std::vector<Entry> entries;
  std::uint64_t total_bytes = 0;
  std::size_t removed = 0;
  std::error_code error;
  for (const auto& item : fs::directory_iterator(directory_, error)) {
    struct stat status{};
    const std::string& path = item.path().native();
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const std::string name = item.path().filename().native();
    if (isStepResult(name)) {
      total_bytes += static_cast<std::uint64_t>(status.st_size);
      entries.push_back({path, static_cast<std::uint64_t>(status.st_size), usedAt(status)});
    } else if (name.find(kTemporaryMark) != std::string::npos &&
               usedAt(status) + kAbandonedAfter < now) {
      removed += ::unlink(path.c_str()) == 0 ? 1 : 0;
    }
  }
  if (total_bytes <= settings_.total_bytes_soft_max &&
      entries.size() <= settings_.entries_soft_max) {
    return removed;
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.used < b.used; });
  std::size_t left = entries.size();
  for (const Entry& entry : entries) {
    const bool small_enough =
        total_bytes <= settings_.total_bytes_soft_max / 100 * kCleanToPercent &&
        left <= settings_.entries_soft_max * kCleanToPercent / 100;
    if (small_enough || entry.used + kRecently > now) break;
    if (::unlink(entry.path.c_str()) != 0) continue;
    total_bytes -= entry.bytes;
    --left;
    ++removed;
  }
  return removed;
}

}  // namespace wagi::artifact
