#include "server/supervisor/listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace wagi::supervisor {
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
  const auto listener = listenOn({"127.0.0.1", 0, false}).value();
  EXPECT_EQ(listener.asked.port, 0);
  ASSERT_NE(listener.endpoint.port, 0);
  EXPECT_TRUE(connectsTo(listener.endpoint.port));
}

TEST(Listener, EveryAddressOfVersion6IsEveryAddress) {
  const auto listener = listenOn({"::", 0, true});
  if (!listener) GTEST_SKIP() << listener.error().message;  // A machine without IPv6.
  EXPECT_TRUE(connectsTo(listener->endpoint.port));
}

TEST(Listener, SaysThatAPortIsTaken) {
  const auto first = listenOn({"127.0.0.1", 0, false}).value();
  EXPECT_THAT(listenOn(first.endpoint).error().message,
              AllOf(HasSubstr(first.endpoint.text()), HasSubstr("another program")));
}

TEST(Listener, SaysThatAnAddressIsntOurs) {
  // 192.0.2.0/24 is for documentation (RFC 5737): no machine has one of it.
  EXPECT_THAT(listenOn({"192.0.2.1", 0, false}).error().message, HasSubstr("no such address"));
}

}  // namespace
}  // namespace wagi::supervisor
