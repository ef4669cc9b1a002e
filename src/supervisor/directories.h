// The directories that a server writes to.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace wagi::supervisor {

// Makes the directory for fetched modules, if one was given, with its parents. Fails where nothing
// can be written there.
[[nodiscard]] Result<void> makeModuleCache(const std::optional<std::string>& given);

// Where guests' stderr goes: the directory given, or a temporary one, made when it is first asked
// for and the same one from then on. It stays when the server ends: somebody may want to read it.
class LogDirectory {
 public:
  [[nodiscard]] Result<std::string> use(const std::optional<std::string>& given);

 private:
  std::string temporary_;
};

}  // namespace wagi::supervisor
