#include "cli/server_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace wagi::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class ServerFlagsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto name : {"WAGI_LOG_DIR", "WAGI_TLS_CERT", "WAGI_TLS_KEY", "BINDLE_URL",
                            "BINDLE_HTTP_USER", "BINDLE_HTTP_PASSWORD"}) {
      ::unsetenv(name);
    }
  }
  // The flags that these words make, or the error.
  std::expected<supervisor::Flags, std::string> flagsOf(const Arguments& words) {
    CLI::App app("", "wagi serve");
    ServerFlags server;
    server.addTo(app, ServerFlags::Source::kFlagOrWord);
    testing::internal::CaptureStderr();
    const auto code = parse(app, words);
    auto flags = code ? std::unexpected(*code) : server.finish(app);
    std::string said = testing::internal::GetCapturedStderr();
    if (flags) return *std::move(flags);
    EXPECT_EQ(flags.error(), kExitUsage);
    return std::unexpected(std::move(said));
  }
  std::string mistakeOf(const Arguments& words) {
    const auto flags = flagsOf(words);
    return flags ? "no mistake" : flags.error();
  }
};

TEST_F(ServerFlagsTest, EveryFlagArrives) {
  const auto flags = flagsOf({"-c",         "m.toml",       "--cache",
                              "c.toml",     "-l",           "127.0.0.1:1",
                              "--hostname", "h:2",          "--module-cache",
                              "mc",         "--log-dir",    "ld",
                              "--tls-cert", "tc",           "--tls-key",
                              "tk",         "--workers",    "3",
                              "--watch",    "--log-format", "json"});
  ASSERT_TRUE(flags) << flags.error();
  EXPECT_EQ(flags->config_file, "m.toml");
  const config::ServerSettings& settings = flags->settings;
  EXPECT_EQ(settings.cache_file, "c.toml");
  EXPECT_EQ(settings.listen, "127.0.0.1:1");
  EXPECT_EQ(settings.hostname, "h:2");
  EXPECT_EQ(settings.module_cache, "mc");
  EXPECT_EQ(settings.log_dir, "ld");
  EXPECT_EQ(settings.tls_cert, "tc");
  EXPECT_EQ(settings.tls_key, "tk");
  EXPECT_EQ(settings.workers, 3u);
  EXPECT_EQ(settings.watch, true);
  EXPECT_EQ(settings.log_format, LogFormat::kJson);
}

TEST_F(ServerFlagsTest, WhatIsntGivenIsAbsent) {
  const auto flags = flagsOf({"-c", "m.toml"});
  ASSERT_TRUE(flags) << flags.error();
  EXPECT_FALSE(flags->settings.listen);
  EXPECT_FALSE(flags->settings.workers);
  EXPECT_FALSE(flags->settings.watch);
  EXPECT_FALSE(flags->settings.log_format);
  EXPECT_FALSE(flags->settings.cache_file);
}

TEST_F(ServerFlagsTest, TheConfigurationMayStandWithoutItsFlag) {
  EXPECT_EQ(flagsOf({"m.toml"})->config_file, "m.toml");
  EXPECT_EQ(flagsOf({"--workers", "1", "m.toml"})->config_file, "m.toml");
}

TEST_F(ServerFlagsTest, SeveralVariablesMayFollowOneFlag) {
  const auto flags = flagsOf({"-e", "A=1", "B=\"two words\"", "-c", "m.toml", "--env", "C=x=y",
                              "--env-file", "a.env", "b.env", "--env-file", "c.env"});
  ASSERT_TRUE(flags) << flags.error();
  EXPECT_THAT(flags->settings.environment,
              ElementsAre(Pair("A", "1"), Pair("B", "two words"), Pair("C", "x=y")));
  EXPECT_THAT(flags->settings.env_files, ElementsAre("a.env", "b.env", "c.env"));
}

TEST_F(ServerFlagsTest, TheOriginalsDocumentedNameOfHostnameIsAcceptedToo) {
  EXPECT_EQ(flagsOf({"-c", "m.toml", "--default-host", "h"})->settings.hostname, "h");
}

TEST_F(ServerFlagsTest, VariablesStandInForFlags) {
  ::setenv("WAGI_LOG_DIR", "from the environment", 1);
  EXPECT_EQ(flagsOf({"-c", "m"})->settings.log_dir, "from the environment");
  EXPECT_EQ(flagsOf({"-c", "m", "--log-dir", "flag"})->settings.log_dir, "flag");
}

TEST_F(ServerFlagsTest, MistakesNameTheFlag) {
  EXPECT_THAT(mistakeOf({"-c", "m", "--listen", "nonsense"}), HasSubstr("nonsense"));
  EXPECT_THAT(mistakeOf({"-c", "m", "-e", "NOEQUALS"}), HasSubstr("NOEQUALS"));
  EXPECT_THAT(mistakeOf({"-c", "m", "--workers", "many"}), HasSubstr("many"));
  EXPECT_THAT(mistakeOf({"-c", "m", "--log-format", "xml"}), HasSubstr("xml"));
  EXPECT_THAT(mistakeOf({"-c", "m", "--wrokers", "1"}), HasSubstr("--wrokers"));
  EXPECT_THAT(mistakeOf({"-c"}), HasSubstr("-c"));
  EXPECT_THAT(mistakeOf({}), HasSubstr("-c FILE"));
}

TEST_F(ServerFlagsTest, BindleFlagsThatDontGoTogetherSaySo) {
  EXPECT_THAT(mistakeOf({"-c", "m", "-b", "a/1.0.0"}), HasSubstr("one of -c, -b and -f"));
  EXPECT_THAT(mistakeOf({"-b", "a/1.0.0"}), HasSubstr("--bindle-path and --bindle-url"));
  EXPECT_THAT(mistakeOf({"-b", "a/1.0.0", "--bindle-path", "p", "--bindle-url", "u"}),
              HasSubstr("exactly one"));
  EXPECT_THAT(mistakeOf({"-b", "a/1.0.0", "--bindle-url", "u", "--bindle-http-user", "n"}),
              HasSubstr("needs --bindle-http-password"));
  EXPECT_THAT(mistakeOf({"-b", "a/1.0.0", "--bindle-url", "u", "--bindle-http-password", "p"}),
              HasSubstr("needs --bindle-http-user"));
  EXPECT_THAT(mistakeOf({"-c", "m", "--bindle-path", "p"}), HasSubstr("-b"));
}

TEST_F(ServerFlagsTest, ABindleComesFromAFolderOrAServer) {
  const auto folder = flagsOf({"-b", "a/1.0.0", "--bindle-path", "p"});
  ASSERT_TRUE(folder && folder->bindle);
  EXPECT_EQ(folder->bindle->id, "a/1.0.0");
  EXPECT_EQ(folder->bindle->path, "p");
  ::setenv("BINDLE_URL", "http://localhost/v1", 1);
  ::setenv("BINDLE_HTTP_USER", "n", 1);
  ::setenv("BINDLE_HTTP_PASSWORD", "secret", 1);
  const auto server = flagsOf({"-b", "a/1.0.0", "-k"});
  ASSERT_TRUE(server && server->bindle);
  EXPECT_EQ(server->bindle->url, "http://localhost/v1");
  EXPECT_EQ(server->bindle->user, "n");
  EXPECT_EQ(server->bindle->password, "secret");
  EXPECT_TRUE(server->bindle->insecure);
  const auto config = flagsOf({"-c", "m"});
  EXPECT_TRUE(config && !config->bindle) << "the variable alone is no wish for a bindle";
}

TEST_F(ServerFlagsTest, ExternalsOfAProjectComeFromAFolderOrAServer) {
  EXPECT_FALSE(flagsOf({"-f", "p"})->externals);
  EXPECT_EQ(flagsOf({"-f", "p", "--bindle-path", "b"})->externals->path, "b");
  EXPECT_EQ(flagsOf({"-f", "p", "--bindle-url", "u"})->externals->url, "u");
  constexpr auto kExactlyOne =
      "-f with --bindle-... flags, for its externals, needs exactly one of --bindle-path and "
      "--bindle-url";
  EXPECT_THAT(mistakeOf({"-f", "p", "--bindle-path", "b", "--bindle-url", "u"}),
              HasSubstr(kExactlyOne));
  EXPECT_THAT(mistakeOf({"-f", "p", "--bindle-keyring", "k"}), HasSubstr(kExactlyOne));
  ::setenv("BINDLE_URL", "http://localhost/v1", 1);
  const auto server = flagsOf({"-f", "p"});
  ASSERT_TRUE(server && server->externals) << "the variable alone does";
  EXPECT_EQ(server->externals->url, "http://localhost/v1");
  EXPECT_FALSE(server->bindle);
  const auto folder = flagsOf({"-f", "p", "--bindle-path", "b", "--bindle-keyring", "k"});
  ASSERT_TRUE(folder && folder->externals);
  EXPECT_EQ(folder->externals->path, "b");
  EXPECT_EQ(folder->externals->url, "");
  EXPECT_EQ(folder->externals->keyring, "k");
}

TEST_F(ServerFlagsTest, AProjectIsServedAsItIs) {
  EXPECT_EQ(flagsOf({"-f", "HIPPOFACTS"})->project, "HIPPOFACTS");
  EXPECT_TRUE(flagsOf({"-f", "HIPPOFACTS", "--offline"})->offline);
  EXPECT_THAT(mistakeOf({"-c", "m", "-f", "p"}), HasSubstr("one of -c, -b and -f"));
}

}  // namespace
}  // namespace wagi::cli
