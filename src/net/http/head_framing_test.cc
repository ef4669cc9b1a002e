// Where a request's lines end, and whom it is for.
#include <gtest/gtest.h>

#include <string>

#include "net/http/framing_testing.h"

namespace wagi::http::framing {
namespace {

using namespace std::string_literals;

TEST(Framing, ABareLineFeedIsRefusedAtOnce) {
  const std::string head = "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* body :
       {"3\n", "3;a\n", "3;a=\"\n", "0\n", "3\r\nabc\n", "0\r\n\n", "0\r\nX: y\n", "0\r\nX\n"}) {
    EXPECT_EQ(read(head + body), "POST /p 400") << body;
  }
  for (const char* bytes :
       {"\n", "GET\n", "GET /\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\n\n",
        "GET / HTTP/1.1\r\nHost\n", "GET / HTTP/1.1\r\nHost: h\n", "GET / HTTP/1.2\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\n", "GET / HTTP/1.1\r\nHost: h\r\nX: \n"}) {
    EXPECT_EQ(read(bytes), "400") << bytes;
  }
}

TEST(Framing, FieldsAreOneLineEach) {
  for (const std::string& lines :
       {"X: a\r\n b\r\n"s, "X: a\r\n\tb\r\n"s, "X: a\r\n \r\n"s, "X:\r\n b\r\n"s, "X: a\n b\r\n"s,
        "X: a\rb\r\n"s, "X: a\r\r\n"s, "X: \0\r\n"s, "X: \x01\r\n"s, "X: \x1f\r\n"s, "X: \x7f\r\n"s,
        "X : a\r\n"s, "X\t: a\r\n"s, " X: a\r\n"s, ": a\r\n"s, "X\r\n"s, "X: a\n"s}) {
    EXPECT_EQ(get("GET /p HTTP/1.1", "Host: h\r\n" + lines), "400") << lines;
    EXPECT_EQ(get("GET /p HTTP/1.1", lines + "Host: h\r\n"), "400") << lines;
  }
  for (const char* lines : {"X:a\r\n", "X:\r\n", "X::a\r\n", "X: \x80\xff\r\n", "X_Y: a\r\n",
                            "!#$%&'*+-.^_`|~: a\r\n", "Cookie: a\r\nCookie: b\r\n"}) {
    EXPECT_EQ(get("GET /p HTTP/1.1", "Host: h\r\n"s + lines), "GET /p" + kFound) << lines;
  }
}

// CGI shows it in two variables, which would differ.
TEST(Framing, ContentTypeIsOneField) {
  EXPECT_EQ(post("Content-Type: a\r\n", ""), "POST /p" + kFound);
  EXPECT_EQ(post("Content-Type: a\r\ncontent-type: b\r\n", ""), "400");
  EXPECT_EQ(post("Content-Type: a\r\nContent-Type: a\r\n", ""), "400");
  EXPECT_EQ(post("Content-Type:\r\nContent-Type: a\r\n", ""), "400");
}

TEST(Framing, HostIsOneAuthority) {
  const auto host = [](const std::string& value) {
    return get("GET /p HTTP/1.1", "Host:" + value + "\r\n");
  };
  for (const char* value : {"", " ", "h", " h\t", "h:80", "h:", "[::1]", "[::1]:80", "[v1.x]",
                            "%41", "xn--4ca", "h.", "127.0.0.1:3481"}) {
    EXPECT_EQ(host(value), "GET /p" + kFound) << value;
  }
  for (const std::string& value :
       {"h:x"s,   "h:-1"s,      "h:80:80"s,  "h:99999"s, "[::1"s,     "::1"s,    "]h["s,
        "[]"s,    "[zz]"s,      "[::1]x"s,   "%zz"s,     "%"s,        ":80"s,    "user@h"s,
        "u:p@h"s, "h:80@evil"s, "@"s,        "h/x"s,     "h?x"s,      "h#x"s,    "h x"s,
        "h\\x"s,  "h\0"s,       "<script>"s, "\"h\""s,   "\xc3\xa4"s, "\r\n h"s, "h\nX: y"s}) {
    EXPECT_EQ(host(value), "400") << value;
  }
  EXPECT_EQ(get("GET /p HTTP/1.1", ""), "400");
  EXPECT_EQ(get("GET http://h/p HTTP/1.1", ""), "400");
  EXPECT_EQ(get("GET http://h/p HTTP/1.1", "Host: h:x\r\n"), "400");
  EXPECT_EQ(get("GET /p HTTP/1.1", "Host : h\r\n"), "400");
  EXPECT_EQ(get("GET /p HTTP/1.0", ""), "GET /p" + kFound);
  for (const char* version : {"1.0", "1.1", "1.2"}) {
    for (const char* second : {"h", "evil", ""}) {
      EXPECT_EQ(get("GET /p HTTP/"s + version, "Host: h\r\nHost: "s + second + "\r\n"), "400");
    }
  }
}

TEST(Framing, RequestLines) {
  for (const char* line :
       {"GET /p HTTP/1.0", "GET /p HTTP/1.1", "GET /p HTTP/1.2", "GET /p HTTP/1.9",
        "\r\nGET /p HTTP/1.1", "\r\n\r\nGET /p HTTP/1.3", "GET http://h/p HTTP/1.2"}) {
    EXPECT_EQ(get(line), "GET /p" + kFound) << line;
  }
  for (const char* line : {"GET /p HTTP/0.9", "GET /p HTTP/2.0", "GET /p HTTP/3.1",
                           "PRI * HTTP/2.0", "GET /p HTTP/9.9"}) {
    EXPECT_EQ(get(line), "505") << line;
  }
  for (const std::string& line : {"GET /p"s,
                                  "GET /p "s,
                                  "GET /p HTTP/1.10"s,
                                  "GET /p HTTP/01.1"s,
                                  "GET /p HTTP/1.01"s,
                                  "GET /p HTTP/1"s,
                                  "GET /p HTTP/1."s,
                                  "GET /p HTTP/.1"s,
                                  "GET /p HTTP/1.2x"s,
                                  "GET /p HTTP/2"s,
                                  "GET /p http/1.1"s,
                                  "GET /p Http/1.1"s,
                                  "GET /p HTTP 1.1"s,
                                  "GET /p HTTP/1.1 "s,
                                  "GET /p HTTP/1.2 "s,
                                  "GET /p HTTP/1.1\t"s,
                                  "GET  /p HTTP/1.1"s,
                                  "GET\t/p HTTP/1.1"s,
                                  "GET /p\tHTTP/1.1"s,
                                  "GET /p  HTTP/1.1"s,
                                  "GET /p  HTTP/1.2"s,
                                  " GET /p HTTP/1.1"s,
                                  "\tGET /p HTTP/1.1"s,
                                  "\rGET /p HTTP/1.1"s,
                                  "GET /p HTTP/1.1\r"s,
                                  "GET /p HTTP/1.2\r"s,
                                  "GET /p HTTP/1.1 x"s,
                                  "GET /p y HTTP/1.1"s,
                                  "GET /p y HTTP/1.2"s,
                                  "GE/T /p HTTP/1.1"s,
                                  "GE(T /p HTTP/1.2"s,
                                  "GE\0T /p HTTP/1.1"s,
                                  "GE:T /p HTTP/1.1"s,
                                  "G\xc3\x84T /p HTTP/1.1"s,
                                  "\xef\xbb\xbfGET /p HTTP/1.1"s,
                                  "GET /p HTTPS/1.1"s,
                                  "GET /p FTP/1.1"s,
                                  "GET /p HTTP/-1.1"s,
                                  "GET /p HTTP/1.1;"s,
                                  "GET /p HTTP/1,1"s,
                                  "GET /p\x01 HTTP/1.1"s,
                                  "GET /p\x7f HTTP/1.1"s,
                                  "GET /p\0 HTTP/1.2"s,
                                  "GET * HTTP/1.1"s,
                                  "GET /%zz HTTP/1.1"s,
                                  "GET /%zz HTTP/1.2"s,
                                  "GET h:80 HTTP/1.1"s,
                                  "CONNECT /p HTTP/1.1"s,
                                  "CONNECT h HTTP/1.1"s}) {
    EXPECT_EQ(get(line), "400") << line;
  }
  EXPECT_EQ(get("CONNECT h:80 HTTP/1.1"), "501");
  EXPECT_EQ(get("OPTIONS * HTTP/1.1"), "OPTIONS *" + kFound);
  EXPECT_EQ(get("OPTIONS http://h HTTP/1.2"), "OPTIONS *" + kFound);
}

}  // namespace
}  // namespace wagi::http::framing
