// Where one request ends and the next begins, and whom each is for, as an attacker would have it
// misread (RFC 9112 11.2): each request is followed by another one, which must be found in its
// place or not at all, in whatever pieces the bytes come.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "net/http/inbox.h"
#include "net/http/request_parser.h"

namespace wagi::http {
namespace {

using namespace std::string_literals;
using State = RequestParser::State;

const std::string kNext = "GET /next HTTP/1.1\r\nHost: n\r\n\r\n";
const std::string kFound = ", GET /next";

// What is read of `bytes` when they come `piece` at a time: each request as "METHOD TARGET BODY",
// then "more" where one isn't whole, or the status of its refusal.
std::string readIn(std::string_view bytes, std::size_t piece) {
  RequestParser parser({8192, 16});
  Inbox inbox(64 << 10);
  std::string text;
  bool in_body = false;
  while (true) {
    if (!in_body) {
      const State state = parser.parseHead(inbox.raw());
      if (state == State::kRefused) return text + std::to_string(parser.refusal().status);
      in_body = state == State::kDone;
      if (in_body) {
        const RequestHead& head = parser.head();
        text.append(head.method).append(" ").append(head.path);
        if (head.query) text.append("?").append(*head.query);
        inbox.dropRaw(parser.headBytes());
      }
    }
    if (in_body) {
      const bool good = parser.decodeBody(inbox);
      if (good && parser.bodyComplete()) {
        if (!inbox.ready().empty()) text.append(" ").append(inbox.ready());
        inbox.dropReady(inbox.ready().size());
        text.append(", ");
        parser.reset();
        in_body = false;
        if (!inbox.raw().empty()) continue;
      }
      if (!good) return text + " " + std::to_string(parser.refusal().status);
    }
    if (bytes.empty()) break;
    const auto space = inbox.space();
    const std::size_t count = std::min({piece, space.size(), bytes.size()});
    std::memcpy(space.data(), bytes.data(), count);
    inbox.commit(count);
    bytes.remove_prefix(count);
  }
  if (text.ends_with(", ") && inbox.raw().empty()) return text.substr(0, text.size() - 2);
  return text + (in_body ? " more" : "more");
}

std::string read(const std::string& bytes) {
  const std::string whole = readIn(bytes, bytes.size());
  for (const std::size_t piece : {1U, 2U, 3U, 7U}) {
    EXPECT_EQ(readIn(bytes, piece), whole) << "in pieces of " << piece;
  }
  return whole;
}

std::string post(const std::string& fields, const std::string& body) {
  return read("POST /p HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body + kNext);
}

std::string get(const std::string& line, const std::string& fields = "Host: h\r\n") {
  return read(line + "\r\n" + fields + "\r\n" + kNext);
}

const std::string kChunks = "3\r\nabc\r\n0\r\n\r\n";

TEST(Framing, ATransferCodingIsChunkedAlone) {
  for (const std::string& coding :
       {"chunked"s, "Chunked"s, "CHUNKED"s, "\tchunked"s, "chunked \t"s, ""s + "chunked"}) {
    EXPECT_EQ(post("Transfer-Encoding:" + coding + "\r\n", kChunks), "POST /p abc" + kFound)
        << coding;
  }
  // The last one isn't "chunked", or another one is (RFC 9112 6.3).
  for (const std::string& coding : {""s,
                                    " "s,
                                    ","s,
                                    "identity"s,
                                    "gzip"s,
                                    "trailers"s,
                                    "xchunked"s,
                                    "chunkedx"s,
                                    "chunk"s,
                                    "chunked;q=1"s,
                                    "chunked; a=b"s,
                                    "\"chunked\""s,
                                    "'chunked'"s,
                                    "ch unked"s,
                                    "chunked chunked"s,
                                    "chunked, gzip"s,
                                    "chunked, identity"s,
                                    "chunked,"s,
                                    "chunked, ,"s,
                                    "chunked, chunked"s,
                                    "chunked, gzip, chunked"s,
                                    "chun\xc4\xb7"s + "ed"s,
                                    "chun\xe2\x84\xaa"s + "ed"s,
                                    "chunked\xa0"s,
                                    "\xa0"s + "chunked",
                                    "chunked\x85"s,
                                    "chunked\0"s,
                                    "\x0b"s + "chunked",
                                    "chunked\x0c"s,
                                    "chunked\r"s,
                                    "\rchunked"s,
                                    "\n chunked"s,
                                    "\r\n chunked"s,
                                    "chunked\r\n "s,
                                    "\x7f"s + "chunked"}) {
    EXPECT_EQ(post("Transfer-Encoding: " + coding + "\r\n", kChunks), "400") << coding;
  }
  for (const char* coding : {"gzip, chunked", "identity,chunked", "a, b,  \tChunked"}) {
    EXPECT_EQ(post("Transfer-Encoding: "s + coding + "\r\n", kChunks), "501") << coding;
  }
}

TEST(Framing, TransferEncodingIsOneField) {
  const auto twice = [](const std::string& first, const std::string& second) {
    return post("Transfer-Encoding: " + first + "\r\nTransfer-Encoding: " + second + "\r\n",
                kChunks);
  };
  EXPECT_EQ(twice("chunked", "chunked"), "400");
  EXPECT_EQ(twice("chunked", "gzip"), "400");
  EXPECT_EQ(twice("gzip", "gzip"), "400");
  EXPECT_EQ(twice("gzip", "chunked"), "501") << "as one field that lists both";
}

TEST(Framing, LengthAndChunksContradict) {
  for (const char* coding : {"chunked", "Chunked ", "gzip", "identity", "", "xchunked"}) {
    const std::string chunked = "Transfer-Encoding: "s + coding + "\r\n";
    EXPECT_EQ(post(chunked + "Content-Length: 13\r\n", kChunks), "400") << coding;
    EXPECT_EQ(post("Content-Length: 13\r\n" + chunked, kChunks), "400") << coding;
    EXPECT_EQ(post("Content-Length: 0\r\n" + chunked, kChunks), "400") << coding;
  }
}

// A reader in front that took such a name for Transfer-Encoding would have refused it, too.
TEST(Framing, NamesThatLookAlikeFrameNothing) {
  for (const std::string& name : {"Transfer-Encoding "s,
                                  " Transfer-Encoding"s,
                                  "\tTransfer-Encoding"s,
                                  "Transfer-Encoding\t"s,
                                  "Transfer-Encoding\0"s,
                                  "Transfer\0-Encoding"s,
                                  "Transfer-Encoding\x0b"s,
                                  "\xefTransfer-Encoding"s,
                                  "X\nTransfer-Encoding"s,
                                  "X: y\nTransfer-Encoding"s,
                                  "X: y\rTransfer-Encoding"s,
                                  "X:\r Transfer-Encoding"s,
                                  "\0Transfer-Encoding"s,
                                  "Content-Length "s,
                                  " Content-Length"s,
                                  "Content-Length\t"s,
                                  "Content-Length\0"s,
                                  "X: y\nContent-Length"s,
                                  "X: y\rContent-Length"s,
                                  "(X)"s,
                                  "X[1]"s,
                                  "\"X\""s,
                                  "X/Y"s,
                                  "X@Y"s,
                                  "X=Y"s,
                                  "X\x80"s,
                                  ""s}) {
    EXPECT_EQ(post(name + ": 3\r\n", ""), "400") << name;
    EXPECT_EQ(post(name + ": chunked\r\nContent-Length: 0\r\n", ""), "400") << name;
  }
  for (const char* name : {"Transfer_Encoding", "Transfer--Encoding", "Transfer.Encoding",
                           "Content_Length", "HTTP_Content_Length"}) {
    EXPECT_EQ(post(name + ": chunked\r\n"s, ""), "POST /p" + kFound) << name;
  }
}

TEST(Framing, ALengthIsDigits) {
  for (const std::string& length : {"3"s, " 3\t"s, "03"s, std::string(400, '0') + "3"}) {
    EXPECT_EQ(post("Content-Length:" + length + "\r\n", "abc"), "POST /p abc" + kFound) << length;
  }
  for (const std::string& length : {""s,
                                    " "s,
                                    "+3"s,
                                    "-3"s,
                                    "-0"s,
                                    "0x3"s,
                                    "3.0"s,
                                    "3e0"s,
                                    "3,3"s,
                                    "3, 3"s,
                                    "3,4"s,
                                    "3 3"s,
                                    "3;"s,
                                    "3\0"s,
                                    "\0003"s,
                                    "3\x0b"s,
                                    "\x0b"s + "3",
                                    "3\xa0"s,
                                    "\xb2"s,
                                    "three"s,
                                    "1_0"s,
                                    "'3'"s,
                                    "\xef\xbc\x93"s,
                                    "18446744073709551616"s,
                                    "18446744073709551619"s,
                                    std::string(30, '9'),
                                    "3\r"s,
                                    "\r3"s,
                                    "\r\n 3"s,
                                    "3\r\n "s}) {
    EXPECT_EQ(post("Content-Length:" + length + "\r\n", "abc"), "400") << length;
  }
  for (const char* second : {"3", "4", "03", "0", "x", ""}) {
    EXPECT_EQ(post("Content-Length: 3\r\nContent-Length: "s + second + "\r\n", "abc"), "400");
  }
  EXPECT_EQ(post("Content-Length: 18446744073709551615\r\n", "abc"), "POST /p more");
}

TEST(Framing, Chunks) {
  const auto chunks = [](const std::string& body) {
    return post("Transfer-Encoding: chunked\r\n", body);
  };
  for (const std::string& size :
       {"3"s, "003"s, std::string(300, '0') + "3", "3;a"s, "3;a=b"s, "3;a=\"b\""s,
        "3;a=\"b\\\"c\t\\\\\xff\""s, "3;a=b;c;d=\"\""s, "3 \t; \ta \t= \tb"s, "3 ;a =\"b\" ;c"s}) {
    EXPECT_EQ(chunks(size + "\r\nabc\r\n0\r\n\r\n"), "POST /p abc" + kFound) << size;
    EXPECT_EQ(chunks("3\r\nabc\r\n0" + size.substr(size.find('3') + 1) + "\r\n\r\n"),
              "POST /p abc" + kFound)
        << size;
  }
  for (const std::string& size : {""s,
                                  " 3"s,
                                  "\t3"s,
                                  "3 "s,
                                  "3\t"s,
                                  "+3"s,
                                  "-3"s,
                                  "0x3"s,
                                  "3h"s,
                                  "3,"s,
                                  "3="s,
                                  "3\n"s,
                                  "3\r"s,
                                  "\r\n3"s,
                                  "\n3"s,
                                  "3\xa0"s,
                                  "3\x0b"s,
                                  "3\0"s,
                                  "3;"s,
                                  "3;;a"s,
                                  "3;=b"s,
                                  "3;a="s,
                                  "3;a=;b"s,
                                  "3;a "s,
                                  "3;a=b "s,
                                  "3;a b"s,
                                  "3;a=b c"s,
                                  "3;a=\""s,
                                  "3;a=\"b\"c"s,
                                  "3;a=\"\\"s,
                                  "3;a=\"\n\""s,
                                  "3;a=\"\r\n\""s,
                                  "3;a=\"\\\n\""s,
                                  "3;a=\"\0\""s,
                                  "3;a\nb"s,
                                  "3;a=b\n"s,
                                  "3;a\rb"s,
                                  "3;a\0"s,
                                  "3;\xff"s,
                                  "3;a=\xff"s,
                                  "10000000000000003"s,
                                  "fffffffffffffffff"s,
                                  "3;" + std::string(5000, 'a'),
                                  std::string(5000, '0') + "3"}) {
    EXPECT_EQ(chunks(size + "\r\nabc\r\n0\r\n\r\n"), "POST /p 400") << size;
  }
  for (const char* body :
       {"3\r\nabcd\r\n0\r\n\r\n", "3\r\nabc\n0\r\n\r\n", "3\r\nabc\r0\r\n\r\n", "3\r\nabc0\r\n\r\n",
        "3\r\nabc  \r\n0\r\n\r\n", "3\r\nabc\r\n\r\n0\r\n\r\n", "3\r\nabc\r\n-0\r\n\r\n",
        "3\r\nabc\r\n0 \r\n\r\n", "3\r\nabc\r\n0\n\r\n", "3\r\nabc\r\n0\r\n\n", "3\r\nabc\r\n0\n\n",
        "3\r\nabc\r\n0\r\r\n", "3\r\nabc\r\n0;a\n\r\n"}) {
    EXPECT_EQ(chunks(body), "POST /p 400") << body;
  }
  EXPECT_EQ(chunks("3\r\nabc\r\n3\r\ndef\r\n000\r\n\r\n"), "POST /p abcdef" + kFound);
  EXPECT_EQ(chunks("A\r\n0123456789\r\n0\r\n\r\n"), "POST /p 0123456789" + kFound);
  EXPECT_EQ(chunks("FFFFFFFFFFFFFFFF\r\nabc"), "POST /p more");
}

TEST(Framing, TrailersAreFields) {
  const auto trailers = [](const std::string& lines) {
    return post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n" + lines + "\r\n");
  };
  for (const std::string& lines :
       {"X: y\r\n"s, "X:\r\n"s, "X: \xff\t\r\n"s, "Content-Length: 5\r\nHost: evil\r\n"s,
        "Transfer-Encoding: chunked\r\n"s, "X:" + std::string(20'000, 'y') + "\r\n"}) {
    EXPECT_EQ(trailers(lines), "POST /p abc" + kFound) << lines;
  }
  for (const std::string& lines : {"X\r\n"s,
                                   "X : y\r\n"s,
                                   " X: y\r\n"s,
                                   "\tX: y\r\n"s,
                                   ": y\r\n"s,
                                   "X(a): y\r\n"s,
                                   "X: a\r\n b\r\n"s,
                                   "X: a\r\n\tb\r\n"s,
                                   "X:\r\n b\r\n"s,
                                   "X: a\nY: b\r\n"s,
                                   "X: a\n\r\n"s,
                                   "X: a\n\n"s,
                                   "X: a\rb\r\n"s,
                                   "X: a\r\r\n"s,
                                   "X: \0\r\n"s,
                                   "X: \x7f\r\n"s,
                                   "\n"s,
                                   "\r"s,
                                   "GET /evil HTTP/1.1\r\nHost: x\r\n"s,
                                   "X:" + std::string(70'000, 'y') + "\r\n"}) {
    EXPECT_EQ(trailers(lines), "POST /p 400") << lines;
  }
}

// Whoever waits for the rest of it would wait for its time limit.
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

// RFC 9112 6.1: an old client can't have meant it.
TEST(Framing, OldClientsSendNoChunks) {
  for (const char* coding : {"chunked", "gzip", ""}) {
    EXPECT_EQ(read("POST /p HTTP/1.0\r\nTransfer-Encoding: "s + coding + "\r\n\r\n" + kChunks),
              "400");
  }
  EXPECT_EQ(read("POST /p HTTP/1.2\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + kChunks),
            "POST /p abc");
}

}  // namespace
}  // namespace wagi::http
