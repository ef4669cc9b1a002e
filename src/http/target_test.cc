#include "http/target.h"

#include <gtest/gtest.h>

#include <string>

namespace wagi::http {
namespace {

// "PATH QUERY AUTHORITY", or "none".
std::string parsed(std::string_view method, std::string_view text) {
  const auto target = parseTarget(method, text);
  if (!target) return "none";
  return std::string(target->path) + " " + std::string(target->query) + " " +
         std::string(target->authority);
}

TEST(Target, OfOriginForm) {
  EXPECT_EQ(parsed("GET", "/"), "/  ");
  EXPECT_EQ(parsed("GET", "/a/b?c=d?e"), "/a/b c=d?e ");
  EXPECT_EQ(parsed("GET", "/a?"), "/a  ");
  EXPECT_EQ(parsed("GET", "//a/../%2e"), "//a/../%2e  ");
  EXPECT_EQ(parsed("GET", "/\xc3\xa9"), "/\xc3\xa9  ");
}

TEST(Target, OfAbsoluteForm) {
  EXPECT_EQ(parsed("GET", "http://h:8/a?b"), "/a b h:8");
  EXPECT_EQ(parsed("GET", "HTTPS://[::1]/"), "/  [::1]");
  EXPECT_EQ(parsed("GET", "http://h"), "/  h");
  EXPECT_EQ(parsed("GET", "http://h?b"), "/ b h");
  EXPECT_EQ(parsed("OPTIONS", "http://h"), "*  h");
  EXPECT_EQ(parsed("OPTIONS", "http://h?b"), "/ b h");
}

TEST(Target, OfAsteriskForm) {
  EXPECT_EQ(parsed("OPTIONS", "*"), "*  ");
  EXPECT_EQ(parsed("GET", "*"), "none");
}

TEST(Target, OfOtherFormsIsNone) {
  for (const char* text : {"a", "h:80", "ftp://h/", "http:", "http://", "http:///a", "/a#b", "#",
                           "http://u@h/", "http://h\"/", "**", "?a"}) {
    EXPECT_EQ(parsed("GET", text), "none") << text;
  }
}

TEST(Host, IsAHostWithAnOptionalPort) {
  for (const char* text : {"", "h", "h:80", "1.2.3.4", "[::1]:80", "a-b_c.d~e", "%41"}) {
    EXPECT_TRUE(isHost(text)) << text;
  }
  for (const char* text : {"a b", "a/b", "u@h", "a?b", "a#b", "a\\b", "a\"b", "\xc3\xa9", "<a>"}) {
    EXPECT_FALSE(isHost(text)) << text;
  }
}

}  // namespace
}  // namespace wagi::http
