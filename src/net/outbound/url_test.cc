#include "net/outbound/url.h"

#include <gtest/gtest.h>

#include "net/outbound/limits.h"

namespace wagi::outbound {
namespace {

// How a URL is read: "SCHEME AUTHORITY TARGET", or "" where it is refused.
std::string read(std::string_view text) {
  const auto url = parseUrl(text);
  if (!url) return "";
  return std::string(textOf(url->origin.scheme)) + " " + url->origin.authority() + " " +
         url->target;
}

TEST(UrlTest, WhatIsAccepted) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://example.com", "http example.com /"},
      {"HTTPS://Example.COM:443/A?b#c", "https example.com /A?b"},
      {"http://example.com:443", "http example.com:443 /"},
      {"http://example.com.:80/", "http example.com /"},
      {"http://example.com?a=1", "http example.com /?a=1"},
      {"http://example.com#f", "http example.com /"},
      {"http://xn--bcher-kva.example/", "http xn--bcher-kva.example /"},
      {"http://a_b.example:00080/", "http a_b.example /"},
      {"http://127.0.0.1:8080/x", "http 127.0.0.1:8080 /x"},
      {"http://[::1]/", "http [::1] /"},
      {"http://[0:0:0:0:0:0:0:1]:81/", "http [::1]:81 /"},
      {"http://[::FFFF:1.2.3.4]/", "http [::ffff:1.2.3.4] /"},
      {"http://1e100.net/", "http 1e100.net /"},
      {"http://example.com/\xc3\xbc \"<>", "http example.com /%C3%BC%20%22%3C%3E"},
      {"http://example.com/%2e%2E/%", "http example.com /%2e%2E/%"},
      {"http://example.com/a@b:c//d", "http example.com /a@b:c//d"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(read(text), expected) << text;
}

TEST(UrlTest, WhatTwoReadersUnderstandDifferentlyIsRefused) {
  for (const char* text :
       {"", "http:", "http:/", "http://", "http:///", "//example.com/", "example.com",
        "ftp://example.com/", "file:///etc/passwd", "javascript://example.com/",
        "ws://example.com/", " http://example.com/", "http ://example.com/",
        "h\tttp://example.com/",
        // A user's name before '@', or a part that looks like one.
        "http://user@example.com/", "http://user:password@example.com/", "http://@example.com/",
        "http://good.example@evil.example/", "http://good.example:80@evil.example/",
        // Backslashes, which browsers take for slashes; control characters, which they drop.
        "http://good.example\\@evil.example/", "http:\\\\good.example/", "http://good.example/a\\b",
        "http://good.example/\r\nHost: evil", "http://good.example/\n", "http://good\t.example/",
        "http://good.example/\x7f", "http://good.example\x01/",
        // Ways to write 127.0.0.1.
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://127.1/",
        "http://127.0.1/", "http://0177.0.0.1/", "http://127.0.0.01/", "http://0x7f.0.0.1/",
        "http://127.0.0.1.5/", "http://127.0.0.256/", "http://1.2.3.4.5/", "http://a.1/",
        "http://a.0x1/", "http://0x/", "http://%31%32%37.0.0.1/", "http://\uff1127.0.0.1/",
        "http://127\u30020.0.1/",
        // IPv6.
        "http://[::1", "http://::1/", "http://[::1%25eth0]/", "http://[::1%lo]/",
        "http://[1.2.3.4]/", "http://[]/", "http://[::1]x/", "http://[::1]:/", "http://[v1.x]/",
        "http://[::g]/",
        // Malformed names.
        "http://exa mple.com/", "http://example..com/", "http://.example.com/", "http://./",
        "http://example.com../",
        "http://b\xc3\xbc"
        "cher.example/",
        "http://a%2eb/", "http://a*b/",
        // Ports.
        "http://example.com:/", "http://example.com:0/", "http://example.com:65536/",
        "http://example.com:-1/", "http://example.com:+1/", "http://example.com:1x/",
        "http://example.com:80:80/", "http://example.com: 80/"}) {
    EXPECT_EQ(read(text), "") << text;
  }
}

TEST(UrlTest, LengthsAreLimited) {
  const std::string label(63, 'a');
  EXPECT_NE(read("http://" + label + ".example/"), "");
  EXPECT_EQ(read("http://" + label + "a.example/"), "");
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_NE(read("http://" + name + "/"), "");
  EXPECT_EQ(read("http://" + name + "a/"), "");
  const std::string start = "http://example.com/";
  EXPECT_NE(read(start + std::string(kUrlBytesMax - start.size(), 'a')), "");
  EXPECT_EQ(read(start + std::string(kUrlBytesMax - start.size() + 1, 'a')), "");
}

}  // namespace
}  // namespace wagi::outbound
