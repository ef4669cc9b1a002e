#include "base/host_name.h"

#include <gtest/gtest.h>

namespace wagi {
namespace {

TEST(CheckHostName, TakesWhatEveryReaderReadsAlike) {
  for (const std::string& text :
       {std::string("a"), std::string("Example.COM"), std::string("my_host-1"),
        std::string("xn--bcher-kva.example"), std::string("1e100.net"), std::string("127.0.0.1"),
        std::string(63, 'a')}) {
    EXPECT_TRUE(checkHostName(text)) << text;
  }
}

TEST(CheckHostName, RefusesTheRest) {
  for (const std::string& text : {std::string(),
                                  std::string("."),
                                  std::string("a..b"),
                                  std::string("a."),
                                  std::string(".a"),
                                  std::string("a b"),
                                  std::string("a*"),
                                  std::string("-a"),
                                  std::string("a.b-.c"),
                                  std::string("a%2eb"),
                                  std::string("a:1"),
                                  std::string("[::1]"),
                                  std::string("b\xc3\xbc"
                                              "cher"),
                                  std::string("a\0b", 3),
                                  std::string(64, 'a'),
                                  std::string("127.1"),
                                  std::string("0x7f.1"),
                                  std::string("0X7F.0.0.1"),
                                  std::string("0177.0.0.1"),
                                  std::string("127.0.0.01"),
                                  std::string("2130706433"),
                                  std::string("127.0.0.256"),
                                  std::string("1.2.3.4.5"),
                                  std::string("a.1"),
                                  std::string("a.0x"),
                                  std::string(200, 'a') + ".b"}) {
    EXPECT_FALSE(checkHostName(text)) << text;
  }
}

}  // namespace
}  // namespace wagi
