#include "supply/hippo/serve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "supply/bindle/standalone.h"
#include "supply/hippo/project_testing.h"

namespace wagi::hippo {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kNow = 1'000;

class ServeTest : public ProjectTest {
 protected:
  void facts(const std::string& lines) const {
    put("HIPPOFACTS", "[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n" + lines);
  }
  std::expected<config::Application, Diagnostics> tryServe() {
    return applicationOf(root().string(), store_, externals_, trust_, kNow);
  }
  config::Application served() {
    auto project = tryServe();
    EXPECT_TRUE(project) << config::text(project.error());
    return project ? *std::move(project) : config::Application{};
  }
  std::string mistakes() {
    const auto project = tryServe();
    return project ? "none" : config::text(project.error());
  }
  std::string in(const std::string& name) const { return (root() / name).string(); }
  static std::string read(const std::string& path) { return readFile(path, 1'000).value_or(""); }

  store::Store store_ = store::Store::open(directory_.path() + "/store").value();
  std::optional<bindle::Trust> trust_;
};

TEST_F(ServeTest, ModulesAreTheirFilesAndSeeWhatIsMatched) {
  for (const char* name : {"a.wasm", "b.wasm", "site/index.html", "site/x/y.txt"}) put(name);
  facts(
      "[[handler]]\nroute = \"/a/...\"\nname = \"a.wasm\"\nentrypoint = \"main\"\n"
      "files = [\"site/**\"]\n[[handler]]\nroute = \"/b\"\nname = \"b.wasm\"\n"
      "[[export]]\nname = \"b.wasm\"\nid = \"b\"\n");
  const config::Application project = served();
  ASSERT_EQ(project.modules.size(), 2u);
  const config::Module& a = project.modules[0];
  EXPECT_EQ(a.route, "/a/...");
  EXPECT_EQ(a.module, in("a.wasm"));
  EXPECT_EQ(a.entrypoint, "main");
  EXPECT_EQ(a.place.line, 4u);
  ASSERT_EQ(a.volumes.size(), 1u);
  EXPECT_EQ(a.volumes[0].guest, "/");
  EXPECT_TRUE(a.volumes[0].read_only);
  EXPECT_EQ(read(a.volumes[0].host + "/site/index.html"), "site/index.html");
  EXPECT_EQ(read(a.volumes[0].host + "/site/x/y.txt"), "site/x/y.txt");
  EXPECT_THAT(project.modules[1].volumes, IsEmpty());
  EXPECT_THAT(project.files,
              ElementsAre(in("HIPPOFACTS"), in("."), in("a.wasm"), in("b.wasm"), in("site/."),
                          in("site/index.html"), in("site/x/."), in("site/x/y.txt")));
  config::Application checked = project;
  EXPECT_TRUE(config::check(checked));
}

TEST_F(ServeTest, AChangedFileIsAnotherFolder) {
  put("a.wasm");
  put("x", "before");
  facts("[[handler]]\nroute = \"/\"\nname = \"a.wasm\"\nfiles = [\"x\"]\n");
  const std::string before = served().modules.at(0).volumes.at(0).host;
  put("x", "after");
  const std::string after = served().modules.at(0).volumes.at(0).host;
  EXPECT_NE(before, after);
  EXPECT_EQ(read(before + "/x"), "before");
  EXPECT_EQ(read(after + "/x"), "after");
}

TEST_F(ServeTest, WhatIsServedIsRemembered) {
  put("a.wasm");
  put("x");
  facts("[[handler]]\nroute = \"/\"\nname = \"a.wasm\"\nfiles = [\"x\"]\n");
  const config::Application project = served();
  const auto name = store_.recall("hippofacts:" + in("HIPPOFACTS"));
  ASSERT_TRUE(name);
  EXPECT_THAT(name->blobs, ElementsAre(sha256Hex("x")));
  EXPECT_EQ(name->trees.size(), 1u);
  EXPECT_EQ(name->used_at, kNow);
}

TEST_F(ServeTest, ExternalsAreTakenIntoTheStore) {
  addLibrary();
  facts(
      "[[handler]]\nroute = \"/x\"\nexternal.bindleId = \"lib/1.0.0\"\n"
      "external.handlerId = \"gallery\"\nfiles = []\n");
  const config::Application project = served();
  ASSERT_EQ(project.modules.size(), 1u);
  EXPECT_EQ(read(project.modules[0].module), "gallery");
  EXPECT_EQ(project.modules[0].entrypoint, "show");
  const std::string folder = project.modules[0].volumes.at(0).host;
  EXPECT_EQ(read(folder + "/images.db"), "images");
  EXPECT_EQ(read(folder + "/deep.db"), "deep");
  EXPECT_FALSE(std::filesystem::exists(folder + "/unused.db"));
  EXPECT_THAT(store_.recall("hippofacts:" + in("HIPPOFACTS"))->blobs,
              Contains(sha256Hex("gallery")));
}

TEST_F(ServeTest, ExternalsOfAServerThatIsDownAreWhatTheyWere) {
  addLibrary();
  facts(
      "[[handler]]\nroute = \"/x\"\nexternal.bindleId = \"lib/1.0.0\"\n"
      "external.handlerId = \"gallery\"\n");
  const std::string before = served().modules.at(0).module;
  externals_.fail(bindle::ServerError::Kind::kUnreachable);
  const config::Application project = served();
  EXPECT_EQ(project.modules.at(0).module, before);
  EXPECT_EQ(config::text(project.warnings),
            in("HIPPOFACTS") + ": it failed; lib/1.0.0 is used as it was fetched before");
  // A bindle that the server has yanked isn't served from the store.
  externals_.fail(bindle::ServerError::Kind::kYanked);
  EXPECT_THAT(mistakes(), HasSubstr("it failed"));
}

TEST_F(ServeTest, ExternalsOfAFolder) {
  bindle::Invoice lib = bindle::invoiceNamed("lib");
  lib.parcels = {bindle::parcelOf("gallery.wasm", "gallery", "application/wasm")};
  lib.parcels[0].label.annotations["wagi_handler_id"] = "gallery";
  const std::string folder = directory_.path() + "/bindles";
  const auto other = store::Store::open(directory_.path() + "/other").value();
  ASSERT_TRUE(other.put("gallery"));
  ASSERT_TRUE(bindle::writeStandalone(folder, lib, other));
  const std::string external =
      "[[handler]]\nroute = \"/x\"\nexternal = {bindleId = \"lib/VERSION\", handlerId = "
      "\"gallery\"}\n";
  facts(std::string(external).replace(external.find("VERSION"), 7, "1.0.0"));
  FolderExternals externals(folder);
  const auto project = applicationOf(root().string(), store_, externals, {}, kNow);
  ASSERT_TRUE(project) << config::text(project.error());
  EXPECT_EQ(read(project->modules.at(0).module), "gallery");
  facts(std::string(external).replace(external.find("VERSION"), 7, "2.0.0"));
  const auto missing = applicationOf(root().string(), store_, externals, {}, kNow);
  ASSERT_FALSE(missing);
  EXPECT_THAT(config::text(missing.error()),
              HasSubstr("the external bindle: lib/2.0.0 isn't in " + folder));
}

TEST_F(ServeTest, ExternalsNeedTheSignaturesThatAreWanted) {
  addLibrary();
  facts(
      "[[handler]]\nroute = \"/x\"\nexternal.bindleId = \"lib/1.0.0\"\n"
      "external.handlerId = \"gallery\"\n");
  EXPECT_EQ(served().modules.size(), 1u) << "nobody wants one";
  trust_.emplace();
  EXPECT_THAT(mistakes(), HasSubstr("the external bindle: lib/1.0.0: "));
  externals_.fail(bindle::ServerError::Kind::kUnreachable);
  EXPECT_THAT(mistakes(), HasSubstr("the external bindle: lib/1.0.0: "))
      << "as it was fetched before";
}

TEST_F(ServeTest, Mistakes) {
  EXPECT_THAT(mistakes(), HasSubstr("there is no HIPPOFACTS"));
  facts("[[handler]]\nroute = \"/\"\nname = \"none.wasm\"\n");
  EXPECT_THAT(mistakes(), HasSubstr("none.wasm: No such file"));
  facts("[[handler]]\nroute = \"/\"\nname = 1\n");
  EXPECT_EQ(mistakes(), in("HIPPOFACTS") + ":6:8: `name`: expected a string, found an integer");
  put("a.wasm");
  facts("[[export]]\nname = \"a.wasm\"\nid = \"x\"\n");
  EXPECT_THAT(mistakes(), HasSubstr("has nothing to serve"));
  NoExternals none(NoExternals::Why::kNoneNamed);
  facts(
      "[[handler]]\nroute = \"/x\"\nexternal.bindleId = \"lib/1.0.0\"\n"
      "external.handlerId = \"gallery\"\n");
  const auto project = applicationOf(root().string(), store_, none, {}, kNow);
  ASSERT_FALSE(project);
  EXPECT_THAT(config::text(project.error()),
              HasSubstr(in("HIPPOFACTS") + ":4:1: the external bindle: the bindle lib/1.0.0 is "
                                           "elsewhere, and no place was named"));
}

}  // namespace
}  // namespace wagi::hippo
