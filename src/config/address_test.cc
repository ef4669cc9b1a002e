#include "config/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::config {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

TEST(AddressTest, EndpointIsAnAddressAndAPort) {
  for (const char* text : {"127.0.0.1:3000", "0.0.0.0:0", "[::1]:8080", "[::]:65535"}) {
    const auto endpoint = parseEndpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->text(), text);
  }
  const auto endpoint = parseEndpoint("[2001:db8::1]:443");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->ip, "2001:db8::1");
  EXPECT_EQ(endpoint->port, 443);
  EXPECT_TRUE(endpoint->v6);
  EXPECT_FALSE(parseEndpoint("127.0.0.1:3000")->v6);
}

TEST(AddressTest, WhatIsNoEndpointIsExplained) {
  for (const std::string& text :
       {""s, ":3000"s, "127.0.0.1"s, "127.0.0.1:"s, "127.0.0.1:x"s, "127.0.0.1:65536"s,
        "127.0.0.1:-1"s, "127.0.0.1: 1"s, "1.2.3:1"s, "256.0.0.1:1"s, "localhost:3000"s,
        "::1:3000"s, "[::1]"s, "[::1]3000"s, "[::1:3000"s, "[127.0.0.1]:1"s, "[]:1"s,
        "127.0.0.1\0:1"s}) {
    const auto endpoint = parseEndpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_THAT(endpoint.error().message, HasSubstr("expected IP:PORT, such as 127.0.0.1:3000"));
  }
}

TEST(AddressTest, HostWithOrWithoutPort) {
  EXPECT_EQ(parseHostPort("example.com")->host, "example.com");
  EXPECT_EQ(parseHostPort("example.com")->port, std::nullopt);
  EXPECT_EQ(parseHostPort("my_host-1:80")->host, "my_host-1");
  EXPECT_EQ(parseHostPort("my_host-1:80")->port, 80);
  EXPECT_EQ(parseHostPort("[::1]:80")->host, "[::1]");
  EXPECT_EQ(parseHostPort("[::1]")->port, std::nullopt);
  EXPECT_EQ(parseHostPort("192.0.2.1:3000")->port, 3000);
}

TEST(AddressTest, WhatIsNoHost) {
  for (const std::string& text :
       {""s, ":80"s, "a b"s, "a/b"s, "[::1"s, "[zz]"s, "[::1]x"s, "[::1]:"s, "[v1.x]"s, "a\0b"s,
        "a$b"s, "%41"s, "\xc3\xa9"s, std::string(256, 'a'), "example.com:"s, "example.com:x"s,
        "example.com:99999"s, "a:1:2"s}) {
    const auto host = parseHostPort(text);
    ASSERT_FALSE(host) << text;
    EXPECT_THAT(host.error().message, HasSubstr("expected HOST or HOST:PORT"));
  }
}

}  // namespace
}  // namespace wagi::config
