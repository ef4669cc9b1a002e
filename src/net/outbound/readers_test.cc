// Tests both readers of URLs, that for guests' requests and that of net/fetch, with one table: a
// URL that the stricter one accepts leads to the same place for the other.
#include <gtest/gtest.h>

#include <string>

#include "net/fetch/url.h"
#include "net/outbound/url.h"

namespace wagi {
namespace {

// "SCHEME HOST PORT", or "" where it is refused.
std::string fetched(std::string_view text) {
  const auto url = fetch::Url::parse(text);
  if (!url) return "";
  return url->origin().scheme + " " + url->origin().host + " " + url->origin().port;
}

std::string called(std::string_view text) {
  const auto url = outbound::parseUrl(text);
  if (!url) return "";
  const auto& origin = url->origin;
  const bool brackets = origin.host.address && origin.host.address->v6;
  return std::string(textOf(origin.scheme)) + " " + (brackets ? "[" : "") + origin.host.name +
         (brackets ? "]" : "") + " " + std::to_string(origin.port);
}

TEST(ReadersTest, Agree) {
  const std::pair<std::string, const char*> cases[] = {
      {"http://localhost:5000/token", "http localhost 5000"},
      {"HTTPS://Registry.Example/v2/?a#b", "https registry.example 443"},
      {"http://127.0.0.1", "http 127.0.0.1 80"},
      {"http://[::1]:81/", "http [::1] 81"},
      {"http://a_b.example:65535/", "http a_b.example 65535"},
      {"http://xn--bcher-kva.example/", "http xn--bcher-kva.example 80"},
      {"http://h/a@b:c", "http h 80"},
      {"http://h?a=http://evil.example/", "http h 80"},
      // Logins, real and feigned.
      {"http://localhost:x@127.0.0.2/", ""},
      {"http://localhost@127.0.0.2/", ""},
      {"http://@127.0.0.2/", ""},
      {"http://localhost:80\\@127.0.0.2/", ""},
      {"http://localhost:80\\.127.0.0.2/", ""},
      {"http://localhost%40127.0.0.2/", ""},
      // Numbers.
      {"http://127.1/", ""},
      {"http://0x7f.1/", ""},
      {"http://0X7F000001/", ""},
      {"http://2130706433/", ""},
      {"http://0177.0.0.1/", ""},
      {"http://127.0.0.01/", ""},
      {"http://127.0.0.256/", ""},
      {"http://1.2.3.4.5/", ""},
      {"http://\xef\xbc\x91"
       "27.0.0.1/",
       ""},
      // IPv6.
      {"http://[::1%25lo]/", ""},
      {"http://[::1%lo]/", ""},
      {"http://[::1", ""},
      {"http://::1/", ""},
      {"http://[127.0.0.1]/", ""},
      {"http://[::1]x/", ""},
      // Names.
      {"http://b\xc3\xbc"
       "cher.example/",
       ""},
      {"http://%6cocalhost/", ""},
      {"http://a..b/", ""},
      {"http://h../", ""},
      {"http://a b/", ""},
      {"http://local\thost/", ""},
      {"http://localhost\n.example/", ""},
      {"http://a,b/", ""},
      {"http://a;b/", ""},
      {"http:///localhost/", ""},
      {"http:/localhost/", ""},
      {"http:localhost/", ""},
      {"//localhost/", ""},
      {" http://localhost/", ""},
      {"http://", ""},
      {"http://?", ""},
      {"file://localhost/etc", ""},
      // Ports.
      {"http://h:0/", ""},
      {"http://h:65536/", ""},
      {"http://h:-1/", ""},
      {"http://h:+1/", ""},
      {"http://h:80:80/", ""},
      {"http://h: 80/", ""},
      {"http://h:/", ""},
      {"http://h:8x/", ""},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(fetched(text), expected) << text;
    EXPECT_EQ(called(text), expected) << text;
  }
}

// net/fetch accepts one way only to write a host, since libcurl reads the URL again. A host's name
// with a dot at the end stays another name there, which has a login of its own.
TEST(ReadersTest, DifferWhereOneIsStricter) {
  EXPECT_EQ(called("http://[0::1]/"), "http [::1] 80");
  EXPECT_EQ(fetched("http://[0::1]/"), "");
  EXPECT_EQ(called("http://h:0080/"), "http h 80");
  EXPECT_EQ(fetched("http://h:0080/"), "");
  EXPECT_EQ(called("http://h./"), "http h 80");
  EXPECT_EQ(fetched("http://h./"), "http h. 80");
}

}  // namespace
}  // namespace wagi
