#include "server/supervisor/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"

namespace wagi::supervisor {
namespace {

using artifact::Phase;
using std::chrono::milliseconds;
using testing::HasSubstr;

std::string printed(Progress& progress, const std::vector<artifact::Running>& running) {
  testing::internal::CaptureStderr();
  progress.update(running);
  return testing::internal::GetCapturedStderr();
}

class ProgressTest : public testing::Test {
 protected:
  void SetUp() override { initLog(LogFormat::kText); }
};

TEST_F(ProgressTest, ATerminalHasOneLineThatChangesAndGoes) {
  Progress progress(Progress::Where::kTerminal);
  EXPECT_EQ(printed(progress, {{"a.wasm", Phase::kCompiling, milliseconds(999)}}), "");
  EXPECT_EQ(printed(progress, {{"a.wasm", Phase::kCompiling, milliseconds(3'100)}}),
            "\r\x1b[Kcompiling a.wasm (3 s)");
  EXPECT_EQ(printed(progress, {{"a.wasm", Phase::kRoutes, milliseconds(4'000)},
                               {"b.wasm", Phase::kCompiling, milliseconds(100)}}),
            "\r\x1b[Krunning _routes of a.wasm (4 s) and 1 more");
  EXPECT_EQ(printed(progress, {}), "\r\x1b[K");
  EXPECT_EQ(printed(progress, {}), "");
}

TEST_F(ProgressTest, ALogHasALineAtTheBeginningAndOneAtTheEnd) {
  Progress progress(Progress::Where::kLog);
  EXPECT_EQ(printed(progress, {{"a.wasm", Phase::kCompiling, milliseconds(999)}}), "");
  EXPECT_THAT(printed(progress, {{"a.wasm", Phase::kCompiling, milliseconds(1'000)}}),
              HasSubstr("info compiling a.wasm...\n"));
  EXPECT_EQ(printed(progress, {{"a.wasm", Phase::kCompiling, milliseconds(7'000)}}), "");
  EXPECT_THAT(printed(progress, {}), HasSubstr("info a.wasm: took 7 s\n"));
}

TEST_F(ProgressTest, WhatWasQuickIsntSpokenOf) {
  Progress progress(Progress::Where::kLog);
  EXPECT_EQ(printed(progress, {{"a.wasm", Phase::kLoading, milliseconds(10)}}), "");
  EXPECT_EQ(printed(progress, {}), "");
}

}  // namespace
}  // namespace wagi::supervisor
