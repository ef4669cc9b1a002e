// Each test locks down processes of its own, since there is no way back.
#include "supply/source/confine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include "base/child.h"
#include "base/file.h"

namespace wagi::source {
namespace {

namespace fs = std::filesystem;

class ConfineTest : public testing::Test {
 protected:
  void SetUp() override {
    const bool has_all =
        lockdown::landlockAbi() >= lockdown::kLandlockAbiMin && lockdown::canFilterSystemCalls();
    if (!has_all) GTEST_SKIP() << "this kernel lacks Landlock or seccomp";
    if (writesCounts()) GTEST_SKIP() << "a build that measures coverage isn't locked down";
    for (const char* name : {"store", "project", "bindles", "outside"}) {
      fs::create_directory(path(name));
      write(std::string(name) + "/file");
    }
    write("project/HIPPOFACTS");
    write("keyring");
    write("ca.pem");
  }
  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  void write(const std::string& name) const { std::ofstream(path(name)) << name; }

  // The status of waitpid(2) of a process that is confined, and whose exit code is `check`'s.
  int statusOf(const FetchRequest& request, const std::function<int()>& check) const {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(confineFetch(request, path("store")) ? check() : 100);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
  }
  // The errno that refuses to open it, or 0.
  int opened(const std::string& name, int flags) const {
    const UniqueFd fd(::open(path(name).c_str(), flags | O_CLOEXEC, 0600));
    return fd ? 0 : errno;
  }

  TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST_F(ConfineTest, WhatARequestNamesIsReadAndTheStoreChanged) {
  FetchRequest request;
  request.project = path("project");
  request.externals = {.path = path("bindles"), .keyring = path("keyring")};
  request.registries.client.ca_file = path("ca.pem");
  EXPECT_EQ(statusOf(request,
                     [&] {
                       const bool good = opened("store/new", O_CREAT | O_WRONLY) == 0 &&
                                         opened("project/HIPPOFACTS", O_RDONLY) == 0 &&
                                         opened("project", O_RDONLY | O_DIRECTORY) == 0 &&
                                         opened("bindles/file", O_RDONLY) == 0 &&
                                         opened("keyring", O_RDONLY) == 0 &&
                                         opened("ca.pem", O_RDONLY) == 0;
                       return good ? 0 : 1;
                     }),
            0);
  EXPECT_EQ(statusOf(request,
                     [&] {
                       const bool good = opened("project/file", O_WRONLY) == EACCES &&
                                         opened("keyring", O_WRONLY) == EACCES &&
                                         opened("bindles/new", O_CREAT | O_WRONLY) == EACCES;
                       return good ? 0 : 1;
                     }),
            0);
}

TEST_F(ConfineTest, NothingElseIsReadAndNothingIsExecuted) {
  const FetchRequest request{.references = {"oci://x.example/a:1"}};
  EXPECT_EQ(statusOf(request,
                     [&] {
                       const bool good = opened("outside/file", O_RDONLY) == EACCES &&
                                         opened("project/file", O_RDONLY) == EACCES &&
                                         ::open("/etc/passwd", O_RDONLY | O_CLOEXEC) == -1 &&
                                         ::open("/", O_RDONLY | O_CLOEXEC) == -1 && ::fork() == -1;
                       return good ? 0 : 1;
                     }),
            0);
  const int status = statusOf(request, [] {
    ::execl("/bin/sh", "sh", "-c", "true", nullptr);
    return 0;
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << status;
}

TEST_F(ConfineTest, NamesCanStillBeLookedUp) {
  EXPECT_EQ(statusOf({},
                     [] {
                       for (const char* file : {"/etc/hosts", "/etc/resolv.conf"}) {
                         if (::access(file, F_OK) != 0) continue;
                         if (::open(file, O_RDONLY | O_CLOEXEC) < 0) return 1;
                       }
                       return 0;
                     }),
            0);
}

TEST_F(ConfineTest, AHippofactsThatIsALinkIsRead) {
  write("outside/facts");
  fs::create_symlink(path("outside/facts"), path("bindles/HIPPOFACTS"));
  FetchRequest request;
  request.project = path("bindles/HIPPOFACTS");
  EXPECT_EQ(statusOf(request,
                     [&] {
                       const bool good = opened("bindles/HIPPOFACTS", O_RDONLY) == 0 &&
                                         opened("bindles/file", O_RDONLY) == 0 &&
                                         opened("outside/file", O_RDONLY) == EACCES;
                       return good ? 0 : 1;
                     }),
            0);
}

}  // namespace
}  // namespace wagi::source
