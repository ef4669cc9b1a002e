#include "supply/bindle/version.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace wagi::bindle {
namespace {

Version version(std::string_view text) {
  auto parsed = Version::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Version{});
}

bool matches(std::string_view text, std::string_view requirement) {
  const auto result = fulfills(version(text), requirement);
  EXPECT_TRUE(result) << requirement;
  return result.value_or(false);
}

TEST(Version, TakesWhatTheStandardCallsAVersion) {
  for (const char* text :
       {"0.0.0", "1.2.3", "10.20.30", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0A.is.legal",
        "1.0.0+20130313144700", "1.0.0-beta+exp.sha.5114f85", "1.0.0--", "1.2.3-rc.0",
        "18446744073709551615.0.0"}) {
    EXPECT_TRUE(Version::parse(text)) << text;
  }
}

TEST(Version, RefusesWhatIsNone) {
  for (const char* text : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "v1.2.3", "1.2.3-",
                           "1.2.3-a..b", "1.2.3-01", "1.2.3+", "1.2.3+a..b", "1.2.3-ä", " 1.2.3",
                           "1.2.3 ", "1.2.-3", "../1.2.3", "18446744073709551616.0.0", "1.2.3\n"}) {
    EXPECT_FALSE(Version::parse(text)) << text;
  }
}

TEST(Version, IsOrderedAsTheStandardOrdersIt) {
  const std::vector<std::string> rising{"0.9.9",
                                        "1.0.0-1",
                                        "1.0.0-2",
                                        "1.0.0-11",
                                        "1.0.0-alpha",
                                        "1.0.0-alpha.1",
                                        "1.0.0-alpha.beta",
                                        "1.0.0-beta",
                                        "1.0.0-beta.2",
                                        "1.0.0-beta.11",
                                        "1.0.0-rc.1",
                                        "1.0.0",
                                        "1.0.1",
                                        "1.10.0",
                                        "2.0.0"};
  for (std::size_t i = 0; i + 1 < rising.size(); ++i) {
    EXPECT_TRUE(version(rising[i]) < version(rising[i + 1])) << rising[i];
  }
  EXPECT_TRUE(version("1.0.0+a") == version("1.0.0+b"));
}

TEST(Version, FulfillsRequirements) {
  EXPECT_TRUE(matches("1.2.3", ""));
  EXPECT_TRUE(matches("1.2.3", "1.2.3"));
  EXPECT_FALSE(matches("1.2.4", "1.2.3"));  // A whole version means itself.
  EXPECT_TRUE(matches("1.3.0", "^1.2.3"));
  EXPECT_FALSE(matches("2.0.0", "^1.2.3"));
  EXPECT_FALSE(matches("1.2.2", "^1.2.3"));
  EXPECT_TRUE(matches("0.2.9", "^0.2.3"));
  EXPECT_FALSE(matches("0.3.0", "^0.2.3"));
  EXPECT_FALSE(matches("0.0.4", "^0.0.3"));
  EXPECT_TRUE(matches("1.2.9", "~1.2.3"));
  EXPECT_FALSE(matches("1.3.0", "~1.2.3"));
  EXPECT_TRUE(matches("1.9.0", "1"));
  EXPECT_TRUE(matches("1.2.7", "1.2.*"));
  EXPECT_FALSE(matches("1.3.0", "1.2.*"));
  EXPECT_TRUE(matches("7.0.0", "*"));
  EXPECT_TRUE(matches("1.5.0", ">=1.2, <2"));
  EXPECT_TRUE(matches("1.5.0", ">= 1.2 < 2"));
  EXPECT_FALSE(matches("2.0.0", ">1.2 <2"));
  EXPECT_FALSE(matches("1.9.0", ">1"));
  EXPECT_TRUE(matches("1.9.0", "<=1"));
  EXPECT_TRUE(matches("1.5.6", "1.2.3 - 1.5.6"));
  EXPECT_FALSE(matches("1.5.7", "1.2.3 - 1.5.6"));
}

TEST(Version, APreReleaseFulfillsOnlyWhatNamesOne) {
  EXPECT_FALSE(matches("2.0.0-rc.1", "<2"));
  EXPECT_FALSE(matches("1.3.0-rc.1", "^1.2"));
  EXPECT_TRUE(matches("1.3.0-rc.2", ">=1.3.0-rc.1"));
  EXPECT_FALSE(matches("1.0.0-beta.12", "1.0.0-beta.1"));
}

TEST(Version, SaysWhatIsNoRequirement) {
  for (const char* text : {"latest", ">", "^^1", "1.x.3", "1.2.3.4", "^1.2-rc", "a - b", "1 -"}) {
    EXPECT_FALSE(fulfills(version("1.0.0"), text)) << text;
  }
}

}  // namespace
}  // namespace wagi::bindle
