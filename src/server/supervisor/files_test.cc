#include "server/supervisor/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"

namespace wagi::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class FilesTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST_F(FilesTest, EnvFilesAreReadInOrder) {
  const auto variables = readEnvFiles({write("a", "A=1\nB=1\n"), write("b", "A=2\n")}).value();
  EXPECT_THAT(variables, ElementsAre(Pair("A", "1"), Pair("B", "1"), Pair("A", "2")));
  EXPECT_THAT(lastOfEach(variables), ElementsAre(Pair("A", "2"), Pair("B", "1")));
}

TEST_F(FilesTest, AllMistakesOfAllEnvFilesAreReported) {
  const auto mistakes =
      readEnvFiles({"/nonexistent/a", write("b", "A=1\nnonsense\n"), write("c", "=x\n")}).error();
  ASSERT_EQ(mistakes.size(), 3u);
  EXPECT_THAT(mistakes[0].text(), HasSubstr("/nonexistent/a"));
  EXPECT_THAT(mistakes[1].text(), HasSubstr("/b:2:"));
  EXPECT_THAT(mistakes[2].text(), HasSubstr("/c:1:"));
}

TEST_F(FilesTest, ACacheFileGivesTheCachesSettings) {
  Diagnostics warnings;
  const auto settings = readCacheSettings(write("cache.toml",
                                                "[cache]\n"
                                                "enabled = true\n"
                                                "directory = \"/var/cache/x\"\n"
                                                "files-total-size-soft-limit = \"1Ki\"\n"
                                                "file-count-soft-limit = \"7\"\n"),
                                          &warnings);
  ASSERT_TRUE(settings) << config::text(settings.error());
  EXPECT_EQ(settings->directory, "/var/cache/x");
  EXPECT_EQ(settings->total_bytes_soft_max, 1024u);
  EXPECT_EQ(settings->entries_soft_max, 7u);
  EXPECT_TRUE(settings->enabled);
  EXPECT_TRUE(warnings.empty());
}

TEST_F(FilesTest, ACacheFileThatWasNamedMustBeThere) {
  EXPECT_THAT(config::text(readCacheSettings("/nonexistent/cache.toml").error()),
              HasSubstr("/nonexistent/cache.toml"));
}

}  // namespace
}  // namespace wagi::supervisor
