#include "supply/bindle/invoice.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "supply/bindle/testing.h"

namespace wagi::bindle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kDigest =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// An invoice that has every key.
const std::string kFull = fmt::format(R"(bindleVersion = "1.0.0"
yanked = true

[[yankedSignature]]
by = "Host"
signature = "c2ln"
key = "a2V5"
role = "host"
at = 2

[bindle]
name = "example.com/weather"
version = "0.1.0-rc.1+5"
description = "Rain, \"mostly\""
authors = ["A <a@example.com>", "B"]

[annotations]
"odd key" = "line\nfeed"
plain = "äöü"

[[group]]
name = "files"
required = true
satisfiedBy = "oneOf"

[[group]]
name = "more"

[[parcel]]
[parcel.label]
sha256 = "{0}"
mediaType = "application/wasm"
name = "weather.wasm"
size = 17
origin = "other/1.0.0"
[parcel.label.annotations]
note = "x"
[parcel.label.feature.wagi]
route = "/"
[parcel.label.feature.other]
a = "b"
[parcel.conditions]
requires = ["files"]

[[parcel]]
label.sha256 = "{0}"
label.mediaType = "text/css"
label.name = "style.css"
label.size = 0
conditions.memberOf = ["files", "more"]

[[signature]]
by = "Me"
signature = "c2ln"
key = "a2V5Mg=="
role = "creator"
at = 1
)",
                                      kDigest);

Result<Invoice> parse(std::string_view text) { return parseInvoice(text, Format::kToml, "i.toml"); }

std::string mistakeIn(std::string_view text) {
  const auto invoice = parse(text);
  EXPECT_FALSE(invoice);
  return invoice ? "" : invoice.error().message;
}

std::string mistakeIn(const Invoice& invoice) {
  const auto good = validate(invoice);
  EXPECT_FALSE(good);
  return good ? "" : good.error().message;
}

TEST(Invoice, ReadsEveryKey) {
  const auto invoice = parse(kFull);
  ASSERT_TRUE(invoice) << invoice.error().message;
  EXPECT_EQ(invoice->bindle_version, "1.0.0");
  EXPECT_TRUE(invoice->isYanked());
  EXPECT_EQ(invoice->yanked_signatures.at(0).role, Role::kHost);
  EXPECT_EQ(invoice->id.text(), "example.com/weather/0.1.0-rc.1+5");
  EXPECT_EQ(invoice->description, "Rain, \"mostly\"");
  EXPECT_THAT(invoice->authors, ElementsAre("A <a@example.com>", "B"));
  EXPECT_EQ(invoice->annotations.at("odd key"), "line\nfeed");
  ASSERT_EQ(invoice->groups.size(), 2U);
  EXPECT_EQ(invoice->groups[0].satisfied_by, SatisfiedBy::kOneOf);
  EXPECT_EQ(invoice->groups[0].required, true);
  EXPECT_EQ(invoice->groups[1].satisfied_by, std::nullopt);
  ASSERT_EQ(invoice->parcels.size(), 2U);
  const Label& label = invoice->parcels[0].label;
  EXPECT_EQ(label.sha256, kDigest);
  EXPECT_EQ(label.media_type, "application/wasm");
  EXPECT_EQ(label.size, 17U);
  EXPECT_EQ(label.origin, "other/1.0.0");
  EXPECT_EQ(label.annotations.at("note"), "x");
  EXPECT_EQ(*label.findFeature("wagi", "route"), "/");
  EXPECT_EQ(*label.findFeature("other", "a"), "b");
  EXPECT_EQ(label.findFeature("wagi", "none"), nullptr);
  EXPECT_EQ(label.findFeature("none", "a"), nullptr);
  EXPECT_THAT(invoice->parcels[0].required_groups, ElementsAre("files"));
  EXPECT_THAT(invoice->parcels[1].member_of, ElementsAre("files", "more"));
  EXPECT_EQ(invoice->signatures.at(0).by, "Me");
  EXPECT_EQ(invoice->signatures.at(0).at, 1U);
}

TEST(Invoice, IsTheSameAfterWritingAndReading) {
  const auto invoice = parse(kFull);
  ASSERT_TRUE(invoice);
  for (const Format format : {Format::kToml, Format::kJson}) {
    const std::string text = write(*invoice, format);
    const auto again = parseInvoice(text, format, "again");
    ASSERT_TRUE(again) << again.error().message << '\n' << text;
    EXPECT_EQ(valueOf(*again), valueOf(*invoice));
  }
}

TEST(Document, IsUtf8WhateverIsInIt) {
  const Value value{{"text", "a\xff\xc3\"\\\x01\x7f\xc3\xa4"}};
  EXPECT_EQ(write(value, Format::kToml),
            "text = \"a\xEF\xBF\xBD\xEF\xBF\xBD\\\"\\\\\\u0001\\u007F\xc3\xa4\"\n");
}

TEST(Invoice, TakesNullInJsonForWhatIsAbsent) {
  const auto invoice = parseInvoice(
      R"({"bindleVersion":"1.0.0","yanked":null,"parcel":null,"signature":null,
          "bindle":{"name":"a","version":"1.0.0","authors":null,"description":null}})",
      Format::kJson, "answer");
  ASSERT_TRUE(invoice) << invoice.error().message;
  EXPECT_FALSE(invoice->isYanked());
}

TEST(Invoice, RejectsUnknownKeysEverywhere) {
  const std::string head = "bindleVersion = \"1.0.0\"\n";
  const std::string bindle = "[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n";
  const std::string label = fmt::format(
      "[[parcel]]\n[parcel.label]\nsha256 = \"{}\"\nmediaType = \"a/b\"\nname = \"x\"\nsize = 1\n",
      kDigest);
  EXPECT_TRUE(parse(head + bindle + label));
  EXPECT_THAT(mistakeIn("bindle_version = \"1.0.0\"\n" + bindle), HasSubstr("`bindleVersion`"));
  EXPECT_THAT(mistakeIn(head + "yanked_reason = \"x\"\n" + bindle), HasSubstr("`yanked_reason`"));
  EXPECT_THAT(mistakeIn(head + bindle + "authorz = []\n"), HasSubstr("`authorz` in [bindle]"));
  EXPECT_THAT(mistakeIn(head + bindle + label + "media_type = \"a\"\n"),
              HasSubstr("i.toml:11:1: unknown key `media_type`"));
  EXPECT_THAT(mistakeIn(head + bindle + label + "[parcel.conditions]\nmember_of = []\n"),
              HasSubstr("`memberOf`"));
  EXPECT_THAT(mistakeIn(head + bindle + "[[group]]\nname = \"g\"\nsatisfied_by = \"allOf\"\n"),
              HasSubstr("`satisfiedBy`"));
  EXPECT_THAT(mistakeIn(head + bindle + "[[signature]]\nkeys = \"\"\n"), HasSubstr("`key`"));
}

TEST(Invoice, NamesWhatIsMissingOrOfAnotherType) {
  EXPECT_THAT(mistakeIn(""), HasSubstr("bindleVersion"));
  EXPECT_THAT(mistakeIn("bindleVersion = \"1\""), HasSubstr("[bindle]"));
  EXPECT_THAT(mistakeIn("bindle = 1"), HasSubstr("expected a table"));
  EXPECT_THAT(mistakeIn("parcel = 1"), HasSubstr("expected a list of tables"));
  EXPECT_THAT(mistakeIn("[[parcel]]\n"), HasSubstr("no `label`"));
  EXPECT_THAT(mistakeIn("[[parcel]]\n[parcel.label]\nsize = -1\n"),
              HasSubstr("must not be negative"));
  EXPECT_THAT(mistakeIn("[[parcel]]\n[parcel.label]\nname = \"x\"\n"), HasSubstr("no `size`"));
  EXPECT_THAT(mistakeIn("[[parcel]]\n[parcel.label.feature.wagi]\nroute = 1\n"),
              HasSubstr("`wagi.route`: expected a string"));
  EXPECT_THAT(mistakeIn("[[group]]\nname = \"g\"\nsatisfiedBy = \"noneOf\"\n"),
              HasSubstr("expected allOf"));
  EXPECT_THAT(mistakeIn("[[signature]]\nrole = \"boss\"\n"), HasSubstr("expected creator"));
  EXPECT_FALSE(parseInvoice("[]", Format::kJson, "j"));
  EXPECT_FALSE(parseInvoice("{", Format::kJson, "j"));
}

TEST(Invoice, ChecksNamesVersionsAndDigests) {
  for (const char* name : {"", "..", "a/../b", "a//b", "/a", "a/", "./a", "a b", "a@b", "a?b",
                           "a%2e", "a\nb", "a\\b", "\xff"}) {
    EXPECT_FALSE(validate(invoiceNamed(name))) << name;
  }
  for (const char* name : {"a", "example.com/hello_world", "käse", "a-b.c/d~e+f"}) {
    EXPECT_TRUE(validate(invoiceNamed(name))) << name;
  }
  EXPECT_THAT(mistakeIn(invoiceNamed("a", "1.0")), HasSubstr("semantic version"));
  for (const char* digest : {"", "../../etc/passwd", "E3B0", "sha256:"}) {
    Invoice invoice = invoiceNamed("a");
    invoice.parcels = {parcelOf("x", "x")};
    invoice.parcels[0].label.sha256 = digest;
    EXPECT_THAT(mistakeIn(invoice), HasSubstr("64 lower-case hex digits")) << digest;
  }
}

TEST(Invoice, RefusesFilesThatLeaveTheGuestsRoot) {
  for (const char* path : {"/etc/passwd", "../x", "a/../../x", "a/..", "./", "//a", ""}) {
    Invoice invoice = invoiceNamed("a");
    invoice.groups = {groupNamed("g")};
    invoice.parcels = {assetOf(path, "x", "g")};
    EXPECT_FALSE(validate(invoice)) << path;
    // A parcel that isn't a file for a guest may have any name.
    invoice.parcels[0].label.feature.clear();
    EXPECT_TRUE(validate(invoice)) << path;
  }
  for (const char* path : {"a//b", "./a", "a/./b"}) {
    Invoice invoice = invoiceNamed("a");
    invoice.groups = {groupNamed("g")};
    invoice.parcels = {assetOf(path, "x", "g")};
    EXPECT_TRUE(validate(invoice)) << path;
  }
}

TEST(Invoice, BoundsSizes) {
  Invoice invoice = invoiceNamed("a");
  invoice.parcels = {parcelOf("big", "x")};
  invoice.parcels[0].label.size = 10ULL << 30;
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("at most"));
  invoice.parcels[0].label.size = kParcelBytesMax;
  invoice.parcels.resize(5, invoice.parcels[0]);
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("its parcels have"));
}

TEST(Invoice, RefusesMillionsOfParcelsUnread) {
  std::string toml = "bindleVersion = \"1.0.0\"\n[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n";
  for (int i = 0; i < 2'000'000; ++i) toml += "[[parcel]]\n";
  EXPECT_THAT(mistakeIn(toml), HasSubstr("at most 4194304 are read"));
}

TEST(Invoice, RefusesMoreParcelsThanItTakes) {
  std::string toml = "bindleVersion = \"1.0.0\"\nparcel = [{}";
  for (std::size_t i = 0; i < kParcelsMax; ++i) toml += ",{}";
  toml += "]\n[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n";
  EXPECT_THAT(mistakeIn(toml), HasSubstr("at most 10000 are possible"));
}

TEST(Invoice, ShowsTheFirstOfManyMistakes) {
  std::string toml = "bindleVersion = \"1.0.0\"\n[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n";
  for (int i = 0; i < 1'000; ++i) toml += "[[parcel]]\n";
  EXPECT_THAT(mistakeIn(toml), HasSubstr("... and 990 more"));
}

// Hippo's tools write a group for each handler, even if another handler has the same.
TEST(Invoice, TakesAGroupThatIsListedTwiceAlike) {
  Invoice invoice = invoiceNamed("a");
  invoice.groups = {groupNamed("g"), groupNamed("other"), groupNamed("g")};
  Parcel module = moduleOf("m", "m", "/");
  module.required_groups = {"g"};
  invoice.parcels = {module, assetOf("x", "x", "g")};
  EXPECT_TRUE(validate(invoice));
  invoice.groups[2] = {"g", false, std::nullopt};
  EXPECT_TRUE(validate(invoice)) << "the defaults, said and not said";
  invoice.parcels[1].required_groups = {"g"};
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("must not form a cycle"));
}

TEST(Invoice, TakesAGroupThatOnlyItsMembersAndWhoRequiresItName) {
  Invoice invoice = invoiceNamed("a");
  Parcel module = moduleOf("m", "m", "/");
  module.required_groups = {"g"};
  invoice.parcels = {module, assetOf("x", "x", "g")};
  EXPECT_TRUE(validate(invoice));
  invoice.parcels[1].required_groups = {"g"};
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("must not form a cycle"));
}

TEST(Invoice, RefusesUnknownAndContradictoryGroups) {
  Invoice invoice = invoiceNamed("a");
  invoice.parcels = {assetOf("x", "x", "none")};
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("the group \"none\" in `memberOf`"));
  invoice.parcels = {parcelOf("x", "x")};
  invoice.parcels[0].required_groups = {"none"};
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("the group \"none\" in `requires`"));
  invoice = invoiceNamed("a");
  invoice.groups = {groupNamed("g"), groupNamed("g", SatisfiedBy::kOneOf)};
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("two groups \"g\" that differ"));
  invoice.groups = {groupNamed("g"), groupNamed("g")};
  invoice.groups[1].required = true;
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("two groups \"g\" that differ"));
}

TEST(Invoice, RefusesCyclesOfGroups) {
  Invoice invoice = invoiceNamed("a");
  invoice.groups = {groupNamed("one"), groupNamed("two"), groupNamed("three"), groupNamed("leaf")};
  invoice.parcels = {assetOf("1", "1", "one"), assetOf("2", "2", "two"), assetOf("3", "3", "three"),
                     assetOf("4", "4", "leaf"), parcelOf("root", "r")};
  invoice.parcels[0].required_groups = {"two"};
  invoice.parcels[1].required_groups = {"three", "leaf"};
  invoice.parcels[4].required_groups = {"one"};
  EXPECT_TRUE(validate(invoice));
  invoice.parcels[2].required_groups = {"one"};
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("must not form a cycle"));
  invoice.parcels[2].required_groups = {"three"};
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("the group \"three\" is required, perhaps through "
                                            "other groups, by the parcel \"3\""));
}

// A graph with edges from group to group would have 10^8 of them here.
TEST(Invoice, TakesManyNamesOfGroupsInLinearTime) {
  Invoice invoice = invoiceNamed("a");
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (int i = 0; i < 5'000; ++i) {
    first.push_back(fmt::format("a{}", i));
    second.push_back(fmt::format("b{}", i));
    invoice.groups.push_back(groupNamed(first.back()));
    invoice.groups.push_back(groupNamed(second.back()));
  }
  invoice.parcels = {parcelOf("x", "x"), parcelOf("y", "y"), parcelOf("z", "z"),
                     parcelOf("w", "w")};
  for (Parcel& parcel : invoice.parcels) {
    parcel.member_of = first;
    parcel.required_groups = second;
  }
  EXPECT_TRUE(validate(invoice));
  std::swap(invoice.parcels[3].member_of, invoice.parcels[3].required_groups);
  EXPECT_THAT(mistakeIn(invoice), HasSubstr("cycle"));
}

TEST(Id, IsANameAndAVersion) {
  const auto id = parseId("example.com/warp core/1.0.0");
  EXPECT_FALSE(id);
  const auto good = parseId("example.com/warpcore/1.0.0");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->name, "example.com/warpcore");
  EXPECT_EQ(good->version, "1.0.0");
  // The same as of `printf %s example.com/warpcore/1.0.0 | sha256sum`.
  EXPECT_EQ(good->folder(), sha256Hex("example.com/warpcore/1.0.0"));
  for (const char* text : {"", "a", "a/", "/1.0.0", "a/1.0", "1.0.0", "../1.0.0", "a/b"}) {
    EXPECT_FALSE(parseId(text)) << text;
  }
}

}  // namespace
}  // namespace wagi::bindle
