// The directories that a server writes to.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "lockdown/user.h"

namespace wagi::supervisor {

// Makes the directory for fetched modules, if one was given, with its parents. Fails where nothing
// can be written there.
[[nodiscard]] Result<void> makeModuleCache(const std::optional<std::string>& given);
// Fails where something that is there already would make that fail; makes nothing.
[[nodiscard]] Result<void> checkModuleCache(const std::optional<std::string>& given);

// For the bodies that a generation's workers spool; of `user`, if there is one.
[[nodiscard]] Result<TemporaryDirectory> makeSpoolDirectory(
    const std::optional<lockdown::User>& user);

// Where guests' stderr goes: the directory given, or a temporary one, made when it is first asked
// for and the same one from then on. That stays when the server ends, if a guest has printed
// anything: somebody may want to read it.
class LogDirectory {
 public:
  LogDirectory() = default;
  LogDirectory(const LogDirectory&) = delete;
  LogDirectory& operator=(const LogDirectory&) = delete;
  ~LogDirectory();

  // Makes the directory where it isn't there, to belong to `user`, if there is one; gives its path.
  [[nodiscard]] Result<std::string> use(const std::optional<std::string>& given,
                                        const std::optional<lockdown::User>& user);
  // Fails where something that is there already would make use() fail; makes nothing.
  [[nodiscard]] static Result<void> check(const std::optional<std::string>& given);

 private:
  std::string temporary_;
};

}  // namespace wagi::supervisor
