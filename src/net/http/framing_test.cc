// Where one request ends and the next begins: what frames a body.
#include <gtest/gtest.h>

#include <string>

#include "net/http/framing_testing.h"

namespace wagi::http::framing {
namespace {

using namespace std::string_literals;

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
}  // namespace wagi::http::framing
