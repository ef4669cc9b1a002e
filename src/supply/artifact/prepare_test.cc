#include "supply/artifact/prepare.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"
#include "supply/artifact/load.h"
#include "supply/artifact/prepare_testing.h"

namespace wagi::artifact {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(PrepareTest, FindsWhatAModuleExports) {
  const auto facts = factsOf(write("a.wat", R"((module
    (memory (export "memory") 1)
    (func (export "_start"))
    (func (export "other"))
    (func (export "add") (param i32 i32) (result i32) (i32.const 0)))"
                                            ")"));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_THAT(facts->commands, ElementsAre("_start", "other"));
  EXPECT_THAT(facts->others, ElementsAre("add"));
  EXPECT_EQ(facts->routes, std::nullopt);
  EXPECT_TRUE(std::filesystem::exists(facts->code));
}

TEST_F(PrepareTest, EachFileIsPreparedOnceAndAllMistakesAreKept) {
  const std::string good = write("good.wat", "(module)");
  const std::string bad = write("bad.wasm",
                                "\x7f"
                                "ELF");
  const std::string link = directory_.path() + "/link.wat";
  std::filesystem::create_symlink(good, link);
  ModulePreparation preparation(
      {wanted(good), wanted(bad), wanted(link), wanted(good), wanted("/nonexistent")}, cache_,
      limits_);
  run(preparation);
  EXPECT_EQ(&preparation.of(good), &preparation.of(link));
  EXPECT_TRUE(preparation.of(good));
  EXPECT_THAT(preparation.of(bad).error().message, HasSubstr("ELF"));
  EXPECT_THAT(preparation.of("/nonexistent").error().message, HasSubstr("No such file"));
}

// A clock by which it takes half of kRecallMax to recall one module.
class SlowClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override {
    const Time now = clock_.now();
    clock_.sleep(kRecallMax / 2);
    return now;
  }
  [[nodiscard]] std::time_t date() const override { return clock_.date(); }
  void sleep(std::chrono::nanoseconds time) const override { clock_.sleep(time); }

 private:
  const ManualClock clock_;
};

TEST_F(PrepareTest, OneStepRecallsOnlySoManyModules) {
  std::vector<InspectionRequest> known;
  for (const char* name : {"a.wat", "b.wat", "c.wat"}) {
    const std::string path = write(name, "(module)");
    ASSERT_TRUE(factsOf(path));
    known.push_back(wanted(path));
  }
  const SlowClock clock;
  const auto now = clock.now();
  ModulePreparation preparation(known, cache_, limits_, clock);
  EXPECT_FALSE(preparation.step(now));
  EXPECT_FALSE(preparation.step(now));
  EXPECT_TRUE(preparation.step(now));
}

TEST_F(PrepareTest, WhatWasInspectedBeforeNeedsNoChild) {
  const std::string path = write("a.wat", R"((module (func (export "_start"))))");
  const auto first = factsOf(path);
  ASSERT_TRUE(first) << first.error().message;
  ModulePreparation preparation({wanted(path)}, cache_, limits_);
  preparation.step(ModulePreparation::Clock::now());
  ASSERT_TRUE(preparation.done()) << "a child would still run";
  EXPECT_EQ(preparation.of(path)->commands, first->commands);
  EXPECT_EQ(preparation.of(path)->code, first->code);
}

TEST_F(PrepareTest, NothingIsRecalledOfOtherBytesOrWithoutItsCode) {
  const std::string path = write("a.wat", R"((module (func (export "_start"))))");
  const auto first = factsOf(path);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(recalled(wanted(path), cache_));
  EXPECT_FALSE(recalled(wanted(write("b.wat", R"((module (func (export "other"))))")), cache_));
  EXPECT_FALSE(recalled(wanted("/nonexistent"), cache_));
  std::filesystem::remove(first->code);
  EXPECT_FALSE(recalled(wanted(path), cache_));
  EXPECT_TRUE(factsOf(path)) << "it is compiled again";
}

TEST_F(PrepareTest, RoutesFunctionsAreAskedEachTime) {
  const std::string path = writeRoutes("(call $print (i32.const 1))", "/x hello\\n");
  ASSERT_TRUE(factsOf(path));
  EXPECT_FALSE(recalled(wanted(path), cache_));
}

// A `_routes` is run each time, in a child that is locked down before it looks for the code.
TEST_F(PrepareTest, CodeThatIsThereIsFoundByALockedDownChild) {
  const std::string path = writeRoutes("(call $print (i32.const 1))", "/x hello\\n");
  const auto first = factsOf(path);
  ASSERT_TRUE(first) << first.error().message;
  struct stat before{};
  ASSERT_EQ(::stat(first->code.c_str(), &before), 0);
  ASSERT_TRUE(factsOf(path));
  struct stat after{};
  ASSERT_EQ(::stat(first->code.c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino) << "it was compiled again";
}

TEST_F(PrepareTest, ADamagedNoteIsNoNote) {
  const std::string path = write("a.wat", R"((module (func (export "_start"))))");
  ASSERT_TRUE(factsOf(path));
  for (const auto& entry : std::filesystem::directory_iterator(cache_.directory())) {
    if (entry.path().extension() != ".note") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20);
    file.put('\xff');
  }
  EXPECT_FALSE(recalled(wanted(path), cache_));
  EXPECT_TRUE(factsOf(path));
}

TEST_F(PrepareTest, AnUnknownImportIsAMistake) {
  const auto facts = factsOf(write("a.wat", R"((module (import "env" "nope" (func))))"));
  EXPECT_THAT(facts.error().message, AllOf(HasSubstr("a.wat"), HasSubstr("nope")));
}

TEST_F(PrepareTest, AModuleTooLargeForThePoolIsFine) {
  // This table has more elements than a slot of the pool has room for.
  const auto facts = factsOf(write("a.wat", "(module (table 100000 funcref))"));
  ASSERT_TRUE(facts) << facts.error().message;
}

TEST_F(PrepareTest, WhatCannotBeInstantiatedIsFoundWithoutARequest) {
  const std::map<std::string, std::string> modules{
      {R"((memory (export "memory") 1 2 shared))", "shared memory"},
      {"(memory 3000)", "exceeds memory limits"},
      {"(memory i64 3000)", "exceeds memory limits"},
      {"(memory 1500) (memory 1500)", "exceeds memory limits"},
      {"(table 20000000 funcref)", "exceeds table limits"},
      {R"((memory 1) (data (i32.const 65536) "x"))", "out of bounds"},
      {"(table 1 funcref) (elem (i32.const 1) $f) (func $f)", "a table has no such element"}};
  for (const auto& [what, why] : modules) {
    const auto facts = factsOf(write("a.wat", "(module " + what + R"((func (export "_start"))))"));
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_THAT(facts->starts.at(kMemory), HasSubstr(why)) << what;
    EXPECT_FALSE(recalled(wanted(directory_.path() + "/a.wat"), cache_)) << "no mistake is kept";
  }
}

TEST_F(PrepareTest, InstancesAreMadeWithTheMemoryOfEachRoute) {
  const std::string path = write("a.wat", R"((module (memory 3000) (func (export "_start"))))");
  ModulePreparation preparation({{path, {kMemory}}, {path, {0}}, {path, {256 << 20}}}, cache_,
                                limits_);
  run(preparation);
  const auto& starts = preparation.of(path)->starts;
  EXPECT_EQ(starts.size(), 3u);
  EXPECT_THAT(starts.at(kMemory), HasSubstr("exceeds memory limits"));
  EXPECT_EQ(starts.at(0), "");
  EXPECT_EQ(starts.at(256 << 20), "");
}

TEST_F(PrepareTest, AnotherAmountOfMemoryIsTriedAnew) {
  const std::string path = write("a.wat", R"((module (memory 10) (func (export "_start"))))");
  ASSERT_TRUE(factsOf(path));
  EXPECT_TRUE(recalled(wanted(path), cache_));
  EXPECT_TRUE(recalled({path, {}}, cache_));
  EXPECT_FALSE(recalled({path, {65536}}, cache_));
}

TEST_F(PrepareTest, AStartFunctionIsTheRequestsBusiness) {
  for (const std::string body : {"unreachable", "(loop $again (br $again))"}) {
    // A segment makes Wasmtime run a function of its own before the start function.
    for (const std::string segment : {"", R"((data (i32.const 70000) "x"))"}) {
      const auto facts = factsOf(write("a.wat", "(module (memory 2)" + segment + "(func $s " +
                                                    body + R"() (start $s) (func (export "f"))))"));
      ASSERT_TRUE(facts) << facts.error().message;
      EXPECT_EQ(facts->starts.at(kMemory), "") << body << segment;
    }
  }
}

TEST_F(PrepareTest, RunsRoutes) {
  const auto facts = factsOf(writeRoutes("(call $print (i32.const 1))", "/one hello\\n"));
  // The length of the text counts the escape as it stands in the source; the rest are NULs.
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_THAT(facts->routes.value(), testing::StartsWith("/one hello\n"));
}

TEST_F(PrepareTest, RoutesThatPrintNothingAreForTheReaderToJudge) {
  EXPECT_EQ(factsOf(writeRoutes("", "")).value().routes, "");
}

TEST_F(PrepareTest, RoutesThatTrapAreAMistakeThatQuotesTheOutput) {
  EXPECT_THAT(routesErrorOf("(call $print (i32.const 1)) (call $print (i32.const 2)) unreachable",
                            "so far"),
              AllOf(HasSubstr("routes.wat: its _routes function failed"), HasSubstr("unreachable"),
                    HasSubstr("it printed:\n  | so far"), HasSubstr("on stderr:\n  | so far")));
}

TEST_F(PrepareTest, RoutesThatExitWithACodeAreAMistake) {
  EXPECT_THAT(routesErrorOf("(call $print (i32.const 2)) (call $exit (i32.const 3))", "why"),
              AllOf(HasSubstr("exited with code 3"), HasSubstr("why")));
  EXPECT_TRUE(factsOf(writeRoutes("(call $exit (i32.const 0))", "")));
}

TEST_F(PrepareTest, AReactorIsInitializedBeforeItsRoutes) {
  const std::string print = "(call $print (i32.const 1))";
  const auto reactor = [&](const std::string& initialize) {
    return writeRoutes("(if (global.get $ready) (then " + print + R"()))
      (global $ready (mut i32) (i32.const 0))
      (func (export "_initialize") )" +
                           initialize,
                       "/a b");
  };
  const auto facts = factsOf(reactor("(global.set $ready (i32.const 1))"));
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->routes, "/a b");
  const auto trapped = factsOf(reactor(print + "unreachable"));
  ASSERT_FALSE(trapped);
  EXPECT_THAT(trapped.error().message,
              AllOf(HasSubstr("its _initialize function failed"), HasSubstr("unreachable"),
                    HasSubstr("it printed:\n  | /a b")));
  const auto left = factsOf(reactor("(call $exit (i32.const 0))"));
  ASSERT_FALSE(left);
  EXPECT_THAT(left.error().message, HasSubstr("its _initialize function exited with code 0"));
}

TEST(Inspection, SurviveThePipe) {
  const Inspection facts{"/code",
                         {"_start", "a"},
                         {"b"},
                         "not UTF-8 \xff\n",
                         {{0, ""}, {5, "no"}},
                         engine::Instances::kNew,
                         "why"};
  const auto copy = Inspection::deserialize(facts.serialize()).value();
  EXPECT_EQ(copy.code, facts.code);
  EXPECT_EQ(copy.commands, facts.commands);
  EXPECT_EQ(copy.others, facts.others);
  EXPECT_EQ(copy.routes, facts.routes);
  EXPECT_EQ(copy.starts, facts.starts);
  EXPECT_FALSE(Inspection::deserialize("nonsense"));
  EXPECT_FALSE(Inspection::deserialize(""));
}

}  // namespace
}  // namespace wagi::artifact
