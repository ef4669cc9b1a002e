#include "base/authority.h"

#include <gtest/gtest.h>

#include <string>

namespace wagi {
namespace {

using namespace std::string_literals;

// How an authority was read: "HOST PORT", "HOST -" without a port, or "none".
std::string parsed(std::string_view text) {
  const auto authority = parseAuthority(text);
  if (!authority) return "none";
  EXPECT_EQ(authority->text, text);
  const auto port = authority->port ? std::to_string(*authority->port) : "-";
  return std::string(authority->host) + " " + port;
}

TEST(AuthorityTest, IsAHostWithAnOptionalPort) {
  EXPECT_EQ(parsed(""), " -");
  EXPECT_EQ(parsed("h"), "h -");
  EXPECT_EQ(parsed("example.org:80"), "example.org 80");
  EXPECT_EQ(parsed("h:"), "h -");
  EXPECT_EQ(parsed("h:0"), "h 0");
  EXPECT_EQ(parsed("h:0000080"), "h 80");
  EXPECT_EQ(parsed("h:65535"), "h 65535");
  EXPECT_EQ(parsed("1.2.3.4:81"), "1.2.3.4 81");
  EXPECT_EQ(parsed("a-b_c.d~e."), "a-b_c.d~e. -");
  EXPECT_EQ(parsed("a!$&'()*+,;=b"), "a!$&'()*+,;=b -");
  EXPECT_EQ(parsed("%41%e4:1"), "%41%e4 1");
  EXPECT_EQ(parsed("[::1]"), "[::1] -");
  EXPECT_EQ(parsed("[2001:db8::1.2.3.4]:80"), "[2001:db8::1.2.3.4] 80");
  EXPECT_EQ(parsed("[v1.x:y]:1"), "[v1.x:y] 1");
  EXPECT_EQ(parsed("[1111:2222:3333:4444:5555:6666:123.123.123.123]"),
            "[1111:2222:3333:4444:5555:6666:123.123.123.123] -");
}

TEST(AuthorityTest, TellsAddressesFromNames) {
  EXPECT_EQ(parseAuthority("1.2.3.4")->kind, Authority::Kind::kName);
  EXPECT_EQ(parseAuthority("[::1]:80")->kind, Authority::Kind::kIpv6);
  EXPECT_EQ(parseAuthority("[vF.1]")->kind, Authority::Kind::kIpFuture);
}

TEST(AuthorityTest, IsNothingElse) {
  for (const std::string& text : {":"s,
                                  ":80"s,
                                  "h:x"s,
                                  "h:-1"s,
                                  "h:+1"s,
                                  "h: 1"s,
                                  "h:1 "s,
                                  "h:80:80"s,
                                  "h:65536"s,
                                  "h:99999"s,
                                  "h:0x50"s,
                                  "::1"s,
                                  "[::1"s,
                                  "::1]"s,
                                  "]h["s,
                                  "[]"s,
                                  "[zz]"s,
                                  "[1.2.3.4]"s,
                                  "[::1]x"s,
                                  "[::1]:x"s,
                                  "[::1]]"s,
                                  "[[::1]]"s,
                                  "[:::1]"s,
                                  "[fe80::1%25eth0]"s,
                                  "[fe80::1%eth0]"s,
                                  "[::1\0]"s,
                                  "[v.x]"s,
                                  "[v1.]"s,
                                  "[v1]"s,
                                  "[1.x]"s,
                                  "[vg.x]"s,
                                  "[" + std::string(100, ':') + "]",
                                  "%"s,
                                  "%4"s,
                                  "%zz"s,
                                  "h%0g"s,
                                  "h%4"s,
                                  "@"s,
                                  "u@h"s,
                                  "u:p@h"s,
                                  "h:80@evil"s,
                                  "h/x"s,
                                  "h?x"s,
                                  "h#x"s,
                                  "a b"s,
                                  " h"s,
                                  "h\t"s,
                                  "h\\x"s,
                                  "<h>"s,
                                  "\"h\""s,
                                  "h|x"s,
                                  "h^"s,
                                  "h`"s,
                                  "{h}"s,
                                  "h\0"s,
                                  "h\x7f"s,
                                  "\xc3\xa4"s}) {
    EXPECT_EQ(parsed(text), "none") << text;
  }
}

}  // namespace
}  // namespace wagi
