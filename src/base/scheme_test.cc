#include "base/scheme.h"

#include <gtest/gtest.h>

namespace wagi {
namespace {

TEST(SchemeTest, IsTakenFromAUrl) {
  for (const char* url : {"http://h/x", "HTTP://h/x"}) {
    std::string_view text = url;
    EXPECT_EQ(takeScheme(text), Scheme::kHttp);
    EXPECT_EQ(text, "h/x");
  }
  std::string_view text = "hTTps://h";
  EXPECT_EQ(takeScheme(text), Scheme::kHttps);
  EXPECT_EQ(text, "h");
}

TEST(SchemeTest, IsNoOther) {
  for (const char* url : {"", "http", "http:", "http:/", "http:/h", "httpx://h", " http://h",
                          "ftp://h", "//h", "http ://h", "://h", "h"}) {
    std::string_view text = url;
    EXPECT_FALSE(takeScheme(text)) << url;
    EXPECT_EQ(text, url);
  }
}

}  // namespace
}  // namespace wagi
