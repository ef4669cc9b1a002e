#include "supply/hippo/expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/sha256.h"
#include "supply/bindle/testing.h"
#include "supply/bindle/version.h"
#include "supply/hippo/media_type.h"
#include "supply/hippo/project_testing.h"
#include "supply/hippo/version.h"

namespace wagi::hippo {
namespace {

using bindle::Parcel;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class ExpandTest : public ProjectTest {
 protected:
  std::expected<Expansion, Diagnostics> tryExpand(const std::string& lines) {
    const auto facts = parse("[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n" + lines, "HIPPOFACTS");
    EXPECT_TRUE(facts) << config::text(facts.error());
    const Keep keep = [&](Part part, std::string_view bytes) -> Result<store::Digest> {
      (part == Part::kModule ? modules_ : kept_).emplace_back(bytes);
      return sha256Hex(bytes);
    };
    return expand(*facts, glob::Folder::open(root()).value(), "1.0.0-dev", externals_, keep);
  }
  bindle::Invoice expanded(const std::string& lines) {
    auto expansion = tryExpand(lines);
    EXPECT_TRUE(expansion) << config::text(expansion.error());
    if (!expansion) return {};
    expansion_ = *std::move(expansion);
    return expansion_.invoice;
  }
  std::string mistakes(const std::string& lines) {
    const auto expansion = tryExpand(lines);
    return expansion ? "none" : config::text(expansion.error());
  }

  static const Parcel& parcel(const bindle::Invoice& invoice, std::string_view name,
                              std::string_view file = "false") {
    for (const Parcel& parcel : invoice.parcels) {
      if (parcel.label.name == name && *parcel.label.findFeature("wagi", "file") == file) {
        return parcel;
      }
    }
    ADD_FAILURE() << "no parcel " << name;
    static const Parcel kNone;
    return kNone;
  }

  std::vector<std::string> modules_, kept_;
  Expansion expansion_;
};

TEST_F(ExpandTest, HandlersAndTheirFiles) {
  for (const char* name : {"bin/a.wasm", "bin/b.wasm", "img/x.png", "img/y.PNG", "txt/z.txt"}) {
    put(name);
  }
  const auto invoice = expanded(R"([[handler]]
route = "/a"
name = "bin/a.wasm"
files = ["img/*", "img/x*", "txt/z.txt"]
[[handler]]
route = "/b/..."
name = "bin/b.wasm"
entrypoint = "main"
files = ["img/x.png"]
)");
  EXPECT_EQ(invoice.id.text(), "a/1.0.0-dev");
  ASSERT_EQ(invoice.groups.size(), 2u);
  EXPECT_EQ(invoice.groups[0].name, "bin/a.wasm-files");
  EXPECT_FALSE(invoice.groups[0].required);
  EXPECT_FALSE(invoice.groups[0].satisfied_by);
  EXPECT_EQ(invoice.parcels.size(), 5u);

  const Parcel& a = parcel(invoice, "bin/a.wasm");
  EXPECT_EQ(a.label.sha256, sha256Hex("bin/a.wasm"));
  EXPECT_EQ(a.label.size, 10u);
  EXPECT_EQ(a.label.media_type, "application/wasm");
  EXPECT_THAT(a.label.feature.at("wagi"), ElementsAre(Pair("file", "false"), Pair("route", "/a")));
  EXPECT_THAT(a.required_groups, ElementsAre("bin/a.wasm-files"));
  EXPECT_THAT(a.member_of, IsEmpty());
  EXPECT_THAT(
      parcel(invoice, "bin/b.wasm").label.feature.at("wagi"),
      ElementsAre(Pair("entrypoint", "main"), Pair("file", "false"), Pair("route", "/b/...")));

  const Parcel& x = parcel(invoice, "img/x.png", "true");
  EXPECT_EQ(x.label.media_type, "image/png");
  EXPECT_THAT(x.label.feature.at("wagi"), ElementsAre(Pair("file", "true")));
  EXPECT_THAT(x.member_of, ElementsAre("bin/a.wasm-files", "bin/b.wasm-files"));
  EXPECT_THAT(x.required_groups, IsEmpty());
  EXPECT_THAT(parcel(invoice, "img/y.PNG", "true").member_of, ElementsAre("bin/a.wasm-files"));

  EXPECT_THAT(modules_, ElementsAre("bin/a.wasm", "bin/b.wasm"));
  EXPECT_THAT(kept_, ElementsAre("img/x.png", "img/y.PNG", "txt/z.txt"));
  EXPECT_THAT(expansion_.watched, ElementsAre(".", "bin/a.wasm", "bin/b.wasm", "img", "img/x.png",
                                              "img/y.PNG", "txt/z.txt"));
  EXPECT_THAT(expansion_.warnings, IsEmpty());
  // Bindle's reader accepts the invoice.
  EXPECT_TRUE(bindle::parseInvoice(bindle::write(invoice, bindle::Format::kToml),
                                   bindle::Format::kToml, "invoice.toml"));
}

TEST_F(ExpandTest, AModuleMayBeAFileToo) {
  put("a.wasm");
  const auto invoice =
      expanded("[[handler]]\nroute = \"/\"\nname = \"a.wasm\"\nfiles = [\"*.wasm\"]\n");
  EXPECT_EQ(invoice.parcels.size(), 2u);
  EXPECT_THAT(parcel(invoice, "a.wasm").member_of, IsEmpty());
  EXPECT_THAT(parcel(invoice, "a.wasm", "true").member_of, ElementsAre("a.wasm-files"));
}

TEST_F(ExpandTest, HandlersOfOneModuleShareItsGroup) {
  put("a.wasm");
  put("x");
  put("y");
  const auto invoice = expanded(
      "[[handler]]\nroute = \"/1\"\nname = \"a.wasm\"\nfiles = [\"x\"]\n"
      "[[handler]]\nroute = \"/2\"\nname = \"a.wasm\"\nfiles = [\"y\"]\n");
  EXPECT_EQ(invoice.groups.size(), 1u);
  EXPECT_EQ(invoice.parcels.size(), 4u);
  EXPECT_THAT(parcel(invoice, "x", "true").member_of, ElementsAre("a.wasm-files"));
}

TEST_F(ExpandTest, ExportsAreAnnotated) {
  put("a.wasm");
  put("db");
  const auto invoice = expanded(
      "[[export]]\nname = \"a.wasm\"\nid = \"gallery\"\nentrypoint = \"main\"\nfiles = [\"db\"]\n");
  const Parcel& a = parcel(invoice, "a.wasm");
  EXPECT_THAT(a.label.annotations, ElementsAre(Pair("wagi_handler_id", "gallery")));
  EXPECT_THAT(a.label.feature.at("wagi"),
              ElementsAre(Pair("entrypoint", "main"), Pair("file", "false")));
  EXPECT_THAT(a.required_groups, ElementsAre("a.wasm-gallery-files"));
  EXPECT_THAT(parcel(invoice, "db", "true").member_of, ElementsAre("a.wasm-gallery-files"));
}

constexpr const char* kExternal =
    "[[handler]]\nroute = \"/x\"\nexternal.bindleId = \"lib/1.0.0\"\nexternal.handlerId = "
    "\"gallery\"\n";

TEST_F(ExpandTest, ExternalsBringWhatTheyRequire) {
  addLibrary();
  const auto invoice = expanded(kExternal);
  const std::string group = "import:lib/1.0.0:gallery-at-/x-files";
  ASSERT_EQ(invoice.groups.size(), 1u);
  EXPECT_EQ(invoice.groups[0].name, group);
  EXPECT_EQ(invoice.parcels.size(), 3u);
  const Parcel& module = parcel(invoice, "gallery.wasm");
  EXPECT_EQ(module.label.sha256, sha256Hex("gallery"));
  EXPECT_THAT(module.label.annotations, ElementsAre(Pair("hippos_do_not_stage", "true")));
  EXPECT_THAT(module.label.feature.at("wagi"),
              ElementsAre(Pair("entrypoint", "show"), Pair("file", "false"), Pair("route", "/x")));
  EXPECT_THAT(module.required_groups, ElementsAre(group));
  for (const char* name : {"images.db", "deep.db"}) {
    const Parcel& file = parcel(invoice, name, "true");
    EXPECT_THAT(file.member_of, ElementsAre(group));
    EXPECT_THAT(file.required_groups, IsEmpty());
    EXPECT_THAT(file.label.annotations, ElementsAre(Pair("hippos_do_not_stage", "true")));
    EXPECT_EQ(expansion_.elsewhere.at(file.label.sha256).text(), "lib/1.0.0");
  }
  EXPECT_THAT(kept_, IsEmpty());
}

TEST_F(ExpandTest, ExternalsThatAreNotThereAreMistakes) {
  EXPECT_THAT(mistakes(kExternal),
              HasSubstr("HIPPOFACTS:4:1: the external bindle: no bindle lib/1.0.0"));
  addLibrary();
  EXPECT_THAT(mistakes("[[handler]]\nroute = \"/x\"\nexternal.bindleId = \"lib/1.0.0\"\n"
                       "external.handlerId = \"none\"\n"),
              HasSubstr("the bindle lib/1.0.0 exports no handler `none`"));
  EXPECT_THAT(mistakes("[[handler]]\nroute = \"/x\"\nexternal.bindleId = \"lib/1.0.0\"\n"
                       "external.handlerId = \"text\"\n"),
              HasSubstr("is no application/wasm"));
}

TEST_F(ExpandTest, FilesMustNotClashWithThoseOfExternals) {
  addLibrary();
  put("images.db");
  EXPECT_THAT(mistakes(std::string(kExternal) + "files = [\"*.db\"]\n"),
              HasSubstr("images.db is both a file of the folder and a file that an external"));
}

TEST_F(ExpandTest, AllMistakesAreFound) {
  put("a.wasm");
  std::filesystem::create_symlink("/etc/passwd", root() / "out");
  EXPECT_THAT(mistakes("[[handler]]\nroute = \"/\"\nname = \"a.wasm\"\nfiles = [\"o*\"]\n"
                       "[[handler]]\nroute = \"/\"\nname = \"none.wasm\"\n"),
              testing::AllOf(HasSubstr("HIPPOFACTS:7:10: `files`: out leaves the folder"),
                             HasSubstr("HIPPOFACTS:8:1: can't read"),
                             HasSubstr("none.wasm: No such file")));
}

TEST_F(ExpandTest, PatternsWithoutAMatchAreWarnedOf) {
  put("a.wasm");
  expanded("[[handler]]\nroute = \"/\"\nname = \"a.wasm\"\nfiles = [\"none/*\", \"no.txt\"]\n");
  EXPECT_EQ(config::text(expansion_.warnings),
            "HIPPOFACTS:7:10: `files`: `none/*` matches nothing\n"
            "HIPPOFACTS:7:20: `files`: `no.txt` matches nothing");
}

TEST_F(ExpandTest, HiddenFilesArePublishedOnlyByName) {
  for (const char* name : {"a.wasm", ".env", ".git/config", "b"}) put(name);
  const auto invoice =
      expanded("[[handler]]\nroute = \"/\"\nname = \"a.wasm\"\nfiles = [\"**\"]\n");
  EXPECT_EQ(invoice.parcels.size(), 3u);
}

TEST(VersionTest, DevelopmentVersionsAreSemVer) {
  EXPECT_EQ(developmentVersion("1.2.3", "ann", 1'767'323'045'678), "1.2.3-ann-20260102030405678");
  EXPECT_EQ(developmentVersion("1.2.3-rc.1", "", 7), "1.2.3-rc.1-19700101000000007");
  EXPECT_EQ(developmentVersion("1.2.3", "a.b c\u00e9", 0), "1.2.3-a-b-c---19700101000000000");
  EXPECT_EQ(suffixedVersion("1.2.3", "ci.42/x"), "1.2.3-ci.42-x");
  for (const char* user : {"ann", "", "..", "\xff", "DOMAIN\\ann"}) {
    EXPECT_TRUE(bindle::Version::parse(developmentVersion("1.2.3", user, 12'345))) << user;
  }
}

TEST(MediaTypeTest, ByTheEndOfTheName) {
  EXPECT_EQ(mediaTypeOf("a/index.HTML"), "text/html");
  EXPECT_EQ(mediaTypeOf("a.tar.gz"), "application/gzip");
  EXPECT_EQ(mediaTypeOf("a.wasm"), "application/wasm");
  for (const char* name : {"a", "a.", "a.unknown", "html", ""}) {
    EXPECT_EQ(mediaTypeOf(name), "application/octet-stream") << name;
  }
}

}  // namespace
}  // namespace wagi::hippo
