#include "server/supervisor/plan_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "server/supervisor/fake_supply.h"

namespace wagi::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// All times are the same: nothing here waits.
constexpr Supply::Clock::time_point kNow{};

class PlanBuilderTest : public testing::Test {
 protected:
  PlanBuilderTest() { std::ofstream(code_) << "code"; }

  static Description ofBindle() {
    Description description;
    description.fetch.bindle = {.id = "a/1.0.0"};
    description.files = {"cache.toml"};
    description.warnings = {{{}, "first"}};
    return description;
  }
  static Description ofFile(const std::string& path) {
    Description description;
    description.modules = {{.config = moduleOf(path), .path = path, .environment = {}}};
    return description;
  }
  static config::Module moduleOf(const std::string& path) {
    config::Module module;
    module.route = "/";
    module.module = path;
    module.place = module.module_place = {"bindle a/1.0.0", 0, 0};
    return module;
  }
  void fetched(config::Module module) {
    source::Fetched& values = supply_.fetched.emplace();
    values.application = {
        .modules = {std::move(module)}, .files = {"HIPPOFACTS"}, .warnings = {{{}, "third"}}};
    values.warnings = {"second"};
  }
  std::unique_ptr<PlanBuilder> builderOf(Description description) {
    real_ = supply_.supply();
    return std::make_unique<PlanBuilder>(std::move(description), cache_, real_, kNow);
  }
  static std::vector<std::string> messages(const Diagnostics& diagnostics) {
    std::vector<std::string> texts;
    for (const auto& diagnostic : diagnostics) texts.push_back(diagnostic.text());
    return texts;
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  const std::string code_ = directory_.path() + "/a.code";
  artifact::Cache cache_ = artifact::Cache::open({.enabled = false, .directory = {}}).value();
  FakeSupply supply_;
  Supply real_;
};

TEST_F(PlanBuilderTest, WhatIsHereIsInspectedAtOnce) {
  supply_.add("a.wasm", code_);
  const auto builder = builderOf(ofFile("a.wasm"));
  EXPECT_THAT(supply_.asked, ElementsAre("inspect a.wasm"));
  ASSERT_TRUE(builder->step(kNow));
  const auto prepared = builder->take();
  ASSERT_TRUE(prepared) << config::text(prepared.error());
  ASSERT_EQ(prepared->plan.routes.size(), 1u);
  EXPECT_EQ(prepared->code->at(0).file, code_);
}

TEST_F(PlanBuilderTest, EachStepBeginsWhenTheOneBeforeHasEnded) {
  supply_.add("/store/a", code_);
  fetched(moduleOf("/store/a"));
  supply_.fetching_ended = supply_.inspecting_ended = false;
  const auto builder = builderOf(ofBindle());
  EXPECT_THAT(messages(builder->takeWarnings()), ElementsAre("first"));
  EXPECT_FALSE(builder->step(kNow));
  EXPECT_THAT(supply_.asked, ElementsAre("fetch a/1.0.0"));
  EXPECT_EQ(builder->running(kNow).at(0).phase, artifact::Phase::kFetching);
  supply_.fetching_ended = true;
  EXPECT_FALSE(builder->step(kNow));
  EXPECT_THAT(supply_.asked, ElementsAre("fetch a/1.0.0", "inspect /store/a"));
  EXPECT_EQ(builder->running(kNow).at(0).phase, artifact::Phase::kCompiling);
  EXPECT_THAT(messages(builder->takeWarnings()), ElementsAre("second", "third"));
  supply_.inspecting_ended = true;
  EXPECT_TRUE(builder->step(kNow));
  EXPECT_THAT(builder->running(kNow), IsEmpty());
  EXPECT_TRUE(builder->take());
  const Description description = builder->takeDescription();
  EXPECT_THAT(description.files, ElementsAre("/store/a", "HIPPOFACTS", "cache.toml"));
  EXPECT_THAT(description.project_files, ElementsAre("HIPPOFACTS"));
  EXPECT_TRUE(description.fetch.empty());
}

TEST_F(PlanBuilderTest, AFailureEndsIt) {
  supply_.fetched = fail("the bindle a/1.0.0: no route to it");
  auto builder = builderOf(ofBindle());
  ASSERT_TRUE(builder->step(kNow));
  EXPECT_EQ(config::text(builder->take().error()), "the bindle a/1.0.0: no route to it");

  supply_.addFailure("a.wasm", "a.wasm isn't valid");
  builder = builderOf(ofFile("a.wasm"));
  ASSERT_TRUE(builder->step(kNow));
  EXPECT_EQ(config::text(builder->take().error()), "bindle a/1.0.0: a.wasm isn't valid");
}

TEST_F(PlanBuilderTest, AProcessThatCantBeStartedIsAFailure) {
  real_.fetch = [](const auto&, auto) -> Result<std::unique_ptr<source::Fetching>> {
    return fail("can't start a process");
  };
  PlanBuilder builder(ofBindle(), cache_, real_, kNow);
  EXPECT_EQ(builder.deadline(), Supply::Clock::time_point()) << "it has ended";
  ASSERT_TRUE(builder.step(kNow));
  EXPECT_EQ(config::text(builder.take().error()), "can't start a process");
}

TEST_F(PlanBuilderTest, AnApplicationThatNoFileCouldBeIsRefused) {
  config::Module module = moduleOf("/store/a");
  module.route = "nowhere";
  fetched(module);
  auto builder = builderOf(ofBindle());
  ASSERT_TRUE(builder->step(kNow));
  EXPECT_EQ(config::text(builder->take().error()),
            "bindle a/1.0.0: the route `nowhere` must begin with '/'");

  fetched(moduleOf("oci://elsewhere/a:1"));
  builder = builderOf(ofBindle());
  ASSERT_TRUE(builder->step(kNow));
  EXPECT_EQ(config::text(builder->take().error()), "bindle a/1.0.0: it wasn't fetched");
}

}  // namespace
}  // namespace wagi::supervisor
