#include "server/supervisor/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/file.h"

namespace wagi::supervisor {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// Everything from the files to the plan, with real modules; nothing of it is served.
class ValidateTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  std::expected<Validated, Diagnostics> validate(const std::string& modules_toml) {
    flags_.config_file = write("modules.toml", modules_toml);
    flags_.settings.cache_file =
        write("cache.toml", "[cache]\ndirectory = \"" + path("code") + "\"\n");
    return supervisor::validate(flags_);
  }
  std::string mistakesOf(const std::string& modules_toml) {
    const auto validated = validate(modules_toml);
    return validated ? "no mistakes" : config::text(validated.error());
  }
  std::string module(const std::string& route, const std::string& file) const {
    return "[[module]]\nroute = \"" + route + "\"\nmodule = \"" + path(file) + "\"\n";
  }
  // A module that prints `lines` when its `_routes` is called.
  void writeRoutes(const std::string& name, const std::string& lines) const {
    write(name, R"((module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) ")" +
                    lines + R"(")
      (func (export "_start"))
      (func (export "one"))
      (func (export "_routes")
        (i32.store (i32.const 0) (i32.const 16))
        (i32.store (i32.const 4) (i32.const )" +
                    std::to_string(lengthOf(lines)) + R"())
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))");
  }
  // The length of a WAT string, in which each escape is "\n".
  static std::size_t lengthOf(const std::string& text) {
    return text.size() - static_cast<std::size_t>(std::ranges::count(text, '\\'));
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  Flags flags_;
};

TEST_F(ValidateTest, AGoodConfigurationBecomesAPlan) {
  write("a.wat", R"((module (func (export "_start")) (func (export "other"))))");
  const auto validated = validate(module("/a/...", "a.wat") + "entrypoint = \"other\"\n" +
                                  module("/b", "a.wat") + "cpu_ms_max = 7\n");
  ASSERT_TRUE(validated) << config::text(validated.error());
  const worker::Plan& plan = validated->prepared.plan;
  ASSERT_EQ(plan.routes.size(), 2u);
  EXPECT_EQ(plan.routes[0].pattern, "/a/...");
  EXPECT_EQ(plan.routes[0].entrypoint, "other");
  EXPECT_EQ(plan.routes[0].module_index, 0u);
  EXPECT_EQ(plan.routes[1].entrypoint, "_start");
  EXPECT_EQ(plan.routes[1].limits.cpu_ms_max, 7u);
  EXPECT_EQ(plan.routes[1].module_index, 1u);
  EXPECT_EQ(plan.routes[0].code, plan.routes[1].code) << "one file is compiled and opened once";
  EXPECT_EQ(validated->prepared.code->size(), 1u);
  EXPECT_EQ(plan.modules_count, 2u);
  EXPECT_EQ(plan.default_host, "localhost");
  EXPECT_EQ(plan.default_port, 3000);
  EXPECT_THAT(validated->prepared.warnings, testing::IsEmpty());
}

TEST_F(ValidateTest, CompiledCodeStaysOpenWhenTheCacheIsCleaned) {
  write("a.wat", R"((module (func (export "_start"))))");
  const auto validated = validate(module("/", "a.wat")).value();
  std::filesystem::remove_all(path("code"));
  EXPECT_TRUE(readFile(validated.prepared.plan.routes[0].code, 1 << 20));
}

TEST_F(ValidateTest, VariablesWinInTheirOrder) {
  write("a.wat", R"((module (func (export "_start"))))");
  flags_.settings.env_files = {write("flag.env", "A=file\nB=file\nC=file\nD=file\n")};
  flags_.settings.environment = {{"D", "flag"}};
  const auto validated = validate(R"([server]
env = {B = "server", C = "server", D = "server"}
)" + module("/", "a.wat") + R"(environment = {C = "module", D = "module"}
)");
  ASSERT_TRUE(validated) << config::text(validated.error());
  EXPECT_THAT(
      validated->prepared.plan.routes[0].environment,
      ElementsAre(Pair("A", "file"), Pair("B", "server"), Pair("C", "module"), Pair("D", "flag")));
}

TEST_F(ValidateTest, RoutesOfAModuleAreTriedBeforeItsOwnAndTheLastLineFirst) {
  writeRoutes("a.wat", "/one one\\n/two/... _start\\n");
  const auto validated = validate(module("/a/...", "a.wat"));
  ASSERT_TRUE(validated) << config::text(validated.error());
  std::vector<std::pair<std::string, std::string>> routes;
  for (const worker::Route& route : validated->prepared.plan.routes) {
    routes.emplace_back(route.pattern, route.entrypoint);
  }
  EXPECT_THAT(routes, ElementsAre(Pair("/a/two/...", "_start"), Pair("/a/one", "one"),
                                  Pair("/a/...", "_start")));
}

TEST_F(ValidateTest, RoutesThatAreNonsenseOrNoneAreMistakes) {
  writeRoutes("nonsense.wat", "one two three\\n");
  writeRoutes("none.wat", "\\n");
  EXPECT_THAT(mistakesOf(module("/a", "nonsense.wat") + module("/b", "none.wat")),
              AllOf(HasSubstr("modules.toml:3:"), HasSubstr("nonsense.wat: its _routes function"),
                    HasSubstr("one two three"), HasSubstr("modules.toml:6:"),
                    HasSubstr("none.wat: its _routes function")));
}

TEST_F(ValidateTest, AllMistakesOfAllModulesAreReportedWithTheirPlaces) {
  write("elf.wasm",
        "\x7f"
        "ELF");
  write("import.wat", R"((module (import "env" "nope" (func))))");
  const std::string mistakes = mistakesOf(module("/a", "elf.wasm") + module("/b", "import.wat") +
                                          module("/c", "missing.wasm"));
  EXPECT_THAT(mistakes, AllOf(HasSubstr("modules.toml:3:10: "), HasSubstr("ELF")));
  EXPECT_THAT(mistakes, AllOf(HasSubstr("modules.toml:6:10: "), HasSubstr("nope")));
  EXPECT_THAT(mistakes, AllOf(HasSubstr("modules.toml:9:10: "), HasSubstr("missing.wasm")));
}

TEST_F(ValidateTest, AMissingEntryPointIsAWarningThatSaysWhatThereIs) {
  write("a.wat", R"((module (func (export "main")) (func (export "add") (param i32))))");
  const auto validated =
      validate(module("/a", "a.wat") + module("/b", "a.wat") + "entrypoint = \"add\"\n");
  ASSERT_TRUE(validated) << config::text(validated.error());
  const auto& warnings = validated->prepared.warnings;
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_THAT(warnings[0].text(),
              AllOf(HasSubstr("modules.toml:3:"), HasSubstr("exports no function _start"),
                    HasSubstr("it exports main")));
  EXPECT_THAT(warnings[1].text(), HasSubstr("add has parameters or results"));
}

TEST_F(ValidateTest, AnInitializeThatCannotBeCalledIsAWarning) {
  write("a.wat", R"((module (func (export "_initialize") (result i32) (i32.const 1))
      (func (export "_start")) (func (export "hello"))))");
  const auto validated =
      validate(module("/a", "a.wat") + module("/b", "a.wat") + "entrypoint = \"hello\"\n");
  ASSERT_TRUE(validated) << config::text(validated.error());
  const auto& warnings = validated->prepared.warnings;
  ASSERT_EQ(warnings.size(), 1u) << "_start is called without it";
  EXPECT_THAT(warnings[0].text(), AllOf(HasSubstr("modules.toml:6:"),
                                        HasSubstr("_initialize has parameters or results"),
                                        HasSubstr("before hello"), HasSubstr("/b will get a 500")));
}

TEST_F(ValidateTest, ARouteThatRoutesHideIsAWarning) {
  writeRoutes("a.wat", "/same one\\n/same _start\\n");
  const auto validated = validate(module("/a/...", "a.wat"));
  ASSERT_TRUE(validated) << config::text(validated.error());
  ASSERT_EQ(validated->prepared.warnings.size(), 1u);
  EXPECT_THAT(validated->prepared.warnings[0].text(),
              AllOf(HasSubstr("/a/same is never reached"), HasSubstr("the first wins")));
}

TEST_F(ValidateTest, AReferenceThatCantBeHadIsAMistakeAtItsPlace) {
  flags_.settings.module_cache = path("store");
  EXPECT_THAT(mistakesOf("[[module]]\nroute = \"/\"\nmodule = \"oci://127.0.0.1:1/a:1\"\n"),
              AllOf(HasSubstr("modules.toml:3:10: "), HasSubstr("127.0.0.1:1")));
  EXPECT_THAT(
      mistakesOf("[[module]]\nroute = \"/\"\nmodule = \"bindle:a/1.0.0\"\n"),
      AllOf(HasSubstr("modules.toml:3:10: "), HasSubstr("bindle:a/1.0.0 needs `bindle_server`")));
}

TEST_F(ValidateTest, WhatHasNoEffectIsAWarning) {
  write("a.wat", R"((module (func (export "_start"))))");
  const auto server = validate(module("/", "a.wat") + "bindle_server = \"http://localhost\"\n");
  ASSERT_TRUE(server) << config::text(server.error());
  EXPECT_THAT(server->prepared.warnings,
              Contains(testing::Property(&config::Diagnostic::text,
                                         HasSubstr("`bindle_server` has no effect"))));
}

TEST_F(ValidateTest, VolumesThatCantBeOpenedAreKnown) {
  write("a.wat", R"((module (func (export "_start"))))");
  const std::string volumes = "volumes = {\"/data\" = \"" + path("missing") + "\", \"/file\" = \"" +
                              path("a.wat") + "\", \"/there\" = \"" + path("") + "\"}\n";
  const auto validated = validate(module("/a", "a.wat") + volumes).value();
  const Diagnostics missing = missingVolumes(validated.description);
  ASSERT_EQ(missing.size(), 2u);
  EXPECT_THAT(missing[0].text(),
              AllOf(HasSubstr("modules.toml:4:"), HasSubstr("the volume /data"),
                    HasSubstr("No such file"), HasSubstr("guests of /a won't see it")));
  EXPECT_THAT(missing[1].text(), AllOf(HasSubstr("/file"), HasSubstr("Not a directory")));
}

TEST_F(ValidateTest, DirectoriesThatAStartCouldntUseAreMistakes) {
  write("a.wat", R"((module (func (export "_start"))))");
  flags_.settings.log_dir = path("a.wat");
  EXPECT_THAT(mistakesOf(module("/a", "a.wat")),
              HasSubstr("a.wat as the directory for logs: it isn't a directory"));
  flags_.settings.log_dir = path("to/be/made");
  flags_.settings.module_cache = path("a.wat");
  EXPECT_THAT(mistakesOf(module("/a", "a.wat")), HasSubstr("for fetched modules"));
  flags_.settings.module_cache = path("to/be/made");
  EXPECT_EQ(mistakesOf(module("/a", "a.wat")), "no mistakes");
  EXPECT_FALSE(std::filesystem::exists(path("to"))) << "a check makes nothing";
}

TEST_F(ValidateTest, WhomAModuleMayCallIsPlanned) {
  write("a.wat", R"((module (func (export "_start"))))");
  const auto validated =
      validate(module("/a", "a.wat") + "allowed_hosts = [\"https://example.com\"]\n" +
               module("/b", "a.wat") + "http_max_concurrency = 3\n");
  ASSERT_TRUE(validated) << config::text(validated.error());
  EXPECT_THAT(validated->prepared.warnings, testing::IsEmpty());
  const auto& routes = validated->prepared.plan.routes;
  ASSERT_EQ(routes.size(), 2u);
  ASSERT_EQ(routes[0].allowed_hosts.size(), 1u);
  EXPECT_EQ(routes[0].allowed_hosts[0].host.name, "example.com");
  EXPECT_EQ(routes[0].http_max_concurrency, 16u);
  EXPECT_THAT(routes[1].allowed_hosts, testing::IsEmpty());
  EXPECT_EQ(routes[1].http_max_concurrency, 3u);
}

TEST_F(ValidateTest, MistakesOutsideTheModulesAreReportedTogether) {
  write("a.wat", R"((module (func (export "_start"))))");
  flags_.settings.env_files = {"/nonexistent/env"};
  flags_.settings.tls_cert = "cert.pem";
  flags_.settings.listen = "nonsense";
  EXPECT_THAT(mistakesOf(module("/", "a.wat")),
              AllOf(HasSubstr("/nonexistent/env"), HasSubstr("tls_cert needs tls_key"),
                    HasSubstr("nonsense")));
}

TEST_F(ValidateTest, NothingToServeIsAMistake) {
  EXPECT_THAT(mistakesOf(""), HasSubstr("no [[module]]"));
}

TEST_F(ValidateTest, EveryFileThatMattersIsWatched) {
  write("a.wat", R"((module (func (export "_start"))))");
  flags_.settings.env_files = {write("flag.env", "A=1\n")};
  const auto validated = validate(module("/", "a.wat") + module("/b", "a.wat")).value();
  EXPECT_THAT(validated.description.files,
              testing::UnorderedElementsAre(path("modules.toml"), path("cache.toml"), path("a.wat"),
                                            path("flag.env")));
}

}  // namespace
}  // namespace wagi::supervisor
