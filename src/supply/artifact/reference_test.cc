#include "supply/artifact/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::artifact {
namespace {

using testing::HasSubstr;

using Kind = Reference::Kind;

std::string pathOf(std::string_view text) {
  const auto reference = parseReference(text);
  if (reference && reference->kind != Kind::kFile) return "not a file";
  return reference ? reference->text : "error: " + reference.error().message;
}

TEST(Reference, APathIsTakenAsItIs) {
  EXPECT_EQ(pathOf("modules/hello.wasm"), "modules/hello.wasm");
  EXPECT_EQ(pathOf("/srv/a b%20c.wat"), "/srv/a b%20c.wat");
  EXPECT_EQ(pathOf("./a:b.wasm"), "./a:b.wasm");
  EXPECT_EQ(pathOf("9:x.wasm"), "9:x.wasm");
}

TEST(Reference, AFileUrlNamesAPath) {
  EXPECT_EQ(pathOf("file:///srv/hello.wasm"), "/srv/hello.wasm");
  EXPECT_EQ(pathOf("file://examples/hello.wat"), "examples/hello.wat");
  EXPECT_EQ(pathOf("file:examples/hello.wat"), "examples/hello.wat");
  EXPECT_EQ(pathOf("FILE:/srv/hello.wasm"), "/srv/hello.wasm");
  EXPECT_EQ(pathOf("file://localhost/srv/hello.wasm"), "/srv/hello.wasm");
  EXPECT_EQ(pathOf("file:///srv/a%20b%2Fc%zz%4"), "/srv/a b/c%zz%4");
}

TEST(Reference, WhatIsElsewhereIsKeptAsItIs) {
  for (const std::string text : {"oci:hello:1.0", "OCI://registry/hello:1.0", "oci:"}) {
    EXPECT_EQ(parseReference(text)->kind, Kind::kOci) << text;
    EXPECT_EQ(parseReference(text)->text, text);
  }
  EXPECT_EQ(parseReference("bindle:hello/1.0")->kind, Kind::kBindle);
}

TEST(Reference, AnUnknownSchemeIsAMistake) {
  EXPECT_THAT(pathOf("https://example.com/x.wasm"), HasSubstr("scheme 'https:' is unknown"));
}

TEST(Reference, AnEmptyPathIsAMistake) {
  EXPECT_THAT(pathOf(""), HasSubstr("names no file"));
  EXPECT_THAT(pathOf("file://"), HasSubstr("names no file"));
  EXPECT_THAT(pathOf("file:a%00b"), HasSubstr("NUL"));
}

}  // namespace
}  // namespace wagi::artifact
