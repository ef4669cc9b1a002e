#include "base/percent.h"

#include <gtest/gtest.h>

namespace wagi {
namespace {

TEST(Percent, EncodesWhatIsntUnreserved) {
  EXPECT_EQ(encodePercent("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(encodePercent(">=1 &+\xc3\xa4"), "%3E%3D1%20%26%2B%C3%A4");
  EXPECT_EQ(encodePercent("a/b c", "/"), "a/b%20c");
}

TEST(Percent, DecodesWhatItEncoded) {
  const std::string text = "k\xc3\xa4se/b c+d@e?f%";
  EXPECT_EQ(decodePercent(encodePercent(text)), text);
  EXPECT_EQ(decodePercent("%41%6a+"), "Aj+");
}

TEST(Percent, RefusesAPercentSignWithoutDigits) {
  for (const char* text : {"%", "a%4", "%zz", "%4g", "%%20"}) {
    EXPECT_FALSE(decodePercent(text)) << text;
  }
  EXPECT_EQ(decodePercentLeniently("%zz%41%4"), "%zzA%4");
}

}  // namespace
}  // namespace wagi
