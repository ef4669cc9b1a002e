#include "lockdown/user.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace wagi::lockdown {
namespace {

constexpr int kGroupsMax = 65'536;  // NGROUPS_MAX of Linux.

std::unexpected<Error> failed(const char* call, const std::string& user) {
  return fail(fmt::format("can't become the user {}: {}: {}", user, call, std::strerror(errno)));
}

const passwd* look(const std::string& name) {
  if (const passwd* entry = ::getpwnam(name.c_str())) return entry;
  uid_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = error == std::errc() && end == name.data() + name.size();
  return is_number ? ::getpwuid(number) : nullptr;
}

}  // namespace

Result<User> findUser(const std::string& name) {
  const passwd* const entry = look(name);
  if (entry == nullptr) return fail(fmt::format("there is no user {} on this system", name));
  User user{entry->pw_name, entry->pw_uid, entry->pw_gid, {}};
  int count = 0;
  ::getgrouplist(user.name.c_str(), user.gid, nullptr, &count);
  user.groups.resize(static_cast<std::size_t>(std::clamp(count, 1, kGroupsMax)));
  count = static_cast<int>(user.groups.size());
  if (::getgrouplist(user.name.c_str(), user.gid, user.groups.data(), &count) < 0) {
    return fail(fmt::format("the groups of the user {} can't be read", name));
  }
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

Result<void> become(const User& user) {
  uid_t real = 0, effective = 0, saved = 0;
  ::getresuid(&real, &effective, &saved);
  if (real == user.uid && effective == user.uid && saved == user.uid) return {};
  if (::setgroups(user.groups.size(), user.groups.data()) != 0) {
    return failed("setgroups", user.name);
  }
  if (::setresgid(user.gid, user.gid, user.gid) != 0) return failed("setresgid", user.name);
  if (::setresuid(user.uid, user.uid, user.uid) != 0) return failed("setresuid", user.name);
  return {};
}

Result<void> dropCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) {
    return fail(fmt::format("capget: {}", std::strerror(errno)));
  }
  constexpr std::uint32_t kKept = 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    sets[i].permitted &= i == 0 ? kKept : 0;
    sets[i].effective &= sets[i].permitted;
    sets[i].inheritable = 0;
  }
  if (::syscall(SYS_capset, &header, sets.data()) != 0) {
    return fail(fmt::format("capset: {}", std::strerror(errno)));
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return {};
}

}  // namespace wagi::lockdown
