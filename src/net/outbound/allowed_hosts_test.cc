#include "net/outbound/allowed_hosts.h"

#include <gtest/gtest.h>

namespace wagi::outbound {
namespace {

using AddressScope = AllowedHost::AddressScope;

AllowedHost entry(std::string_view text) {
  auto parsed = parseAllowedHost(text);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed.value_or(AllowedHost{});
}

bool allows(std::string_view text, std::string_view url) {
  const AllowedHost one = entry(text);
  return findAllowed({&one, 1}, parseUrl(url).value().origin) != nullptr;
}

bool permits(std::string_view text, std::string_view address) {
  return outbound::permits(entry(text), IpAddress::parse(address).value());
}

TEST(AllowedHostsTest, WhatAnEntryAllows) {
  struct Case {
    const char* entry;
    const char* url;
    bool allowed;
  };
  for (const auto& [text, url, allowed] : std::initializer_list<Case>{
           {"https://api.example.com", "https://api.example.com/x", true},
           {"https://api.example.com/", "https://API.example.com.:443", true},
           {"HTTPS://API.Example.com", "https://api.example.com", true},
           {"https://api.example.com.", "https://api.example.com", true},
           {"https://api.example.com", "http://api.example.com", false},
           {"https://api.example.com", "http://api.example.com:443", false},
           {"https://api.example.com", "https://api.example.com:8443", false},
           {"https://api.example.com", "https://example.com", false},
           {"https://api.example.com", "https://x.api.example.com", false},
           {"https://api.example.com", "https://api.example.com.evil.net", false},
           {"https://api.example.com", "https://evil-api.example.com", false},
           {"http://127.0.0.1:8080", "http://127.0.0.1:8080", true},
           {"http://127.0.0.1:8080", "http://127.0.0.1", false},
           {"http://127.0.0.1:8080", "http://localhost:8080", false},
           {"http://127.0.0.1:8080", "http://[::ffff:127.0.0.1]:8080", false},
           {"http://[::1]:81", "http://[0:0::1]:81/", true},
           {"example.com", "http://example.com", true},
           {"example.com", "https://example.com", true},
           {"example.com", "http://example.com:443", false},
           {"example.com", "https://example.com:80", false},
           {"example.com:81", "https://example.com:81", true},
           {"example.com:81", "http://example.com:81", true},
           {"example.com:81", "http://example.com", false},
           {"*.example.org", "http://a.example.org", true},
           {"*.example.org", "https://a.b.example.org", true},
           {"*.example.org", "http://example.org", false},
           {"*.example.org", "http://aexample.org", false},
           {"*.example.org", "http://a.example.org.evil.net", false},
           {"https://*.example.org:444", "https://a.example.org:444", true},
           {"https://*.example.org:444", "http://a.example.org:444", false},
           {"https://*.example.org:444", "https://a.example.org", false},
           {"private:https://intra.example", "https://intra.example", true},
           {"private:https://intra.example", "http://intra.example", false},
           {"insecure:allow-all", "http://anything.example:12345", true},
           {"insecure:allow-all", "https://10.0.0.1", true},
       }) {
    EXPECT_EQ(allows(text, url), allowed) << text << " and " << url;
  }
}

TEST(AllowedHostsTest, EntriesThatAreNone) {
  for (const char* text : {"",
                           "http://",
                           "ftp://example.com",
                           "https://user@example.com",
                           "https://example.com/path",
                           "https://example.com?x",
                           "https://example.com#x",
                           "*",
                           "*.",
                           "https://*",
                           "a.*.example.com",
                           "*example.com",
                           "*.*.example.com",
                           "*.127.0.0.1",
                           "http://127.1",
                           "http://2130706433",
                           "http://0x7f.1",
                           "http://[::1%25lo]",
                           "http://0.0.0.0",
                           "http://224.0.0.1",
                           "http://[::]",
                           "https://b\u00fccher.example",
                           "https://example.com:0",
                           "https://example.com:",
                           "private:",
                           "private:insecure:allow-all",
                           "Private:example.com",
                           "insecure:allow-everything",
                           "https://exa mple.com",
                           "https://example.com\\x",
                           "https://example.com\n"}) {
    EXPECT_FALSE(parseAllowedHost(text)) << text;
  }
}

TEST(AllowedHostsTest, SaysWhatOfAnEntryIsWrong) {
  const auto error = [](std::string_view text) { return parseAllowedHost(text).error().message; };
  const std::string schemes = ": only http:// and https:// can be called";
  EXPECT_EQ(error("ws://x.org"), "the scheme is 'ws'" + schemes);
  EXPECT_EQ(error("private:redis://x.org/0"), "the scheme is 'redis'" + schemes);
  EXPECT_EQ(error("https://x.org/a?b"), "a host is allowed as a whole: leave out '/a?b'");
  EXPECT_EQ(error("x.org?b"), "a host is allowed as a whole: leave out '?b'");
}

TEST(AllowedHostsTest, TheEntryThatReachesFurthestCounts) {
  const std::vector<AllowedHost> entries{entry("*.example.com"), entry("private:intra.example.com"),
                                         entry("insecure:allow-all")};
  const auto scope = [&](std::string_view url) {
    return findAllowed(entries, parseUrl(url).value().origin)->scope;
  };
  EXPECT_EQ(scope("http://intra.example.com"), AddressScope::kPrivate);
  EXPECT_EQ(scope("http://other.example.com"), AddressScope::kPublic);
  EXPECT_EQ(findAllowed({}, parseUrl("http://a.example").value().origin), nullptr);
}

TEST(AllowedHostsTest, WhichAddressesANameMayHave) {
  for (const char* address : {"127.0.0.1",
                              "127.255.255.254",
                              "10.0.0.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "100.64.0.1",
                              "169.254.169.254",
                              "0.0.0.0",
                              "0.1.2.3",
                              "224.0.0.1",
                              "255.255.255.255",
                              "240.0.0.1",
                              "198.18.0.1",
                              "192.0.0.1",
                              "::",
                              "::1",
                              "fe80::1",
                              "febf::1",
                              "fc00::1",
                              "fd00:ec2::254",
                              "fec0::1",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "::ffff:169.254.169.254",
                              "64:ff9b::7f00:1",
                              "64:ff9b::a9fe:a9fe",
                              "2002:7f00:1::1",
                              "2002:a00:1::",
                              "2001::1",
                              "::7f00:1",
                              "100::1"}) {
    EXPECT_FALSE(permits("example.com", address)) << address;
    EXPECT_FALSE(permits("insecure:allow-all", address)) << address;
  }
  for (const char* address : {"1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.255.255",
                              "100.128.0.0", "223.255.255.255", "2606:4700::1111", "::ffff:1.1.1.1",
                              "64:ff9b::101:101", "2002:101:101::1"}) {
    EXPECT_TRUE(permits("example.com", address)) << address;
  }
}

TEST(AllowedHostsTest, WhatReachesFurther) {
  EXPECT_TRUE(permits("localhost", "127.0.0.1"));
  EXPECT_TRUE(permits("localhost", "::1"));
  EXPECT_FALSE(permits("localhost", "10.0.0.1"));
  EXPECT_FALSE(permits("localhost", "1.1.1.1"));
  EXPECT_TRUE(permits("private:a.example", "10.0.0.1"));
  EXPECT_TRUE(permits("private:a.example", "fd00::1"));
  EXPECT_TRUE(permits("private:a.example", "127.0.0.1"));
  EXPECT_TRUE(permits("private:a.example", "1.1.1.1"));
  EXPECT_FALSE(permits("private:a.example", "169.254.169.254"));
  EXPECT_FALSE(permits("private:a.example", "::ffff:169.254.169.254"));
  EXPECT_FALSE(permits("private:a.example", "0.0.0.0"));
  EXPECT_TRUE(permits("http://169.254.169.254", "169.254.169.254"));
  EXPECT_FALSE(permits("http://169.254.169.254", "127.0.0.1"));
  EXPECT_TRUE(permits("http://10.0.0.1:81", "10.0.0.1"));
}

}  // namespace
}  // namespace wagi::outbound
