#include "supply/spin/hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::spin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(HostsTest, HostsOfVersion1) {
  EXPECT_THAT(hostsOf("example.com:81").value(),
              ElementsAre("http://example.com:81", "https://example.com:81"));
  EXPECT_THAT(hostsOf("[::1]:81").value(), ElementsAre("http://[::1]:81", "https://[::1]:81"));
  EXPECT_THAT(hostsOf("http://a.b/").value(), ElementsAre("http://a.b"));
  EXPECT_THAT(hostsOf("self").error().message, HasSubstr("its own application"));
  for (const char* bad : {"http://a/path", "ftp://a", "a b", "insecure:allow-all", "*"}) {
    EXPECT_FALSE(hostsOf(bad)) << bad;
  }
}

TEST(HostsTest, OutboundHosts) {
  EXPECT_THAT(outboundHostsOf("https://*.a.b").value(), ElementsAre("https://*.a.b"));
  EXPECT_THAT(outboundHostsOf("http://self.example").value(), ElementsAre("http://self.example"));
  for (const char* bad : {"a.b", "https://a:*", "https://a:1..2", "*://*:*", "https://a.*.b",
                          "http://self", "http://self.alt", "http://10.0.0.0/8", "http://"}) {
    EXPECT_FALSE(outboundHostsOf(bad)) << bad;
  }
}

}  // namespace
}  // namespace wagi::spin
