#include "net/fetch/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::fetch {
namespace {

using testing::HasSubstr;

TEST(UrlTest, HasTheOriginThatLibcurlConnectsTo) {
  const struct {
    const char *text, *scheme, *host, *port, *written;
  } cases[] = {
      {"http://example.com", "http", "example.com", "80", "http://example.com/"},
      {"HTTPS://Example.COM:443/A?b#c", "https", "example.com", "443", "https://example.com/A?b"},
      {"https://example.com:80", "https", "example.com", "80", "https://example.com:80/"},
      {"http://localhost:5000/v2/", "http", "localhost", "5000", "http://localhost:5000/v2/"},
      {"http://[::1]:5000?a", "http", "[::1]", "5000", "http://[::1]:5000/?a"},
      {"http://a_b-c.d/x y\xc3\xbc", "http", "a_b-c.d", "80", "http://a_b-c.d/x%20y%C3%BC"},
      {"http://h/a@b:c//d?e@f", "http", "h", "80", "http://h/a@b:c//d?e@f"},
      {"http://h/a/../b", "http", "h", "80", "http://h/b"},
      {"http://h./", "http", "h.", "80", "http://h./"},
  };
  for (const auto& [text, scheme, host, port, written] : cases) {
    const auto url = Url::parse(text);
    ASSERT_TRUE(url) << text << ": " << url.error().message;
    EXPECT_EQ(url->origin(), (Origin{scheme, host, port})) << text;
    EXPECT_EQ(url->text(), written);
    EXPECT_EQ(Url::parse(url->text())->text(), written) << "what it writes, it reads";
  }
}

TEST(UrlTest, RefusesALogin) {
  for (const char* text :
       {"http://localhost:x@127.0.0.2:1/token", "http://localhost:@127.0.0.2/",
        "http://127.0.0.1:1@127.0.0.2/", "http://[::1]:x@127.0.0.2/", "http://@h/", "http://:@h/",
        "http://localhost:5000@h/", "https://u@h/"}) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().message, HasSubstr("a user's name or a password")) << text;
  }
}

TEST(UrlTest, NamesTheOneWayToWriteAHost) {
  EXPECT_THAT(Url::parse("http://0x7f.1:5000/x").error().message,
              HasSubstr("write http://127.0.0.1:5000"));
  EXPECT_THAT(Url::parse("http://[0::1]/").error().message, HasSubstr("write http://[::1]"));
  EXPECT_THAT(Url::parse("http:///h/").error().message, HasSubstr("write http://h"));
  EXPECT_THAT(Url::parse("ftp://h/").error().message, HasSubstr("neither http: nor https:"));
}

TEST(UrlTest, KnowsThisMachine) {
  for (const char* text : {"http://localhost/", "https://LOCALHOST:1/", "http://127.0.0.1:5000",
                           "http://[::1]:5000/"}) {
    EXPECT_TRUE(Url::parse(text)->origin().isLoopback()) << text;
  }
  // A resolver decides to which address these lead.
  for (const char* text :
       {"http://localhost.evil.example/", "http://127.0.0.1.evil.example/", "http://[::2]/",
        "http://localhost./", "http://a.localhost/", "http://127.0.0.2/", "http://localhos/"}) {
    EXPECT_FALSE(Url::parse(text)->origin().isLoopback()) << text;
  }
}

TEST(UrlTest, ResolvesWhatAServerSends) {
  const auto base = Url::parse("https://h:1/a/b?c").value();
  const std::pair<const char*, const char*> cases[] = {
      {"/x", "https://h:1/x"},          {"x?y", "https://h:1/a/x?y"},
      {"?q", "https://h:1/a/b?q"},      {"../x y", "https://h:1/x%20y"},
      {"//other/x", "https://other/x"}, {"http://other:2/x", "http://other:2/x"},
  };
  for (const auto& [reference, expected] : cases) {
    const auto url = base.resolve(reference);
    ASSERT_TRUE(url) << reference << ": " << url.error().message;
    EXPECT_EQ(url->text(), expected);
  }
  for (const char* reference :
       {"//u@other/x", "https://h:1@other/", "http:other", "http:/other/", "http:///other/",
        "\\\\other/", "/\\other", "https://0x7f.1/", "//127.1/", "/a\nb", "file:///etc/passwd",
        "a:b", "//[::1%25lo]/", "https://%6cocalhost/"}) {
    EXPECT_FALSE(base.resolve(reference)) << reference;
  }
}

TEST(UrlTest, AddsToTheQuery) {
  EXPECT_EQ(Url::parse("http://h/x#f")->withQuery("a=b").text(), "http://h/x?a=b");
  EXPECT_EQ(Url::parse("http://h/x?c=d#f")->withQuery("a=b").text(), "http://h/x?c=d&a=b");
  EXPECT_EQ(Url::parse("http://h/x?secret")->withoutQuery(), "http://h/x");
}

TEST(UrlTest, TakesALoginOutOfWhatAUserWrote) {
  const auto parsed = Url::parseWithLogin("https://us%40er:pa%3Ass@h:1/v1");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->url.text(), "https://h:1/v1");
  EXPECT_EQ(parsed->login->user, "us@er");
  EXPECT_EQ(parsed->login->password, "pa:ss");
  EXPECT_FALSE(Url::parseWithLogin("https://h/")->login);
}

TEST(OriginTest, IsOfAHostWithoutAPath) {
  EXPECT_EQ(originAt("https", "Example.com")->authority(), "example.com");
  EXPECT_EQ(originAt("https", "h:443")->authority(), "h");
  EXPECT_EQ(originAt("https", "h:80")->authority(), "h:80");
  for (const char* text : {"", "h/", "h?", "h#", "u@h", "h:", "h:0", "h:x", "h:1:2", "[::1", "::1",
                           "a b", "127.1", "http://h"}) {
    EXPECT_FALSE(originAt("https", text)) << text;
  }
}

TEST(OriginTest, IsTheSameOrNot) {
  EXPECT_TRUE(sameOrigin("https://h/a", "https://H:443/b?c"));
  for (const char* other : {"http://h/", "https://h:1/", "https://h./", "https://i/", "h", "",
                            "https://h@i/", "https://h:443@i/"}) {
    EXPECT_FALSE(sameOrigin("https://h/a", other)) << other;
  }
  EXPECT_FALSE(sameOrigin("", ""));
}

TEST(WithoutCredentials, LeavesTheRest) {
  EXPECT_EQ(withoutCredentials("https://u:p@h:1/a@b?c@d"), "https://h:1/a@b?c@d");
  EXPECT_EQ(withoutCredentials("https://h/a@b"), "https://h/a@b");
  EXPECT_EQ(withoutCredentials("http://a@b@h"), "h");
  EXPECT_EQ(withoutCredentials("ht tp://a:b@h"), "h");
  EXPECT_EQ(withoutCredentials("no url"), "no url");
}

}  // namespace
}  // namespace wagi::fetch
