#include "server/supervisor/directories.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "base/say.h"

namespace wagi::supervisor {
namespace {

void announce(const std::string& directory) {
  const std::string line =
      fmt::format("No log_dir specified, using temporary directory {} for logs", directory);
  if (logFormat() == LogFormat::kJson) {
    spdlog::info("{}", line);
  } else {
    say(stdout, "{}\n", line);
    std::fflush(stdout);
  }
}

Result<void> giveTo(const std::optional<lockdown::User>& user, const std::string& path) {
  if (!user || ::chown(path.c_str(), user->uid, user->gid) == 0) return {};
  return fail(fmt::format("can't give {} to {}: {}", path, user->name, std::strerror(errno)));
}

constexpr auto kForModules = "the directory for fetched modules";
constexpr auto kForLogs = "the directory for logs";

[[nodiscard]] auto unusable(const std::string& path, std::string_view what, std::string_view why) {
  return fail(fmt::format("can't use {} as {}: {}", path, what, why));
}

// `what` names its purpose in the error.
Result<void> checkWritableDirectory(const std::string& path, std::string_view what) {
  std::error_code unknown;
  if (!std::filesystem::is_directory(path, unknown)) {
    return unusable(path, what, "it isn't a directory");
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    return unusable(path, what, std::strerror(errno));
  }
  return {};
}

Result<void> checkIfThere(const std::optional<std::string>& path, std::string_view what) {
  std::error_code unknown;
  if (!path || !std::filesystem::exists(*path, unknown)) return {};
  return checkWritableDirectory(*path, what);
}

// Where it is missing, with its parents; then it belongs to `user`.
Result<void> makeWritableDirectory(const std::string& path, std::string_view what,
                                   const std::optional<lockdown::User>& user) {
  std::error_code error;
  const bool is_new = std::filesystem::create_directories(path, error);
  std::error_code unknown;
  if (error && !std::filesystem::exists(path, unknown)) {
    return unusable(path, what, error.message());
  }
  if (auto usable = checkWritableDirectory(path, what); !usable) return usable;
  return is_new ? giveTo(user, path) : Result<void>();
}

}  // namespace

Result<void> makeModuleCache(const std::optional<std::string>& given) {
  return given ? makeWritableDirectory(*given, kForModules, std::nullopt) : Result<void>();
}

Result<void> checkModuleCache(const std::optional<std::string>& given) {
  return checkIfThere(given, kForModules);
}

Result<TemporaryDirectory> makeSpoolDirectory(const std::optional<lockdown::User>& user) {
  auto directory = TemporaryDirectory::create("wagi-bodies-");
  if (!directory) return directory;
  if (auto given = giveTo(user, directory->path()); !given) return std::unexpected(given.error());
  return directory;
}

LogDirectory::~LogDirectory() {
  // Only an empty one can be removed.
  if (!temporary_.empty()) ::rmdir(temporary_.c_str());
}

Result<std::string> LogDirectory::use(const std::optional<std::string>& given,
                                      const std::optional<lockdown::User>& user) {
  if (given) {
    if (auto made = makeWritableDirectory(*given, kForLogs, user); !made) {
      return std::unexpected(std::move(made.error()));
    }
    return *given;
  }
  if (temporary_.empty()) {
    auto made = makeTemporaryDirectory("wagi-log-");
    if (!made) return made;
    temporary_ = *std::move(made);
    announce(temporary_);
  }
  if (auto owned = giveTo(user, temporary_); !owned) return std::unexpected(owned.error());
  return temporary_;
}

Result<void> LogDirectory::check(const std::optional<std::string>& given) {
  return checkIfThere(given, kForLogs);
}

}  // namespace wagi::supervisor
