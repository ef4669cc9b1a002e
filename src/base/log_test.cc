#include "base/log.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

namespace wagi {
namespace {

TEST(EscapeJson, MakesWhatAParserReadsBack) {
  const std::string text = "a \"quoted\" \\ line\n\ttab \x01 caf\xc3\xa9";
  EXPECT_EQ(nlohmann::json::parse('"' + escapeJson(text) + '"').get<std::string>(), text);
}

TEST(EscapeJson, ReplacesWhatIsntUtf8) { EXPECT_EQ(escapeJson("a\xff"), "a\xef\xbf\xbd"); }

TEST(EscapeControls, KeepsLinesAndTabsAndShowsTheRest) {
  EXPECT_EQ(escapeControls("a\n\tb\x1b[31mred\x7f"), "a\n\tb\\x1b[31mred\\x7f");
  EXPECT_EQ(escapeControls("caf\xc3\xa9 \xc2\xa0"), "caf\xc3\xa9 \xc2\xa0");
  EXPECT_EQ(escapeControls("\xc2\x9b"
                           "2J \xc2"),
            "\\u009b2J \xc2");
}

TEST(Log, WritesAJsonObjectALine) {
  testing::internal::CaptureStderr();
  initLog(LogFormat::kJson);
  spdlog::warn("the \"{}\"\nline", "second");
  const std::string line = testing::internal::GetCapturedStderr();
  const auto object = nlohmann::json::parse(line);
  EXPECT_EQ(object["level"], "warning");
  EXPECT_EQ(object["message"], "the \"second\"\nline");
  EXPECT_EQ(object["pid"], ::getpid());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(Log, NoLineOfAMessagePassesForAMessage) {
  testing::internal::CaptureStderr();
  initLog(LogFormat::kText);
  spdlog::warn("first\n12:00:00.000 info all is well\n\nlast\n");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("first\n  | 12:00:00.000 info all is well\n  | \n  | last\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.back(), '\n');
  EXPECT_NE(text[text.size() - 2], '\n');
}

TEST(Log, WritesPlainLinesWhereThereIsNoTerminal) {
  testing::internal::CaptureStderr();
  initLog(LogFormat::kText);
  spdlog::error("bad \x1b[2J news");
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find(" error bad \\x1b[2J news\n"), std::string::npos) << line;
}

}  // namespace
}  // namespace wagi
