#include "base/base64.h"

#include <gtest/gtest.h>

namespace wagi {
namespace {

TEST(Base64, GoesThereAndBack) {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(decodeBase64(encodeBase64(bytes)).value(), bytes);
    bytes.push_back(static_cast<char>(i * 37));
  }
  EXPECT_EQ(encodeBase64("user:pass"), "dXNlcjpwYXNz");
  for (const char* bad : {"A", "AA", "AAA", "A===", "=AAA", "AA=A", "AAA\n", "AA A", "AAAA\n",
                          "====", "AAAA====", "AAA\xff"}) {
    EXPECT_FALSE(decodeBase64(bad)) << bad;
  }
}

TEST(Base64, IsStrict) {
  for (const std::string bytes : {"", "f", "fo", "foo", "foob", "\xff\xfe\x01"}) {
    EXPECT_EQ(decodeBase64(encodeBase64(bytes)), bytes);
  }
  for (const char* text :
       {"=", "====", "Zg=", "Zg", "Z===", "Zg==Zg==", "Zg= ", " Zg==", "Z\n==", "Zm9v=", "Zm9*"}) {
    EXPECT_EQ(decodeBase64(text), std::nullopt) << text;
  }
}

TEST(Base64, WhatIsTooLongIsNone) {
  EXPECT_TRUE(decodeBase64(std::string(kBase64BytesMax, 'A')));
  EXPECT_FALSE(decodeBase64(std::string(kBase64BytesMax + 4, 'A')));
}

}  // namespace
}  // namespace wagi
