#include "base/log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "base/printable.h"

namespace wagi {
namespace {

TEST(EscapeJson, MakesWhatAParserReadsBack) {
  const std::string text = "a \"quoted\" \\ line\n\ttab \x01 caf\xc3\xa9";
  EXPECT_EQ(nlohmann::json::parse('"' + escapeJson(text) + '"').get<std::string>(), text);
}

TEST(EscapeJson, ReplacesWhatIsntUtf8) { EXPECT_EQ(escapeJson("a\xff"), "a\xef\xbf\xbd"); }

TEST(EscapeJson, LeavesNothingHidden) {
  const std::string text =
      "\x7f\xc2\x9b"
      "2J \xe2\x80\xae \xf3\xa0\x81\x81";
  EXPECT_EQ(escapeJson(text), "\\u007f\\u009b2J \\u202e \\udb40\\udc41");
  EXPECT_EQ(nlohmann::json::parse('"' + escapeJson(text) + '"').get<std::string>(), text);
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

TEST(Log, ShortensAMessage) {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    testing::internal::CaptureStderr();
    initLog(format);
    spdlog::warn("{}", std::string(2 * kMessageBytesMax, 'A'));
    const std::string line = testing::internal::GetCapturedStderr();
    EXPECT_LT(line.size(), kMessageBytesMax + 200);
    EXPECT_NE(line.find(fmt::format("A... ({} bytes)", 2 * kMessageBytesMax)), std::string::npos);
  }
}

TEST(Log, WritesPlainLinesWhereThereIsNoTerminal) {
  testing::internal::CaptureStderr();
  initLog(LogFormat::kText);
  spdlog::error("bad \x1b[2J news \xe2\x80\xae\x9b");
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find(" error bad \\x1b[2J news \\u202e\\x9b\n"), std::string::npos) << line;
}

}  // namespace
}  // namespace wagi
