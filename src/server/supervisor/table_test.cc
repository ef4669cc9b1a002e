#include "server/supervisor/table.h"

#include <gtest/gtest.h>

namespace wagi::supervisor {
namespace {

worker::Plan planOfTwo() {
  worker::Plan plan;
  plan.routes.resize(2);
  plan.routes[0].pattern = "/a/...";
  plan.routes[0].module = "modules/a.wasm";
  plan.routes[0].entrypoint = "_start";
  plan.routes[1].pattern = "/";
  plan.routes[1].module = "b.wat";
  plan.routes[1].entrypoint = "hello";
  plan.routes[1].limits = {.memory_bytes_max = 0,
                           .cpu_ms_max = 1'500,
                           .wall_ms_max = 0,
                           .body_bytes_max = 1'000,
                           .concurrency_max = 0};
  return plan;
}

TEST(Table, TheShortOneNamesRoutesAndModules) {
  EXPECT_EQ(tableOf(planOfTwo(), Detail::kShort),
            "  /healthz  (built in)\n"
            "  /a/...    modules/a.wasm\n"
            "  /         b.wat (hello)\n");
}

TEST(Table, TheFullOneHasEntryPointsAndLimits) {
  EXPECT_EQ(
      tableOf(planOfTwo(), Detail::kFull),
      "ROUTE     MODULE          ENTRY POINT  MEMORY    CPU      WALL      BODY    AT ONCE\n"
      "/healthz  (built in)\n"
      "/a/...    modules/a.wasm  _start       128 MiB   10 s     60 s      64 MiB  1000\n"
      "/         b.wat           hello        no limit  1500 ms  no limit  1000 B  no limit\n");
}

TEST(Table, WhatARouteHoldsCantSteerTheTerminal) {
  worker::Plan plan = planOfTwo();
  plan.routes[0].module = "\x1b[2J.wasm";
  EXPECT_EQ(tableOf(plan, Detail::kShort).find('\x1b'), std::string::npos);
}

TEST(Table, SizesAndTimesHaveTheirLargestWholeUnit) {
  EXPECT_EQ(sizeText(1 << 30), "1 GiB");
  EXPECT_EQ(sizeText(1536), "1536 B");
  EXPECT_EQ(sizeText(3 << 10), "3 KiB");
  EXPECT_EQ(timeText(60'000), "60 s");
  EXPECT_EQ(timeText(1), "1 ms");
}

}  // namespace
}  // namespace wagi::supervisor
