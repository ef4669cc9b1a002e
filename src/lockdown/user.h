// The user that a process started as root becomes, and the capabilities of one that stays root.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace wagi::lockdown {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // `gid` among them.
};

// From the system's user database, by name or number.
[[nodiscard]] Result<User> findUser(const std::string& name);

// Irrevocably. Fails where the process is neither root nor that user already.
[[nodiscard]] Result<void> become(const User& user);

// Gives up all capabilities but those to reach files whoever owns them, which a server run as root
// is expected to do. Without privileges it does nothing.
[[nodiscard]] Result<void> dropCapabilities();

}  // namespace wagi::lockdown
