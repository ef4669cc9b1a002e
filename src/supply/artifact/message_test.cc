#include "supply/artifact/message.h"

#include <gtest/gtest.h>

namespace wagi::artifact {
namespace {

using namespace std::string_literals;
using Json = nlohmann::json;

TEST(MessageTest, AMessageComesBackAsItWas) {
  for (const Json& message :
       {Json(), Json("any \xff\0 bytes"s), Json::array({1, -2, 3.5, true, nullptr}),
        Json{{"a", {{"b", {1, 2}}}}, {"c", "d"}}}) {
    EXPECT_EQ(readMessage(writeMessage(message)), message);
  }
}

TEST(MessageTest, NonsenseIsNone) {
  for (const std::string& bytes : {""s, "\xff"s, "\x81"s, "\x01\x01"s, "\x9b\xff\xff\xff\xff"s}) {
    EXPECT_TRUE(readMessage(bytes).is_discarded()) << bytes;
  }
}

TEST(MessageTest, WhatNestsTooDeepIsNone) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '\x81') + "\x01"; };
  EXPECT_FALSE(readMessage(nested(kMessageDepthMax)).is_discarded());
  EXPECT_TRUE(readMessage(nested(kMessageDepthMax + 1)).is_discarded());
  EXPECT_TRUE(readMessage(nested(10'000'000)).is_discarded());
  std::string objects;
  for (int i = 0; i < 1'000'000; ++i)
    objects +=
        "\xa1\x61"
        "a";
  EXPECT_TRUE(readMessage(objects + "\x01").is_discarded());
}

}  // namespace
}  // namespace wagi::artifact
