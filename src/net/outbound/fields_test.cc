#include "net/outbound/fields.h"

#include <gtest/gtest.h>

#include "net/outbound/limits.h"

namespace wagi::outbound {
namespace {

std::string sent(std::string_view lines) {
  const auto fields = readRequestFields(lines);
  return fields ? fields->text : "refused";
}

TEST(FieldsTest, LinesBecomeFields) {
  EXPECT_EQ(sent(""), "");
  EXPECT_EQ(sent("\n\n"), "");
  EXPECT_EQ(sent("A:1"), "A: 1\r\n");
  EXPECT_EQ(sent("A: 1 \nb:\t2\t\nC:\n"), "A: 1\r\nb: 2\r\nC: \r\n");
  EXPECT_EQ(sent("A: b:c\nA: \xc3\xbc\n"), "A: b:c\r\nA: \xc3\xbc\r\n");
}

TEST(FieldsTest, NothingThatIsNoFieldIsMended) {
  for (const std::string_view lines :
       {std::string_view("A"), std::string_view(":1"), std::string_view(" A: 1"),
        std::string_view("A : 1"), std::string_view("A\t: 1"), std::string_view("A: 1\r\n"),
        std::string_view("A: 1\rB: 2"), std::string_view("A: \0", 4), std::string_view("A: \x7f"),
        std::string_view("A: 1\n folded"), std::string_view("\xc3\xbc: 1"),
        std::string_view("A(: 1"), std::string_view("A: 1\nB")}) {
    EXPECT_EQ(sent(lines), "refused") << lines;
  }
  EXPECT_EQ(sent("A: " + std::string(kRequestFieldsBytesMax - 3, 'x')).size(),
            kRequestFieldsBytesMax + 2);
  EXPECT_EQ(sent("A: " + std::string(kRequestFieldsBytesMax - 2, 'x')), "refused");
}

TEST(FieldsTest, WhatIsOfTheConnectionIsLeftOut) {
  for (const char* name : {"Host", "CONTENT-LENGTH", "Transfer-Encoding", "connection",
                           "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "Trailer",
                           "Upgrade", "Expect", "HTTP2-Settings"}) {
    EXPECT_EQ(sent(std::string(name) + ": x\nA: 1"), "A: 1\r\n") << name;
  }
  EXPECT_EQ(sent("X-A: 1\nX-B: 2\nConnection: close , x-a,\n"), "X-B: 2\r\n");
  EXPECT_TRUE(readRequestFields("USER-AGENT: x")->has_user_agent);
  EXPECT_FALSE(readRequestFields("Connection: user-agent\nUser-Agent: x")->has_user_agent);
}

TEST(FieldsTest, Methods) {
  for (const char* method : {"GET", "PROPFIND", "x", "a-b"}) EXPECT_TRUE(isMethod(method));
  for (const char* method : {"", " ", "G T", "GET\n", "CONNECT", "Connect", "\xc3\xbc"}) {
    EXPECT_FALSE(isMethod(method)) << method;
  }
  EXPECT_FALSE(isMethod(std::string(kMethodBytesMax + 1, 'A')));
}

TEST(FieldsTest, AnswersFieldsAreFoundInAnyCase) {
  AnswerFields fields;
  fields.add("Content-Type", "text/plain");
  fields.add("Set-Cookie", "a");
  fields.add("set-cookie", "b");
  fields.add("X-Bytes", "\xff");
  EXPECT_EQ(*fields.find("CONTENT-type"), "text/plain");
  EXPECT_EQ(*fields.find("Set-Cookie"), "a");
  EXPECT_EQ(*fields.find("x-bytes"), "\xff");
  EXPECT_EQ(fields.find("content"), nullptr);
  EXPECT_EQ(fields.lines(), "content-type:text/plain\nset-cookie:a\nset-cookie:b\n");
}

}  // namespace
}  // namespace wagi::outbound
