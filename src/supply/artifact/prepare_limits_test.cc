// Tests the limits on making a module ready: time, memory, output, and room in the cache.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "base/child_testing.h"
#include "guest/engine/ticker.h"
#include "supply/artifact/prepare_testing.h"

namespace wagi::artifact {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST_F(PrepareTest, RoutesThatNeverEndAreAMistake) {
  if (!engine::Ticker::kReachesLoops) GTEST_SKIP();
  limits_.routes.wall_max = std::chrono::milliseconds(50);
  EXPECT_THAT(routesErrorOf("(loop $again (br $again))", ""),
              HasSubstr("didn't end within 0.05 s"));
}

TEST_F(PrepareTest, RoutesThatPrintForEverAreAMistake) {
  EXPECT_THAT(routesErrorOf("(loop $again (call $print (i32.const 1))"
                            " (br_if $again (i32.lt_u (i32.load (i32.const 8)) (i32.const 1000))))",
                            "more and more"),
              HasSubstr("printed more than 1048576 bytes"));
}

TEST_F(PrepareTest, RoutesThatTakeTooMuchMemoryAreAMistake) {
  EXPECT_THAT(routesErrorOf("(if (i32.eq (memory.grow (i32.const 3000)) (i32.const -1))"
                            " (then unreachable))",
                            ""),
              HasSubstr("ran out of memory"));
}

TEST_F(PrepareTest, OneThatTakesTooLongIsEnded) {
  limits_.routes.wall_max = std::chrono::hours(2);
  const std::string path = writeRoutes("(loop $again (br $again))", "");
  ModulePreparation preparation({wanted(path)}, cache_, limits_);
  const auto start = ModulePreparation::Clock::now();
  preparation.step(start);
  ASSERT_FALSE(preparation.done());
  EXPECT_EQ(preparation.running(start).at(0).path, path);
  EXPECT_EQ(preparation.deadline(), start + limits_.compile.time_max);
  preparation.step(start + limits_.compile.time_max);
  ASSERT_TRUE(preparation.done());
  EXPECT_THAT(preparation.of(path).error().message, HasSubstr("took more than 300 s"));
}

// A module that needs much memory to compile: a function whose many locals live in many loops.
std::string hungryModule() {
  constexpr int kLoops = 8'000;
  constexpr int kLocals = 1'000;
  std::string text = "(module (func (export \"_start\") (local";
  for (int i = 0; i < kLocals; ++i) text += " i32";
  text += ")";
  for (int i = 0; i < kLoops; ++i) {
    text += fmt::format("(loop (br_if 0 (local.tee {} (i32.add (local.get {}) (local.get {})))))",
                        i * 7 % kLocals, i * 7 % kLocals, i * 13 % kLocals);
  }
  return text + "))";
}

TEST_F(PrepareTest, CompilingTakesNoMoreMemoryThanItMay) {
  if (!limitsMemory()) GTEST_SKIP() << "a sanitizer has more memory of its own";
  limits_.compile.memory_bytes_max = 64 << 20;
  const auto facts = factsOf(write("a.wat", hungryModule()));
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().message,
              AllOf(HasSubstr("a.wat: compiling it takes more than 64 MiB of memory"),
                    HasSubstr("compile_memory_max in [server]")));
}

TEST_F(PrepareTest, CompilingTakesNoMoreCpuTimeThanItMay) {
  limits_.compile.memory_bytes_max = 0;
  limits_.compile.time_max = std::chrono::milliseconds(1);  // RLIMIT_CPU makes a second of it.
  const std::string path = write("a.wat", hungryModule());
  ModulePreparation preparation({wanted(path)}, cache_, limits_);
  const auto start = ModulePreparation::Clock::now();
  preparation.step(start);
  while (!preparation.done()) {
    std::vector<pollfd> fds;
    preparation.addTo(fds);
    ASSERT_EQ(::poll(fds.data(), fds.size(), 60'000), 1);
    preparation.step(start);  // The clock stands still, so that only CPU time can run out.
  }
  EXPECT_THAT(preparation.of(path).error().message,
              AllOf(HasSubstr("a.wat: compiling it took more than 0.001 s of CPU time"),
                    HasSubstr("compile_ms_max in [server]")));
}

// Whether a module is prepared where the cache has no room for its code. Called in a child, which
// gets a file system of its own.
bool preparesInFullCache(const std::string& directory, const std::string& path) {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=64k,mode=700") != 0) {
    return false;
  }
  const auto cache = Cache::open({.directory = directory + "/code"});
  if (!cache) return false;
  ModulePreparation preparation({{path, {0}}}, *cache, {});
  preparation.step(ModulePreparation::Clock::now());
  while (!preparation.done()) {
    std::vector<pollfd> fds;
    preparation.addTo(fds);
    ::poll(fds.data(), fds.size(), 1'000);
    preparation.step(ModulePreparation::Clock::now());
  }
  const auto& facts = preparation.of(path);
  const bool elsewhere =
      facts && std::filesystem::exists(facts->code) && !facts->code.starts_with(cache->directory());
  if (!elsewhere) std::cerr << (facts ? facts->code : facts.error().message) << "\n";
  return elsewhere && recalled({path, {0}}, *cache);
}

TEST_F(PrepareTest, AFullCacheGivesWayToATemporaryOne) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root mounts a small file system";
  const std::string full = directory_.path() + "/full";
  ASSERT_TRUE(std::filesystem::create_directory(full));
  std::string text = "(module";  // Compiled, it is over the 64 KiB of that file system.
  for (int i = 0; i < 2'000; ++i) text += "(func (drop (i32.const 1)))";
  const std::string path = write("a.wat", text + R"((func (export "_start"))))");
  expectInChild([&] { return preparesInFullCache(full, path); });
}

}  // namespace
}  // namespace wagi::artifact
