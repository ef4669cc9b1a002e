#include "base/ip_address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace wagi {
namespace {

TEST(IpAddressTest, ReadsOneWayToWriteThem) {
  const std::pair<const char*, const char*> cases[] = {
      {"127.0.0.1", "127.0.0.1"},
      {"255.255.255.255", "255.255.255.255"},
      {"::1", "::1"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"::FFFF:1.2.3.4", "::ffff:1.2.3.4"},
      {"1111:2222:3333:4444:5555:6666:123.123.123.123", "1111:2222:3333:4444:5555:6666:7b7b:7b7b"},
  };
  for (const auto& [text, written] : cases) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), written);
    EXPECT_EQ(address->v6, std::string_view(text).contains(':'));
    EXPECT_EQ(IpAddress::parse(address->text()), address);
  }
}

TEST(IpAddressTest, ReadsNothingElse) {
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "127.1"s, "0x7f.0.0.1"s, "127.0.0.01"s, "127.0.0.256"s, "1.2.3.4.5"s, "1.2.3.4 "s,
        "2130706433"s, "[::1]"s, "::1%lo"s, "::g"s, ":::1"s, "localhost"s, "1.2.3.4\0"s, "::1\0"s,
        std::string(100, ':')}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddressTest, IsTakenFromASocketsAddress) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(IpAddress::of(reinterpret_cast<const sockaddr&>(v4)), IpAddress::parse("127.0.0.1"));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  EXPECT_EQ(IpAddress::of(reinterpret_cast<const sockaddr&>(v6)), IpAddress::parse("::1"));
  sockaddr none{};
  none.sa_family = AF_UNIX;
  EXPECT_FALSE(IpAddress::of(none));
}

}  // namespace
}  // namespace wagi
