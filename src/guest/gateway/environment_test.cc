#include "guest/gateway/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "routing/pattern.h"

namespace wagi::gateway {
namespace {

using namespace std::string_literals;
using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;

using Variables = std::vector<EnvironmentTemplate::Variable>;
using Environment = std::map<std::string, std::string>;

// The environment as a map, as a guest would read it. A name that occurs twice is a failure.
Environment read(const Block& block) {
  Environment variables;
  std::size_t count = 0;
  for (std::string_view rest = block.bytes; !rest.empty(); ++count) {
    const std::string_view line = rest.substr(0, rest.find('\0'));
    EXPECT_LT(line.size(), rest.size()) << "no NUL at the end";
    rest.remove_prefix(line.size() + 1);
    const std::size_t equals = line.find('=');
    EXPECT_NE(equals, std::string_view::npos) << line;
    const bool is_new = variables.emplace(line.substr(0, equals), line.substr(equals + 1)).second;
    EXPECT_TRUE(is_new) << line;
  }
  EXPECT_EQ(count, block.count);
  return variables;
}

// A request, with the route and settings that it meets.
struct Case {
  std::string route = "/...";
  Variables configured = {};
  DefaultHost default_host = {};
  std::vector<Field> fields = {};
  RequestHead head{.method = "GET",
                   .path = "/",
                   .query = {},
                   .host = "",
                   .port = {},
                   .protocol = "HTTP/1.1",
                   .scheme = "http",
                   .remote_address = "192.0.2.7",
                   .fields = {},
                   .content_length = std::nullopt,
                   .chunked = false};
  std::uint64_t content_length = 0;

  [[nodiscard]] Environment environment() {
    const auto pattern = routing::Pattern::parse(route).value();
    const EnvironmentTemplate environment({route, pattern.scriptName()}, configured, default_host);
    head.fields = fields;
    Block block;
    block.add("LEFT=over");
    environment.build(head, pattern.remainder(head.path), content_length, block);
    return read(block);
  }
};

TEST(EnvironmentTest, ExampleOfTheReference) {
  Case c{.route = "/path/..."};
  c.head.path = "/path/test%3brun";
  c.head.query = "foo=bar";
  c.head.host = "example.com";
  c.head.port = 8080;
  c.fields = {{"Host", "example.com:8080"}, {"User-Agent", "curl/8"}};
  EXPECT_EQ(c.environment(), (Environment{
                                 {"AUTH_TYPE", ""},
                                 {"CONTENT_LENGTH", "0"},
                                 {"CONTENT_TYPE", ""},
                                 {"GATEWAY_INTERFACE", "CGI/1.1"},
                                 {"HTTP_HOST", "example.com:8080"},
                                 {"HTTP_USER_AGENT", "curl/8"},
                                 {"PATH_INFO", "/test;run"},
                                 {"PATH_TRANSLATED", "/test;run"},
                                 {"QUERY_STRING", "foo=bar"},
                                 {"REMOTE_ADDR", "192.0.2.7"},
                                 {"REMOTE_HOST", "192.0.2.7"},
                                 {"REMOTE_USER", ""},
                                 {"REQUEST_METHOD", "GET"},
                                 {"REQUEST_SCHEME", "http"},
                                 {"REQUEST_URI", "/path/test%3brun?foo=bar"},
                                 {"SCRIPT_NAME", "/path"},
                                 {"SERVER_NAME", "example.com"},
                                 {"SERVER_PORT", "8080"},
                                 {"SERVER_PROTOCOL", "HTTP/1.1"},
                                 {"SERVER_SOFTWARE", "WAGI/1"},
                                 {"X_FULL_URL", "http://example.com:8080/path/test%3brun?foo=bar"},
                                 {"X_MATCHED_ROUTE", "/path/..."},
                                 {"X_RAW_PATH_INFO", "/test%3brun"},
                             }));
}

TEST(EnvironmentTest, ExactRouteHasNoPathInfo) {
  Case c{.route = "/hello"};
  c.head.path = "/hello";
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("SCRIPT_NAME", "/hello")));
  EXPECT_THAT(e, Contains(Pair("PATH_INFO", "")));
  EXPECT_THAT(e, Contains(Pair("X_RAW_PATH_INFO", "")));
}

TEST(EnvironmentTest, RootRouteIsScriptNameSlash) {
  Case c;
  c.head.path = "/a/b";
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("SCRIPT_NAME", "/")));
  EXPECT_THAT(e, Contains(Pair("PATH_INFO", "/a/b")));
  EXPECT_THAT(e, Contains(Pair("X_MATCHED_ROUTE", "/...")));
}

TEST(EnvironmentTest, BodyIsDescribed) {
  Case c{.content_length = 18446744073709551615u};
  c.fields = {{"content-type", "text/plain; charset=utf-8"}};
  c.head.method = "POST";
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("CONTENT_LENGTH", "18446744073709551615")));
  EXPECT_THAT(e, Contains(Pair("CONTENT_TYPE", "text/plain; charset=utf-8")));
  EXPECT_THAT(e, Contains(Pair("HTTP_CONTENT_TYPE", "text/plain; charset=utf-8")));
  EXPECT_THAT(e, Contains(Pair("REQUEST_METHOD", "POST")));
}

TEST(EnvironmentTest, SecureRequestSaysSo) {
  Case c;
  EXPECT_THAT(c.environment(), Not(Contains(Key("HTTPS"))));
  c.head.scheme = "https";
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("HTTPS", "on")));
  EXPECT_THAT(e, Contains(Pair("REQUEST_SCHEME", "https")));
  EXPECT_THAT(e, Contains(Pair("X_FULL_URL", "https://localhost:3000/")));
}

TEST(EnvironmentTest, HostOfTheRequestWinsPartByPart) {
  using Port = std::optional<std::uint16_t>;
  const auto server = [](std::string_view host, Port port, DefaultHost default_host,
                         std::string_view scheme = "http") {
    Case c;
    c.default_host = std::move(default_host);
    c.head.host = host;
    c.head.port = port;
    c.head.scheme = scheme;
    const Environment e = c.environment();
    return e.at("SERVER_NAME") + " " + e.at("SERVER_PORT") + " " + e.at("X_FULL_URL");
  };
  const DefaultHost usual;
  const DefaultHost none{"", std::nullopt};
  EXPECT_EQ(server("a.example", 81, usual), "a.example 81 http://a.example:81/");
  EXPECT_EQ(server("a.example", {}, usual), "a.example 3000 http://a.example:3000/");
  EXPECT_EQ(server("[::1]", 81, usual), "[::1] 81 http://[::1]:81/");
  EXPECT_EQ(server("", {}, usual), "localhost 3000 http://localhost:3000/");
  EXPECT_EQ(server("", {}, {"b.example", 82}), "b.example 82 http://b.example:82/");
  EXPECT_EQ(server("a.example", {}, none), "a.example 80 http://a.example:80/");
  EXPECT_EQ(server("", {}, none), "localhost 80 http://localhost:80/");
  EXPECT_EQ(server("", {}, none, "https"), "localhost 443 https://localhost:443/");
}

// An empty query is a query: /e and /e? are two URIs (RFC 3986 6.2.3).
TEST(EnvironmentTest, AnEmptyQueryIsNotNone) {
  Case c;
  c.head.path = "/e";
  Environment e = c.environment();
  EXPECT_EQ(e["REQUEST_URI"], "/e");
  EXPECT_EQ(e["QUERY_STRING"], "");
  c.head.query = "";
  e = c.environment();
  EXPECT_EQ(e["REQUEST_URI"], "/e?");
  EXPECT_EQ(e["X_FULL_URL"], "http://localhost:3000/e?");
  EXPECT_EQ(e["QUERY_STRING"], "");
}

TEST(EnvironmentTest, BytesOfTheTargetThatAreNotUtf8ArePercentEncoded) {
  Case c{.route = "/p/..."};
  c.head.path = "/p/\xff%fe\xc3\xa9";
  c.head.query = "\x80=\xc3\xa9";
  Environment e = c.environment();
  EXPECT_EQ(e["REQUEST_URI"], "/p/%FF%fe\xc3\xa9?%80=\xc3\xa9");
  EXPECT_EQ(e["X_FULL_URL"], "http://localhost:3000/p/%FF%fe\xc3\xa9?%80=\xc3\xa9");
  EXPECT_EQ(e["X_RAW_PATH_INFO"], "/%FF%fe\xc3\xa9");
  EXPECT_EQ(e["QUERY_STRING"], "%80=\xc3\xa9");
  EXPECT_EQ(e["PATH_INFO"], "/\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9");
}

TEST(EnvironmentTest, HeadersBecomeVariables) {
  Case c;
  c.fields = {{"X-Some-Thing", "1"}, {"x.y", "2"}, {"ACCEPT", "*/*"}, {"X-Empty", ""}};
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("HTTP_X_SOME_THING", "1")));
  EXPECT_THAT(e, Contains(Pair("HTTP_X.Y", "2")));
  EXPECT_THAT(e, Contains(Pair("HTTP_ACCEPT", "*/*")));
  EXPECT_THAT(e, Contains(Pair("HTTP_X_EMPTY", "")));
}

TEST(EnvironmentTest, RepeatedHeadersAreJoined) {
  Case c;
  c.fields = {{"Accept", "text/html"}, {"Cookie", "a=1"}, {"accept", "text/plain"},
              {"cookie", "b=2"},       {"X-A", "x"},      {"ACCEPT", ""}};
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("HTTP_ACCEPT", "text/html, text/plain, ")));
  EXPECT_THAT(e, Contains(Pair("HTTP_COOKIE", "a=1; b=2")));
  EXPECT_THAT(e, Contains(Pair("HTTP_X_A", "x")));
}

TEST(EnvironmentTest, ManyHeadersAreAllThere) {
  std::vector<std::string> names;
  names.reserve(1'000);
  for (int i = 0; i < 1'000; ++i) names.push_back("X-" + std::to_string(i));
  Case c;
  for (const std::string& name : names) c.fields.push_back({name, name});
  const Environment e = c.environment();
  EXPECT_EQ(std::ranges::count_if(e, [](auto& v) { return v.first.starts_with("HTTP_X_"); }),
            1'000);
}

TEST(EnvironmentTest, SecretsAndProxyAreWithheld) {
  Case c;
  c.fields = {{"Authorization", "Basic eA=="},
              {"proxy-authorization", "Basic eA=="},
              {"CONNECTION", "close"},
              {"proxy", "evil:1"}};
  const Environment e = c.environment();
  EXPECT_THAT(e, Not(Contains(Key("HTTP_AUTHORIZATION"))));
  EXPECT_THAT(e, Not(Contains(Key("HTTP_PROXY_AUTHORIZATION"))));
  EXPECT_THAT(e, Not(Contains(Key("HTTP_CONNECTION"))));
  EXPECT_THAT(e, Not(Contains(Key("HTTP_PROXY"))));
}

TEST(EnvironmentTest, UnderscoreCannotPassForDash) {
  Case c;
  c.fields = {{"X_Real_Ip", "spoofed"}, {"X-Real-Ip", "10.0.0.1"}, {"X_Other", "spoofed"}};
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("HTTP_X_REAL_IP", "10.0.0.1")));
  EXPECT_THAT(e, Not(Contains(Key("HTTP_X_OTHER"))));
}

TEST(EnvironmentTest, NamesThatAreNoneAreDropped) {
  const std::size_t usual = Case{}.environment().size();
  for (const std::string& name : {""s, "a=b"s, "a b"s, "a\0b"s, "\xc3\xa9"s}) {
    Case c;
    c.fields = {{name, "x"}};
    EXPECT_EQ(c.environment().size(), usual) << name;
  }
}

TEST(EnvironmentTest, ValueThatIsNotVisibleIsCorrupt) {
  Case c;
  c.fields = {{"X-A", "caf\xc3\xa9"},
              {"X-B", std::string_view("a\0b", 3)},
              {"X-C", "ok"},
              {"x-c", "\x01"},
              {"Content-Type", "\xff"}};
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("HTTP_X_A", "CORRUPT VALUE")));
  EXPECT_THAT(e, Contains(Pair("HTTP_X_B", "CORRUPT VALUE")));
  EXPECT_THAT(e, Contains(Pair("HTTP_X_C", "ok, CORRUPT VALUE")));
  EXPECT_THAT(e, Contains(Pair("CONTENT_TYPE", "CORRUPT VALUE")));
}

TEST(EnvironmentTest, ConfiguredVariablesAreSeen) {
  Case c{.configured = {{"GREETING", "hello=world"}, {"EMPTY", ""}, {"A", "1"}, {"A", "2"}}};
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("GREETING", "hello=world")));
  EXPECT_THAT(e, Contains(Pair("EMPTY", "")));
  EXPECT_THAT(e, Contains(Pair("A", "2")));
}

TEST(EnvironmentTest, BuiltInVariablesWinOverConfiguredOnes) {
  const Environment plain = Case{}.environment();
  Variables configured = {};
  for (const auto& [name, value] : plain) configured.emplace_back(name, "configured");
  Case c{.configured = configured};
  EXPECT_EQ(c.environment(), plain);
}

TEST(EnvironmentTest, HeadersWinOverConfiguredVariables) {
  Case c{.configured = {{"HTTP_X_A", "configured"}, {"HTTP_X_B", "configured"}, {"HTTP_", "odd"}}};
  c.fields = {{"x-a", "sent"}};
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("HTTP_X_A", "sent")));
  EXPECT_THAT(e, Contains(Pair("HTTP_X_B", "configured")));
  EXPECT_THAT(e, Contains(Pair("HTTP_", "odd")));
}

TEST(EnvironmentTest, WithheldHeadersDontHideConfiguredVariables) {
  Case c{.configured = {{"HTTP_PROXY", "http://proxy.example"}}};
  c.fields = {{"Proxy", "evil:1"}};
  EXPECT_THAT(c.environment(), Contains(Pair("HTTP_PROXY", "http://proxy.example")));
}

// HTTPS is configured where a proxy in front of the server ends TLS.
TEST(EnvironmentTest, ConfiguredHttpsCountsForPlainRequests) {
  Case c{.configured = {{"HTTPS", "behind-proxy"}}};
  EXPECT_THAT(c.environment(), Contains(Pair("HTTPS", "behind-proxy")));
  c.head.scheme = "https";
  EXPECT_THAT(c.environment(), Contains(Pair("HTTPS", "on")));
}

TEST(EnvironmentTest, NulCannotCutAVariable) {
  const std::string path = "/a\0b"s;
  const std::string query = "x\0y"s;
  Case c{.configured = {{"A", "1\0"s}}};
  c.head.path = path;
  c.head.query = query;
  const Environment e = c.environment();
  EXPECT_THAT(e, Contains(Pair("X_RAW_PATH_INFO", "/a%00b")));
  EXPECT_THAT(e, Contains(Pair("PATH_INFO", "/a%00b")));
  EXPECT_THAT(e, Contains(Pair("QUERY_STRING", "x%00y")));
  EXPECT_THAT(e, Contains(Pair("A", "1%00")));
}

TEST(EnvironmentTest, BlockIsReusedWithoutGrowing) {
  const EnvironmentTemplate environment({"/...", "/"}, {}, {});
  Case c;
  Block block;
  environment.build(c.head, c.head.path, 0, block);
  const std::string first = block.bytes;
  const void* const memory = block.bytes.data();
  environment.build(c.head, c.head.path, 0, block);
  EXPECT_EQ(block.bytes, first);
  EXPECT_EQ(block.bytes.data(), memory);
}

// A guest's environment has no limit of its own; the limit on a request's head bounds it
// (net/http/limits.h).
TEST(EnvironmentTest, IsAtMostAFewTimesAsLongAsTheHead) {
  constexpr std::size_t kHeadBytes = 64 << 10;
  // A path shows in six variables; a byte of it that isn't UTF-8 takes three where it is replaced.
  constexpr std::size_t kTimesMax = 3 * 6 + 1;
  for (const std::string_view piece : {"a", "%00", "%ff", "\xff", "\xc3\xa4", "&", "/"}) {
    std::string long_text;
    while (long_text.size() < kHeadBytes) long_text += piece;
    Case in_path, in_query, in_host, in_value;
    const std::string path = "/" + long_text;
    in_path.head.path = path;
    in_query.head.query = long_text;
    in_host.fields = {{"Host", long_text}};
    in_host.head.host = long_text;
    in_value.fields = {{"X-Long", long_text}};
    for (Case* c : {&in_path, &in_query, &in_host, &in_value}) {
      std::size_t bytes = 0;
      for (const auto& [name, value] : c->environment()) bytes += name.size() + value.size() + 2;
      EXPECT_LE(bytes, kTimesMax * long_text.size()) << piece;
    }
  }
}

}  // namespace
}  // namespace wagi::gateway
