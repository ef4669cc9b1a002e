#include "supply/bindle/handlers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supply/bindle/testing.h"

namespace wagi::bindle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<std::string> pathsOf(const Handler& handler) {
  std::vector<std::string> paths;
  paths.reserve(handler.assets.size());
  for (const auto& [path, digest] : handler.assets) paths.push_back(path);
  return paths;
}

// The only handler of `invoice`.
Handler handlerOf(const Invoice& invoice) {
  EXPECT_TRUE(validate(invoice));
  const auto handlers = handlersOf(invoice);
  EXPECT_TRUE(handlers) << handlers.error().message;
  EXPECT_EQ(handlers->size(), 1U);
  return handlers->at(0);
}

TEST(Handlers, AreModulesOfTheGlobalGroupWithARoute) {
  Invoice invoice = invoiceNamed("a");
  invoice.groups = {groupNamed("g")};
  Parcel member = moduleOf("member.wasm", "1", "/member");
  member.member_of = {"g"};
  Parcel file = moduleOf("file.wasm", "2", "/file");
  file.label.feature["wagi"]["file"] = "true";
  Parcel page = moduleOf("page.html", "3", "/page");
  page.label.media_type = "text/html";
  Parcel library = parcelOf("library.wasm", "4", "application/wasm");
  Parcel served = moduleOf("served.wasm", "5", "/served/...");
  served.label.feature["wagi"]["file"] = "false";
  invoice.parcels = {member, file, page, library, served};
  const Handler handler = handlerOf(invoice);
  EXPECT_EQ(handler.route, "/served/...");
  EXPECT_EQ(handler.name, "served.wasm");
  EXPECT_EQ(handler.entrypoint, "_start");
  EXPECT_EQ(handler.argv, std::nullopt);
  EXPECT_THAT(handler.allowed_hosts, IsEmpty());
  EXPECT_EQ(handler.module, sha256Hex("5"));
  EXPECT_THAT(handler.assets, IsEmpty());
}

TEST(Handlers, TakeTheFeaturesOfWagi) {
  Invoice invoice = invoiceNamed("a");
  Parcel module = moduleOf("m.wasm", "m", "/");
  module.label.feature["wagi"]["entrypoint"] = "hello";
  module.label.feature["wagi"]["argv"] = "${SCRIPT_NAME} x";
  module.label.feature["wagi"]["allowed_hosts"] = "https://a.example, http://b.example:8080,,";
  invoice.parcels = {module};
  const Handler handler = handlerOf(invoice);
  EXPECT_EQ(handler.entrypoint, "hello");
  EXPECT_EQ(handler.argv, "${SCRIPT_NAME} x");
  EXPECT_THAT(handler.allowed_hosts, ElementsAre("https://a.example", "http://b.example:8080"));
}

TEST(Handlers, SeeTheFilesOfTheGroupsThatTheyRequire) {
  Invoice invoice = invoiceNamed("a");
  invoice.groups = {groupNamed("css"), groupNamed("fonts"), groupNamed("other")};
  Parcel module = moduleOf("m.wasm", "m", "/");
  module.required_groups = {"css"};
  Parcel style = assetOf("css/style.css", "s", "css");
  style.required_groups = {"fonts"};
  Parcel both = assetOf("both", "b", "css");
  both.member_of = {"css", "fonts"};
  Parcel no_file = assetOf("no_file", "n", "css");
  no_file.label.feature.clear();
  Parcel global = assetOf("global", "g", "css");
  global.member_of.clear();
  invoice.parcels = {
      module,  style, both, assetOf("font", "f", "fonts"), assetOf("o", "o", "other"),
      no_file, global};
  const Handler handler = handlerOf(invoice);
  EXPECT_THAT(handler.assets,
              ElementsAre(Pair("both", sha256Hex("b")), Pair("css/style.css", sha256Hex("s")),
                          Pair("font", sha256Hex("f"))));
}

TEST(Handlers, SeeTheFirstOfAGroupThatOneSatisfies) {
  Invoice invoice = invoiceNamed("a");
  invoice.groups = {groupNamed("one", SatisfiedBy::kOneOf),
                    groupNamed("some", SatisfiedBy::kOptional)};
  Parcel module = moduleOf("m.wasm", "m", "/");
  module.required_groups = {"one", "some"};
  invoice.parcels = {module, assetOf("first", "1", "one"), assetOf("second", "2", "one"),
                     assetOf("third", "3", "some"), assetOf("fourth", "4", "some")};
  EXPECT_THAT(pathsOf(handlerOf(invoice)), ElementsAre("first", "fourth", "third"));
}

TEST(Handlers, RefuseTwoFilesOfOnePath) {
  Invoice invoice = invoiceNamed("a");
  invoice.groups = {groupNamed("g")};
  Parcel module = moduleOf("m.wasm", "m", "/");
  module.required_groups = {"g"};
  invoice.parcels = {module, assetOf("f", "1", "g"), assetOf("f", "1", "g")};
  EXPECT_THAT(pathsOf(handlerOf(invoice)), ElementsAre("f"));
  invoice.parcels[2] = assetOf("f", "2", "g");
  const auto handlers = handlersOf(invoice);
  ASSERT_FALSE(handlers);
  EXPECT_THAT(handlers.error().message, HasSubstr("two files named \"f\""));
}

TEST(Handlers, MustBe) {
  Invoice invoice = invoiceNamed("a");
  const auto none = handlersOf(invoice);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("a/1.0.0 has nothing to serve"));
  invoice.parcels = {moduleOf("m.wasm", "m", "no-slash")};
  const auto bad = handlersOf(invoice);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, HasSubstr("\"m.wasm\": feature.wagi.route"));
}

TEST(Handlers, SeeFilesUnderTheirPlainNames) {
  Invoice invoice = invoiceNamed("a");
  Parcel module = moduleOf("m.wasm", "m", "/");
  module.required_groups = {"g"};
  invoice.parcels = {module, assetOf("./css//style.css", "x", "g")};
  const auto handlers = handlersOf(invoice);
  ASSERT_TRUE(handlers) << handlers.error().message;
  EXPECT_THAT((*handlers)[0].assets, ElementsAre(Pair("css/style.css", sha256Hex("x"))));
  invoice.parcels.push_back(assetOf("css/style.css", "y", "g"));
  const auto two = handlersOf(invoice);
  ASSERT_FALSE(two);
  EXPECT_THAT(two.error().message, HasSubstr("two files named \"css/style.css\""));
}

TEST(Handlers, AreBoundedInFiles) {
  Invoice invoice = invoiceNamed("a");
  invoice.groups = {groupNamed("g")};
  for (int i = 0; i < 101; ++i) {
    Parcel module = moduleOf("m.wasm", std::to_string(i), "/");
    module.required_groups = {"g"};
    invoice.parcels.push_back(module);
  }
  for (int i = 0; i < 1'000; ++i) invoice.parcels.push_back(assetOf(std::to_string(i), "x", "g"));
  const auto handlers = handlersOf(invoice);
  ASSERT_FALSE(handlers);
  EXPECT_THAT(handlers.error().message, HasSubstr("more than 100000 files"));
}

TEST(Handlers, NeedEachParcelOnce) {
  Invoice invoice = invoiceNamed("a");
  invoice.groups = {groupNamed("g")};
  Parcel first = moduleOf("first.wasm", "m", "/first");
  Parcel second = moduleOf("second.wasm", "m", "/second");
  first.required_groups = second.required_groups = {"g"};
  invoice.parcels = {first, second, assetOf("f", "file", "g"), parcelOf("unused", "u")};
  const auto handlers = handlersOf(invoice);
  ASSERT_TRUE(handlers);
  const auto needed = parcelsOf(*handlers, invoice);
  ASSERT_EQ(needed.size(), 2U);
  EXPECT_EQ(needed[0].digest, sha256Hex("m"));
  EXPECT_EQ(needed[1].digest, sha256Hex("file"));
  EXPECT_EQ(needed[1].size, 4U);
  EXPECT_EQ(needed[1].name, "f");
}

}  // namespace
}  // namespace wagi::bindle
