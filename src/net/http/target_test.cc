#include "net/http/target.h"

#include <gtest/gtest.h>

#include <string>

namespace wagi::http {
namespace {

// "PATH QUERY AUTHORITY", '-' for what isn't there, or "none".
std::string parsed(std::string_view method, std::string_view text) {
  const auto target = parseTarget(method, text);
  if (!target) return "none";
  const auto authority = target->authority ? target->authority->text : "-";
  return std::string(target->path) + " " + std::string(target->query.value_or("-")) + " " +
         std::string(authority);
}

TEST(Target, OfOriginForm) {
  EXPECT_EQ(parsed("GET", "/"), "/ - -");
  EXPECT_EQ(parsed("GET", "/a/b?c=d?e"), "/a/b c=d?e -");
  EXPECT_EQ(parsed("GET", "//a/../%2e"), "//a/../%2e - -");
  EXPECT_EQ(parsed("GET", "/\xc3\xa9"), "/\xc3\xa9 - -");
}

// RFC 3986 6.2.3: they are different URIs.
TEST(Target, AnEmptyQueryIsNotNone) {
  EXPECT_EQ(parsed("GET", "/a"), "/a - -");
  EXPECT_EQ(parsed("GET", "/a?"), "/a  -");
  EXPECT_EQ(parsed("GET", "http://h?"), "/  h");
  EXPECT_EQ(parsed("OPTIONS", "http://h?"), "/  h");
}

TEST(Target, OfAbsoluteForm) {
  EXPECT_EQ(parsed("GET", "http://h:8/a?b"), "/a b h:8");
  EXPECT_EQ(parsed("GET", "HTTPS://[::1]/"), "/ - [::1]");
  EXPECT_EQ(parsed("GET", "http://h"), "/ - h");
  EXPECT_EQ(parsed("GET", "http://h:?b"), "/ b h:");
  EXPECT_EQ(parsed("OPTIONS", "http://h"), "* - h");
  EXPECT_EQ(parsed("OPTIONS", "http://h/"), "/ - h");
  EXPECT_EQ(parsed("OPTIONS", "http://h?b"), "/ b h");
}

TEST(Target, OfAsteriskForm) {
  EXPECT_EQ(parsed("OPTIONS", "*"), "* - -");
  EXPECT_EQ(parsed("GET", "*"), "none");
}

TEST(Target, OfAuthorityForm) {
  EXPECT_EQ(parsed("CONNECT", "h:80"), " - h:80");
  for (const char* text : {"h", "h:", ":80", "/", "*", "http://h:80", "u@h:80", "h:80/"}) {
    EXPECT_EQ(parsed("CONNECT", text), "none") << text;
  }
}

TEST(Target, OfOtherFormsIsNone) {
  for (const char* text : {"a",           "h:80",          "ftp://h/",
                           "http:",       "http://",       "http:///a",
                           "http://?a",   "http:/a",       "/a#b",
                           "#",           "http://u@h/",   "http://u:p@h/",
                           "http://h\"/", "http://h\\/",   "http://:80/",
                           "http://h:x/", "http://h:1:2/", "http://[::1/",
                           "http://::1/", "http://h#a",    "**",
                           "?a"}) {
    EXPECT_EQ(parsed("GET", text), "none") << text;
  }
}

TEST(Target, OfAPathIsEscapedWell) {
  for (const char* text : {"/%", "/%4", "/%zz", "/%%41", "/a%4/b?c", "/%41%", "/%u0041",
                           "http://h/%zz", "http://h/%?41"}) {
    EXPECT_EQ(parsed("GET", text), "none") << text;
  }
  EXPECT_EQ(parsed("GET", "/%41%00%ff%2F"), "/%41%00%ff%2F - -");
  EXPECT_EQ(parsed("GET", "/a?%zz%"), "/a %zz% -") << "a query isn't decoded here";
}

}  // namespace
}  // namespace wagi::http
