#include "supply/artifact/file_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::artifact {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

const std::string kHeader = "\0asm\1\0\0\0"s;

TEST(FileKind, AModuleIsKnownByItsHeader) {
  EXPECT_EQ(fileKindOf(kHeader), FileKind::kModule);
  EXPECT_EQ(describe(kHeader), "");
  EXPECT_EQ(describe(kHeader + "\0\3\2xy"s), "");  // A custom section.
}

TEST(FileKind, TextBeginsWithAParenthesisAfterSpaceAndComments) {
  EXPECT_EQ(fileKindOf("(module)"), FileKind::kText);
  EXPECT_EQ(fileKindOf("\n ;; hello\n (; a\n block ;) (module)"), FileKind::kText);
  EXPECT_EQ(fileKindOf(";; no end of line"), FileKind::kOther);
  EXPECT_EQ(fileKindOf("(; never closed"), FileKind::kOther);
  EXPECT_EQ(fileKindOf("[module]"), FileKind::kOther);
}

TEST(FileKind, SaysWhatIsWrongWithWebAssembly) {
  EXPECT_THAT(describe("\0as"s), HasSubstr("binary data"));
  EXPECT_THAT(describe("\0asm\1"s), HasSubstr("cut off in its header"));
  EXPECT_THAT(describe(kHeader + "\1"), HasSubstr("cut off"));
  EXPECT_THAT(describe(kHeader + "\1\x7f" + "abc"), HasSubstr("cut off"));
  EXPECT_THAT(describe(kHeader + "\1\xff\xff\xff\xff\xff\xff"), HasSubstr("cut off"));
  EXPECT_THAT(describe("\0asm\x0d\0\1\0"s), HasSubstr("component"));
  EXPECT_THAT(describe("\0asm\7\0\0\0"s), HasSubstr("unknown version (07 00 00 00)"));
  EXPECT_EQ(fileKindOf("\0asm\x0d\0\1\0"s), FileKind::kOther);
}

TEST(FileKind, SaysWhatElseAFileIs) {
  EXPECT_EQ(describe(""), "empty");
  EXPECT_EQ(describe(" \n\t"), "blank");
  EXPECT_THAT(describe("\x7f"
                       "ELF\2\1\1"),
              HasSubstr("ELF"));
  EXPECT_THAT(describe("MZ\x90"), HasSubstr("Windows"));
  EXPECT_THAT(describe("\xcf\xfa\xed\xfe\x07"), HasSubstr("Mach-O"));
  EXPECT_THAT(describe("\x1f\x8b\x08"), HasSubstr("gzip"));
  EXPECT_THAT(describe("PK\x03\x04..."), HasSubstr("zip"));
  EXPECT_THAT(describe("<!DOCTYPE HTML><html>"), HasSubstr("HTML"));
  EXPECT_THAT(describe("  <html>"), HasSubstr("HTML"));
  EXPECT_THAT(describe("<svg/>"), HasSubstr("XML"));
  EXPECT_THAT(describe("{\"a\": 1}"), HasSubstr("JSON"));
  EXPECT_EQ(describe("[[1, 2]]"), "JSON");
  EXPECT_EQ(describe("[["), "JSON");
  EXPECT_EQ(describe("[[module]]\n"), "TOML");
  EXPECT_EQ(describe("[server]\n"), "TOML");
  EXPECT_THAT(describe("#!/bin/sh\n"), HasSubstr("script"));
  EXPECT_THAT(describe("int main() {}\n"), HasSubstr("plain text"));
  EXPECT_THAT(describe("caf\xc3\xa9\n"), HasSubstr("plain text"));
  EXPECT_THAT(describe("\x01\x02\x03\x04\x05"), HasSubstr("begins with 01 02 03 04"));
}

}  // namespace
}  // namespace wagi::artifact
