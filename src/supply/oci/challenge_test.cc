#include "supply/oci/challenge.h"

#include <gtest/gtest.h>

namespace wagi::oci {
namespace {

TEST(ParseChallenge, Bearer) {
  const auto challenge = parseChallenge(
      R"(Bearer realm="https://auth.example/token",service="a \"b\"", SCOPE = "repository:x:pull,push")");
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->scheme, Challenge::Scheme::kBearer);
  EXPECT_EQ(challenge->parameter("realm"), "https://auth.example/token");
  EXPECT_EQ(challenge->parameter("service"), "a \"b\"");
  EXPECT_EQ(challenge->parameter("scope"), "repository:x:pull,push");
  EXPECT_EQ(challenge->parameter("error"), "");
}

TEST(ParseChallenge, TheFirstThatIsKnown) {
  const auto challenge =
      parseChallenge(R"(Negotiate YWJj==, basic realm="here", Bearer realm="there")");
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->scheme, Challenge::Scheme::kBasic);
  EXPECT_EQ(challenge->parameter("realm"), "here");
}

TEST(ParseChallenge, WhatIsNone) {
  for (const char* value : {"", "Digest realm=\"x\"", ",,,", "\"", "=", "= = =", "realm=\"x\""}) {
    EXPECT_FALSE(parseChallenge(value)) << value;
  }
  EXPECT_TRUE(parseChallenge("Bearer realm=\"never ends\\"));
}

}  // namespace
}  // namespace wagi::oci
