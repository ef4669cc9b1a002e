#include "server/runner/listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "server/runner/inherited_sockets.h"

namespace wagi::runner {
namespace {

using testing::AllOf;
using testing::HasSubstr;

bool connectsTo(std::uint16_t port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

TEST(Listener, ListensOnAFreePortAndSaysWhich) {
  const auto listener = listenOn({.ip = "127.0.0.1"}).value();
  EXPECT_EQ(listener.asked.port, 0);
  ASSERT_NE(listener.endpoint.port, 0);
  EXPECT_TRUE(connectsTo(listener.endpoint.port));
}

TEST(Listener, EveryAddressOfVersion6IsEveryAddress) {
  const auto listener = listenOn({.ip = "::", .v6 = true});
  if (!listener) GTEST_SKIP() << listener.error().message;  // A machine without IPv6.
  EXPECT_TRUE(connectsTo(listener->endpoint.port));
}

TEST(Listener, SaysThatAPortIsTaken) {
  const auto first = listenOn({.ip = "127.0.0.1"}).value();
  EXPECT_THAT(listenOn(first.endpoint).error().message,
              AllOf(HasSubstr(first.endpoint.text()), HasSubstr("another program")));
}

TEST(Listener, SaysThatAnAddressIsntOurs) {
  // 192.0.2.0/24 is for documentation (RFC 5737): no machine has one of it.
  EXPECT_THAT(listenOn({.ip = "192.0.2.1"}).error().message, HasSubstr("no such address"));
}

class UnixListener : public testing::Test {
 protected:
  [[nodiscard]] config::Endpoint at(const std::string& name) const {
    return {.kind = config::Endpoint::Kind::kUnix, .path = folder_.path() + "/" + name};
  }
  [[nodiscard]] static bool connectsTo(const config::Endpoint& endpoint) {
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    endpoint.path.copy(address.sun_path, sizeof address.sun_path - 1);
    return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

 private:
  TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-listener-test").value();
};

TEST_F(UnixListener, MakesItsFileAndRemovesIt) {
  const config::Endpoint endpoint = at("socket");
  {
    auto listener = listenOn(endpoint, 0600);
    ASSERT_TRUE(listener) << listener.error().message;
    EXPECT_TRUE(connectsTo(endpoint));
    EXPECT_EQ(listener->endpoint.text(), "unix:" + endpoint.path);
    struct stat found{};
    ASSERT_EQ(::stat(endpoint.path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0600U);
    const Listener moved = *std::move(listener);
    EXPECT_TRUE(connectsTo(endpoint));
  }
  EXPECT_FALSE(std::filesystem::exists(endpoint.path));
}

TEST_F(UnixListener, LeavesTheFileToTheProcessThatMadeIt) {
  auto listener = listenOn(at("socket"));
  ASSERT_TRUE(listener);
  const pid_t child = ::fork();
  if (child == 0) {
    listener->file = SocketFile();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(connectsTo(at("socket")));
}

TEST_F(UnixListener, SaysThatAnotherListens) {
  const auto first = listenOn(at("socket"));
  ASSERT_TRUE(first);
  EXPECT_THAT(listenOn(at("socket")).error().message, HasSubstr("another program does"));
  EXPECT_TRUE(connectsTo(at("socket")));
}

TEST_F(UnixListener, TakesTheFileOfAServerThatWasKilled) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto left = listenOn(at("socket"));
    ::_exit(left ? 0 : 1);  // Without destructors, as by SIGKILL.
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(std::filesystem::exists(at("socket").path));
  const auto listener = listenOn(at("socket"));
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_TRUE(connectsTo(at("socket")));
}

TEST_F(UnixListener, LeavesWhatIsNoSocket) {
  std::ofstream(at("file").path) << "precious";
  EXPECT_THAT(listenOn(at("file")).error().message, HasSubstr("exists and is no socket"));
  EXPECT_EQ(std::filesystem::file_size(at("file").path), 8U);
}

TEST(InheritedSockets, AreNamedByTheirVariables) {
  EXPECT_EQ(inheritedNames("7", "3", "web::admin", 7),
            (std::vector<std::string>{"web", "unknown", "admin"}));
  EXPECT_EQ(inheritedNames("7", "1", nullptr, 7), std::vector<std::string>{"unknown"});
  for (const char* pid : {"8", "", "x", "7x"}) {
    EXPECT_TRUE(inheritedNames(pid, "1", "web", 7).empty()) << pid;
  }
  EXPECT_TRUE(inheritedNames(nullptr, "1", "web", 7).empty());
  EXPECT_TRUE(inheritedNames("7", nullptr, "web", 7).empty());
  EXPECT_TRUE(inheritedNames("7", "-1", "web", 7).empty());
  EXPECT_EQ(inheritedNames("7", "999999999", "", 7).size(), 1'000U);
}

}  // namespace
}  // namespace wagi::runner
