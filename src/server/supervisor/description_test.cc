#include "server/supervisor/description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "net/http/tls_testing.h"
#include "server/runner/resources.h"

namespace wagi::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

const auto kNow = std::chrono::system_clock::now();

class DescriptionTest : public testing::Test {
 protected:
  DescriptionTest() { flags_.settings.cache_file = write("cache.toml", "[cache]\n"); }

  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  std::expected<Description, Diagnostics> tryDescribe(const std::string& modules_toml) {
    flags_.config_file = write("modules.toml", modules_toml);
    return describe(flags_, kNow);
  }
  Description described(const std::string& modules_toml) {
    auto description = tryDescribe(modules_toml);
    EXPECT_TRUE(description) << config::text(description.error());
    return description ? *std::move(description) : Description{};
  }
  std::string mistakesOf(const std::string& modules_toml) {
    const auto description = tryDescribe(modules_toml);
    return description ? "none" : config::text(description.error());
  }
  static std::string module(const std::string& route, const std::string& reference) {
    return "[[module]]\nroute = \"" + route + "\"\nmodule = \"" + reference + "\"\n";
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  Flags flags_;
};

TEST_F(DescriptionTest, WhatIsNotSaidHasItsDefault) {
  const Description made = described(module("/", "a.wasm"));
  EXPECT_EQ(made.listeners.at(0).address.text(), "127.0.0.1:3000");
  EXPECT_EQ(made.default_host, "localhost");
  EXPECT_EQ(made.default_port, 3000);
  EXPECT_EQ(made.workers, runner::coresAvailable());
  EXPECT_FALSE(made.watch);
  EXPECT_EQ(made.log_format, LogFormat::kText);
  EXPECT_EQ(made.drain_max, 30s);
  EXPECT_TRUE(made.fetch.empty());
  EXPECT_THAT(made.warnings, IsEmpty());
}

TEST_F(DescriptionTest, AFlagWinsOverTheFile) {
  flags_.settings.listen = "127.0.0.1:1";
  flags_.settings.workers = 3;
  flags_.settings.watch = true;
  const Description made = described(
      "[server]\nlisten = \"127.0.0.1:2\"\nhostname = \"example.com\"\nworkers = 5\n"
      "watch = false\nlog_format = \"json\"\nlog_dir = \"logs\"\nidle_ms_max = 7\n"
      "drain_ms_max = 8\ncompile_ms_max = 9\ncompile_memory_max = \"65 MiB\"\n"
      "head_bytes_max = 10\nconnections_max = 11\n" +
      module("/", "a.wasm"));
  EXPECT_EQ(made.listeners.at(0).address.text(), "127.0.0.1:1");
  EXPECT_EQ(made.default_host, "example.com");
  EXPECT_EQ(made.default_port, std::nullopt);
  EXPECT_EQ(made.workers, 3u);
  EXPECT_TRUE(made.watch);
  EXPECT_EQ(made.log_format, LogFormat::kJson);
  EXPECT_EQ(made.log_dir, "logs");
  EXPECT_EQ(made.http.idle_max, 7ms);
  EXPECT_EQ(made.drain_max, 8ms);
  EXPECT_EQ(made.preparation.compile.time_max, 9ms);
  EXPECT_EQ(made.preparation.compile.memory_bytes_max, 65ULL << 20);
  EXPECT_EQ(made.http.head_bytes_max, 10u);
  EXPECT_EQ(made.http.connections_max, 11u);
}

TEST_F(DescriptionTest, VariablesWinInTheirOrder) {
  flags_.settings.env_files = {write("a.env", "A=file\nB=file\nC=file\nD=file\n")};
  flags_.settings.environment = {{"D", "flag"}};
  const Description made =
      described("[server]\nenv = {B = \"server\", C = \"server\", D = \"server\"}\n" +
                module("/", "a.wasm") + "environment = {C = \"module\", D = \"module\"}\n");
  EXPECT_THAT(made.modules.at(0).environment, ElementsAre(Pair("A", "file"), Pair("B", "server"),
                                                          Pair("C", "module"), Pair("D", "flag")));
}

TEST_F(DescriptionTest, AllMistakesAreReported) {
  flags_.settings.listen = "nonsense";
  flags_.settings.hostname = "a b";
  flags_.settings.user = "no-such-user";
  flags_.settings.tls_cert = "cert.pem";
  flags_.settings.cache_file = path("none.toml");
  flags_.settings.env_files = {path("none.env")};
  EXPECT_THAT(
      mistakesOf(module("/", "ftp://a") + module("/b", "bindle:a/1.0.0") + module("/c", "oci://!")),
      AllOf(HasSubstr("listen: "), HasSubstr("hostname: "), HasSubstr("no-such-user"),
            HasSubstr("tls_cert needs tls_key"), HasSubstr("none.toml"), HasSubstr("none.env"),
            HasSubstr("modules.toml:3:10: "), HasSubstr("bindle:a/1.0.0 needs `bindle_server`"),
            HasSubstr("modules.toml:9:10: ")));
  flags_.config_file = path("missing.toml");
  EXPECT_THAT(config::text(describe(flags_, kNow).error()),
              AllOf(HasSubstr("the configuration: "), HasSubstr("missing.toml")));
}

TEST_F(DescriptionTest, WhatIsElsewhereIsToBeFetchedOnce) {
  flags_.offline = true;
  flags_.settings.module_cache = "store";
  const Description made =
      described(module("/a", "oci://x.example/a:1") + module("/b", "oci://x.example/a:1") +
                module("/c", "bindle:c/1.0.0") + "bindle_server = \"https://c/v1\"\n" +
                module("/d", "d.wasm") + "bindle_server = \"https://d/v1\"\n");
  EXPECT_THAT(made.fetch.references, ElementsAre("bindle:c/1.0.0", "oci://x.example/a:1"));
  EXPECT_THAT(made.fetch.bindle_servers, ElementsAre(Pair("bindle:c/1.0.0", "https://c/v1")));
  EXPECT_EQ(made.fetch.store, "store");
  EXPECT_TRUE(made.fetch.offline);
  EXPECT_TRUE(made.fetch.registries.offline);
  EXPECT_EQ(made.modules.at(0).path, "");
  EXPECT_EQ(made.modules.at(3).path, "d.wasm");
  EXPECT_THAT(config::text(made.warnings), HasSubstr("modules.toml:11:1: `bindle_server` has no"));
}

TEST_F(DescriptionTest, EveryFileThatMattersIsListed) {
  flags_.settings.env_files = {write("a.env", "A=1\n")};
  const Description made = described(module("/", "a.wasm") + module("/b", "a.wasm"));
  EXPECT_THAT(made.files, UnorderedElementsAre(path("modules.toml"), path("cache.toml"), "a.wasm",
                                               path("a.env")));
}

TEST_F(DescriptionTest, CertificatesAreHeldAgainstTheTimeThatIsGiven) {
  const http::CertificateFiles files;
  flags_.settings.tls_cert = files.path("cert.pem");
  flags_.settings.tls_key = files.path("key.pem");
  flags_.config_file = write("modules.toml", module("/", "a.wasm"));
  EXPECT_THAT(describe(flags_, kNow).value().warnings, IsEmpty());
  const auto later = describe(flags_, kNow + 24h * 365 * 50).value().warnings;
  ASSERT_EQ(later.size(), 1u);
  EXPECT_THAT(later[0].text(), HasSubstr("TLS: "));
}

TEST_F(DescriptionTest, WhatWasFetchedMakesItWhole) {
  Description made = described(module("/a", "oci://x.example/a:1"));
  source::Fetched fetched;
  fetched.paths["oci://x.example/a:1"] = "/store/a";
  fetched.warnings = {"the stored copy is served"};
  ASSERT_TRUE(complete(made, std::move(fetched)));
  EXPECT_EQ(made.modules.at(0).path, "/store/a");
  EXPECT_EQ(made.modules.at(0).config.module, "oci://x.example/a:1") << "as messages name it";
  EXPECT_EQ(config::text(made.warnings), "the stored copy is served");
  EXPECT_THAT(made.files, testing::Contains("/store/a"));
  EXPECT_TRUE(made.fetch.empty());
}

TEST_F(DescriptionTest, WhatCouldntBeFetchedIsAMistakeAtItsPlace) {
  Description made =
      described(module("/a", "oci://x.example/a:1") + module("/b", "oci://x.example/b:1"));
  source::Fetched fetched;
  fetched.errors["oci://x.example/a:1"] = "no such image";
  const auto completed = complete(made, std::move(fetched));
  ASSERT_FALSE(completed);
  EXPECT_EQ(config::text(completed.error()), path("modules.toml") + ":3:10: no such image\n" +
                                                 path("modules.toml") + ":6:10: it wasn't fetched");
}

TEST_F(DescriptionTest, AnApplicationThatWasFetchedGetsTheVariables) {
  flags_.project = "HIPPOFACTS";
  flags_.settings.environment = {{"A", "flag"}};
  auto made = describe(flags_, kNow);
  ASSERT_TRUE(made) << config::text(made.error());
  EXPECT_EQ(made->fetch.project, "HIPPOFACTS");
  config::Module served;
  served.route = "/healthz";
  served.module = "./a.wasm";
  served.environment = {{"A", "module"}, {"B", "module"}};
  served.place = {"HIPPOFACTS", 4, 1};
  source::Fetched fetched;
  fetched.application = {.modules = {served}, .files = {"HIPPOFACTS", "a.wasm"}, .warnings = {}};
  ASSERT_TRUE(complete(*made, std::move(fetched)));
  EXPECT_EQ(made->modules.at(0).path, "./a.wasm");
  EXPECT_THAT(made->modules.at(0).environment, ElementsAre(Pair("A", "flag"), Pair("B", "module")));
  EXPECT_THAT(made->project_files, ElementsAre("HIPPOFACTS", "a.wasm"));
  EXPECT_EQ(config::text(made->warnings),
            "HIPPOFACTS:4:1: the route `/healthz` is never reached: the server answers there");
}

}  // namespace
}  // namespace wagi::supervisor
