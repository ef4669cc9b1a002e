#include "supply/hippo/hippofacts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"

namespace wagi::hippo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr std::string_view kBindle = "[bindle]\nname = \"a/b\"\nversion = \"1.2.3\"\n";

Hippofacts facts(const std::string& lines) {
  auto read = parse(std::string(kBindle) + lines, "HIPPOFACTS");
  EXPECT_TRUE(read) << config::text(read.error());
  return read ? *std::move(read) : Hippofacts{};
}

// All mistakes of a file that holds `lines` from its line 4 on.
std::string mistakes(const std::string& lines) {
  const auto read = parse(std::string(kBindle) + lines, "H");
  return read ? "none" : config::text(read.error());
}

TEST(HippofactsTest, EveryKey) {
  const auto read = parse(R"([bindle]
name = "example.com/birds"
version = "1.2.3-rc.1"
description = "of birds"
authors = ["A", "B"]
[annotations]
a = "1"
"b = c" = "2"
[[handler]]
route = "/birds/..."
name = "./bin/penguin.wasm"
entrypoint = "main"
files = ["photo/*.png", "stock/**"]
[[handler]]
route = "/static"
external.bindleId = "deislabs/fileserver/1.0.3"
external.handlerId = "static"
[[export]]
name = "bin/kea.wasm"
id = "kea"
entrypoint = "main"
files = []
)",
                          "HIPPOFACTS");
  ASSERT_TRUE(read) << config::text(read.error());
  EXPECT_EQ(read->id.text(), "example.com/birds/1.2.3-rc.1");
  EXPECT_EQ(read->description, "of birds");
  EXPECT_THAT(read->authors, ElementsAre("A", "B"));
  EXPECT_THAT(read->annotations, ElementsAre(Pair("a", "1"), Pair("b = c", "2")));
  ASSERT_EQ(read->entries.size(), 3u);
  const Entry& handler = read->entries[0];
  EXPECT_EQ(handler.kind, Entry::Kind::kHandler);
  EXPECT_EQ(handler.route, "/birds/...");
  EXPECT_EQ(handler.name, "bin/penguin.wasm");
  EXPECT_EQ(handler.entrypoint, "main");
  ASSERT_EQ(handler.files.size(), 2u);
  EXPECT_EQ(handler.files[1].glob.text(), "stock/**");
  EXPECT_EQ(handler.files[1].place.line, 13u);
  EXPECT_EQ(handler.group(), "bin/penguin.wasm-files");
  EXPECT_EQ(read->entries[1].kind, Entry::Kind::kExternal);
  EXPECT_EQ(read->entries[1].bindle.text(), "deislabs/fileserver/1.0.3");
  EXPECT_EQ(read->entries[1].group(), "import:deislabs/fileserver/1.0.3:static-at-/static-files");
  EXPECT_EQ(read->entries[2].kind, Entry::Kind::kExport);
  EXPECT_EQ(read->entries[2].id, "kea");
  EXPECT_EQ(read->entries[2].group(), "bin/kea.wasm-kea-files");
}

TEST(HippofactsTest, UnknownKeysAreMistakes) {
  EXPECT_EQ(mistakes("[[handler]]\nroute = \"/\"\nname = \"a\"\nfile = []\n[handlers]\n"),
            "H:7:1: unknown key `file` in [[handler]]: the nearest known key is `files`\n"
            "H:8:2: unknown key `handlers` in the file: the nearest known key is `handler`");
  EXPECT_THAT(mistakes("licence = \"x\"\n[[export]]\nname = \"a\"\nid = \"b\"\nroute = \"/\"\n"),
              testing::AllOf(HasSubstr("H:4:1: unknown key `licence` in [bindle]"),
                             HasSubstr("H:8:1: unknown key `route` in [[export]]")));
  EXPECT_THAT(
      mistakes("[[handler]]\nroute = \"/\"\nexternal = {bindleId = \"a/1.0.0\", handlerId = "
               "\"x\", y = 1}\n"),
      HasSubstr("unknown key `y` in `external`"));
}

TEST(HippofactsTest, ExactlyOneOfNameAndExternal) {
  constexpr std::string_view kOne = "[[handler]] must have exactly one of `name` and `external`";
  EXPECT_THAT(mistakes("[[handler]]\nroute = \"/\"\n"), HasSubstr(kOne));
  EXPECT_THAT(mistakes("[[handler]]\nroute = \"/\"\nname = \"a\"\nexternal = {bindleId = "
                       "\"a/1.0.0\", handlerId = \"x\"}\n"),
              HasSubstr(kOne));
  EXPECT_EQ(mistakes("[[handler]]\nroute = \"/\"\nentrypoint = \"x\"\nexternal = {bindleId = "
                     "\"a/1.0.0\", handlerId = \"x\"}\n"),
            "H:6:14: `entrypoint` is not possible beside `external`");
}

TEST(HippofactsTest, WhatLeavesTheFolderIsAMistake) {
  EXPECT_THAT(
      mistakes("[[handler]]\nroute = \"/\"\nname = \"../a.wasm\"\nfiles = [\"a/**\", "
               "\"/etc/*\", \"x/../..\"]\n"),
      testing::AllOf(HasSubstr("H:6:8: `name`: `../a.wasm`: it leaves the folder, by `..`"),
                     HasSubstr("H:7:18: `files`: the pattern `/etc/*`: it leaves the folder"),
                     HasSubstr("H:7:28: `files`: the pattern `x/../..`: it leaves")));
}

TEST(HippofactsTest, Mistakes) {
  EXPECT_THAT(mistakes(""), HasSubstr("there is no [[handler]] and no [[export]]"));
  EXPECT_THAT(mistakes("[[handler]]\nname = \"a\"\n"), HasSubstr("has no `route`"));
  EXPECT_THAT(mistakes("[[handler]]\nroute = \"a\"\nname = \"a\"\n"), HasSubstr("H:5:9: "));
  EXPECT_THAT(mistakes("[[handler]]\nroute = \"/\"\nname = \"a\"\nfiles = \"x\"\n"),
              HasSubstr("H:7:9: `files`: expected a list of patterns"));
  EXPECT_THAT(mistakes("[[handler]]\nroute = \"/\"\nname = \"a\"\nfiles = [1, \"[\"]\n"),
              testing::AllOf(HasSubstr("H:7:10: `files`: expected a string"),
                             HasSubstr("H:7:13: `files`: the pattern `[`")));
  EXPECT_THAT(mistakes("[[export]]\nid = \"a\"\n"), HasSubstr("has no `name`"));
  EXPECT_THAT(mistakes("[[export]]\nname = \"a\"\n"), HasSubstr("has no `id`"));
  EXPECT_THAT(mistakes("[handler]\nroute = \"/\"\n"), HasSubstr("`handler`"));
  EXPECT_THAT(mistakes("[[handler]]\nroute = \"/\"\nexternal = {bindleId = \"a\", handlerId = "
                       "\"x\"}\n"),
              HasSubstr("`bindleId`: "));
  const auto none = parse("[[handler]]\nroute = \"/\"\nname = \"a\"\n", "H");
  ASSERT_FALSE(none);
  EXPECT_EQ(config::text(none.error()), "H: there is no [bindle], which is required");
  const auto bad = parse("[bindle]\nname = \"a b/../c\"\nversion = \"1\"\n", "H");
  ASSERT_FALSE(bad);
  EXPECT_THAT(config::text(bad.error()),
              testing::AllOf(HasSubstr("H:2:8: `name`: "), HasSubstr("H:3:11: `version`: ")));
  EXPECT_EQ(facts("[[export]]\nname = \"a\"\nid = \"b\"\n").entries.size(), 1u);
}

TEST(HippofactsTest, TwoExportsOfOneIdThatDifferAreAMistake) {
  EXPECT_EQ(
      mistakes("[[export]]\nname = \"a\"\nid = \"x\"\n[[export]]\nname = \"b\"\nid = \"x\"\n"),
      "H:7:1: two [[export]] that differ have the `id` x");
  EXPECT_THAT(mistakes("[[export]]\nname = \"a\"\nid = \"x\"\n"
                       "[[export]]\nname = \"a\"\nid = \"x\"\nentrypoint = \"e\"\n"),
              HasSubstr("H:7:1: two [[export]] that differ"));
  EXPECT_EQ(facts("[[export]]\nname = \"a\"\nid = \"x\"\n[[export]]\nname = \"./a\"\nid = \"x\"\n")
                .entries.size(),
            2u);
}

class FindHippofactsTest : public testing::Test {
 protected:
  void put(const std::string& name) const { std::ofstream(directory_.path() + "/" + name) << "x"; }
  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST_F(FindHippofactsTest, EveryName) {
  EXPECT_EQ(findHippofacts(directory_.path()).error().message,
            "there is no HIPPOFACTS in the folder " + directory_.path());
  for (const char* name : {"HIPPOFACTS", "hippofacts", "Hippofacts", "HIPPOFACTS.toml",
                           "hippofacts.toml", "Hippofacts.toml"}) {
    put(name);
    EXPECT_EQ(findHippofacts(directory_.path()).value(), directory_.path() + "/" + name);
    std::filesystem::remove(directory_.path() + "/" + name);
  }
  put("other");
  EXPECT_EQ(findHippofacts(directory_.path() + "/other").value(), directory_.path() + "/other");
}

TEST_F(FindHippofactsTest, TwoAreAMistake) {
  put("HIPPOFACTS");
  put("hippofacts.toml");
  EXPECT_THAT(findHippofacts(directory_.path()).error().message,
              HasSubstr("has more than one HIPPOFACTS: "));
  EXPECT_TRUE(findHippofacts(directory_.path() + "/HIPPOFACTS"));
}

}  // namespace
}  // namespace wagi::hippo
