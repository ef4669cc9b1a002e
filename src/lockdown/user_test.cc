#include "lockdown/user.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace wagi::lockdown {
namespace {

TEST(User, IsFoundByNameAndByNumber) {
  const auto root = findUser("root");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->uid, 0u);
  EXPECT_EQ(std::ranges::count(root->groups, root->gid), 1);
  const auto numbered = findUser("0");
  ASSERT_TRUE(numbered);
  EXPECT_EQ(numbered->name, "root");
}

TEST(User, IsMissedByName) {
  for (const char* name : {"no-such-user-here", "4294967294", "", "0x"}) {
    const auto user = findUser(name);
    ASSERT_FALSE(user) << name;
    EXPECT_EQ(user.error().message, "there is no user " + std::string(name) + " on this system");
  }
}

// The result of `act` in a forked child of this process, which is root's.
bool asRoot(bool (*act)()) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(act() ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status == 0;
}

TEST(User, IsBecomeForGood) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root becomes another user";
  EXPECT_TRUE(asRoot([] {
    const auto nobody = findUser("nobody");
    return nobody && become(*nobody) && ::geteuid() == nobody->uid && ::getuid() == nobody->uid &&
           ::getegid() == nobody->gid && ::setuid(0) != 0 && ::access("/etc/shadow", R_OK) != 0 &&
           become(*nobody);
  }));
}

TEST(User, ThatOneIsAlreadyNeedsNoPrivilege) {
  EXPECT_TRUE(become({"me", ::geteuid(), ::getegid(), {}}));
}

// Calls setgroups(2) directly, since the C library's acts on all threads, and ThreadSanitizer has
// one more.
TEST(User, CapabilitiesOfRootGoButThoseToReachFiles) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has any";
  EXPECT_TRUE(asRoot([] {
    return dropCapabilities().has_value() && ::access("/etc/shadow", R_OK) == 0 &&
           ::syscall(SYS_setgroups, 0, nullptr) != 0 && ::chroot("/") != 0;
  }));
}

}  // namespace
}  // namespace wagi::lockdown
