#include "server/runner/watcher.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

namespace wagi::runner {
namespace {

namespace fs = std::filesystem;

// IN_ATTRIB is a link count that drops, or a touch(1).
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;

// The directory that `file` is named in, and the one that it is in behind symbolic links.
void addDirectoriesOf(const std::string& file, std::set<std::string>& directories) {
  const auto directory_of = [](const fs::path& path) {
    const fs::path parent = path.parent_path();
    return parent.empty() ? std::string(".") : parent.native();
  };
  directories.insert(directory_of(file));
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  if (!error) directories.insert(directory_of(real));
}

}  // namespace

Result<Watcher> Watcher::create() {
  UniqueFd inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify) return fail(fmt::format("can't watch files: {}", std::strerror(errno)));
  return Watcher(std::move(inotify));
}

std::vector<std::string> Watcher::watch(const std::vector<std::string>& files) {
  for (const int watch : watches_) ::inotify_rm_watch(inotify_.get(), watch);
  watches_.clear();
  std::set<std::string> directories;
  for (const std::string& file : files) addDirectoriesOf(file, directories);
  std::vector<std::string> failures;
  for (const std::string& directory : directories) {
    const int watch = ::inotify_add_watch(inotify_.get(), directory.c_str(), kEvents);
    if (watch >= 0) {
      watches_.push_back(watch);
    } else {
      failures.push_back(fmt::format("{}: {}", directory, std::strerror(errno)));
    }
  }
  signatures_.clear();
  for (const std::string& file : files) signatures_.emplace(file, signatureOf(file));
  return failures;
}

bool Watcher::read() {
  alignas(inotify_event) std::array<char, 16 << 10> buffer;
  bool any = false;
  while (::read(inotify_.get(), buffer.data(), buffer.size()) > 0) any = true;
  return any;  // Which file it was doesn't matter: changed() looks at all of them.
}

bool Watcher::changed() {
  bool any = false;
  for (auto& [file, signature] : signatures_) {
    const Signature now = signatureOf(file);
    any = any || now != signature;
    signature = now;
  }
  return any;
}

Watcher::Signature Watcher::signatureOf(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size,
          std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

}  // namespace wagi::runner
