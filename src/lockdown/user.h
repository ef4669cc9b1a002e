// Takes the privileges of root away: a process becomes another user, or drops its capabilities.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace wagi::lockdown {

// A user of the system, with what the process needs to become it.
struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // `gid` among them.
};

// Looks a user up in the system's database, by name or number.
[[nodiscard]] Result<User> findUser(const std::string& name);

// Makes this process that user's, irrevocably. Fails where it is neither root nor that user
// already.
[[nodiscard]] Result<void> become(const User& user);

// Drops all capabilities but those to reach files whoever owns them, which a server run as root is
// expected to do. A process without privileges stays as it is.
[[nodiscard]] Result<void> dropCapabilities();

}  // namespace wagi::lockdown
