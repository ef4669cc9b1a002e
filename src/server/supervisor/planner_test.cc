#include "server/supervisor/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "server/supervisor/fake_supply.h"

namespace wagi::supervisor {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PlannerTest : public testing::Test {
 protected:
  PlannerTest() { std::ofstream(code_) << "code"; }

  // Adds a [[module]] in the line `line` of m.toml.
  config::Module& add(const std::string& route, const std::string& path, std::uint32_t line = 1) {
    config::Module module;
    module.route = route;
    module.module = path;
    module.place = {"m.toml", line, 1};
    module.module_place = {"m.toml", line + 2, 10};
    description_.modules.push_back(
        {.config = std::move(module), .path = path, .environment = {{"A", "1"}}});
    return description_.modules.back().config;
  }
  artifact::Inspection& found(const std::string& path) { return supply_.add(path, code_); }
  std::expected<Prepared, Diagnostics> plan() {
    return makePlan(description_, supply_.inspections());
  }
  std::string mistakes() {
    const auto prepared = plan();
    return prepared ? "none" : config::text(prepared.error());
  }
  std::string warnings() {
    const auto prepared = plan();
    return prepared ? config::text(prepared->warnings) : "mistakes";
  }
  std::vector<std::string> patterns() {
    const Prepared prepared = plan().value();
    std::vector<std::string> all;
    for (const worker::Route& route : prepared.plan.routes) {
      all.push_back(route.pattern + " " + route.entrypoint);
    }
    return all;
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  const std::string code_ = directory_.path() + "/a.code";
  Description description_;
  FakeSupply supply_;
};

TEST_F(PlannerTest, ARouteHasAllOfItsModule) {
  config::Module& module = add("/a/...", "a.wasm");
  module.argv = "${ARGS}";
  module.volumes = {{.guest = "/", .host = "data", .place = {}}};
  module.limits.cpu_ms_max = 7;
  module.allowed_hosts = {"https://example.com"};
  module.http_max_concurrency = 3;
  found("a.wasm");
  const auto prepared = plan();
  ASSERT_TRUE(prepared) << config::text(prepared.error());
  const worker::Route& route = prepared->plan.routes.at(0);
  EXPECT_EQ(route.pattern, "/a/...");
  EXPECT_EQ(route.module, "a.wasm");
  EXPECT_EQ(route.entrypoint, "_start");
  EXPECT_EQ(route.argv, "${ARGS}");
  EXPECT_EQ(route.environment.at(0).first, "A");
  EXPECT_EQ(route.volumes.at(0).host, "data");
  EXPECT_EQ(route.limits.cpu_ms_max, 7u);
  EXPECT_EQ(route.allowed_hosts.at(0).host.name, "example.com");
  EXPECT_EQ(route.http_max_concurrency, 3u);
  EXPECT_EQ(readFile(route.code, 100).value(), "code") << "it is open";
  EXPECT_THAT(prepared->warnings, IsEmpty());
}

TEST_F(PlannerTest, CodeIsOpenedOnce) {
  add("/a", "a.wasm");
  add("/b", "same.wasm");
  found("a.wasm");
  found("same.wasm");
  const auto prepared = plan().value();
  EXPECT_EQ(prepared.code->size(), 1u);
  EXPECT_EQ(prepared.plan.routes.at(0).code, prepared.plan.routes.at(1).code);
  EXPECT_EQ(prepared.plan.routes.at(1).module_index, 1u);
  EXPECT_EQ(prepared.plan.modules_count, 2u);
}

TEST_F(PlannerTest, AllMistakesHaveTheirPlaces) {
  add("/a", "a.wasm", 1);
  add("/b", "b.wasm", 10);
  add("/c", "c.wasm", 20);
  supply_.addFailure("a.wasm", "a.wasm isn't valid");
  found("b.wasm").starts[config::Limits{}.memory_bytes_max] = "it needs more";
  supply_.add("c.wasm", "/nonexistent/code");
  EXPECT_EQ(mistakes(),
            "m.toml:3:10: a.wasm isn't valid\n"
            "m.toml:12:10: b.wasm can't be started with a memory_max of 128 MiB: it needs more\n"
            "m.toml:22:10: can't open the compiled code /nonexistent/code: No such file or "
            "directory");
}

TEST_F(PlannerTest, RoutesOfAModuleComeBeforeItsOwnTheLastOneFirst) {
  add("/a/...", "a.wasm");
  artifact::Inspection& inspection = found("a.wasm");
  inspection.routes = "/one main\n/two/... _start\n";
  inspection.commands = {"_start", "main"};
  EXPECT_THAT(patterns(), ElementsAre("/a/two/... _start", "/a/one main", "/a/... _start"));
}

TEST_F(PlannerTest, RoutesThatMeanNothingAreAMistake) {
  add("/a/...", "a.wasm");
  found("a.wasm").routes = "one two three\n";
  EXPECT_THAT(mistakes(),
              AllOf(HasSubstr("m.toml:3:10: a.wasm: its _routes function:"), HasSubstr("three")));
}

TEST_F(PlannerTest, AnEntryPointThatCantBeCalledIsWarnedOf) {
  add("/a", "a.wasm").entrypoint = "main";
  add("/b", "a.wasm", 10).entrypoint = "add";
  add("/c", "a.wasm", 20).entrypoint = "other";
  artifact::Inspection& inspection = found("a.wasm");
  inspection.commands = {"_start", "other"};
  inspection.others = {"add", "_initialize"};
  EXPECT_EQ(warnings(),
            "m.toml:3:10: a.wasm exports no function main: requests to /a will get a 500; it "
            "exports _start, other\n"
            "m.toml:12:10: a.wasm: its function add has parameters or results, so it can't be "
            "called: requests to /b will get a 500\n"
            "m.toml:22:10: a.wasm: its function _initialize has parameters or results, so it can't "
            "be called before other: requests to /c will get a 500");
}

TEST_F(PlannerTest, ManyExportsAreCutShort) {
  add("/a", "a.wasm").entrypoint = "main";
  artifact::Inspection& inspection = found("a.wasm");
  inspection.commands = {};
  EXPECT_THAT(warnings(), HasSubstr("it exports nothing that can be called"));
  for (int i = 0; i < 30; ++i) inspection.commands.push_back("f" + std::to_string(i));
  EXPECT_THAT(warnings(), HasSubstr("f19, ..."));
}

TEST_F(PlannerTest, RoutesThatAreNeverReachedAreWarnedOf) {
  add("/...", "a.wasm");
  add("/x", "b.wasm", 10);
  found("a.wasm").routes = "/x _start\n/healthz _start\n";
  found("b.wasm");
  EXPECT_EQ(warnings(),
            "m.toml:3:10: the route /healthz of its _routes function is never reached: the server "
            "answers there itself\n"
            "m.toml:12:10: its route /x is never reached: _start of a.wasm has the same one, and "
            "the first wins");
}

TEST_F(PlannerTest, TheServerIsInThePlan) {
  add("/a", "a.wasm");
  found("a.wasm");
  description_.workers = 0;
  description_.default_host = "example.com";
  description_.default_port = 8'080;
  description_.unknown_host_status = 404;
  description_.certificates = {{.paths = {"cert.pem", "key.pem"}, .names = {}, .expires = {}}};
  description_.listeners.resize(2);
  description_.listeners[1].address.port = 443;
  description_.listeners[1].tls.emplace();
  description_.http.connections_max = 9;
  description_.drain_max = std::chrono::milliseconds(11);
  const worker::Plan made = plan().value().plan;
  EXPECT_EQ(made.workers_count, 1u) << "one process serves in any case";
  EXPECT_EQ(made.default_host, "example.com");
  EXPECT_EQ(made.default_port, 8'080);
  EXPECT_EQ(made.unknown_host_status, 404);
  EXPECT_EQ(made.certificates.at(0).key, "key.pem");
  ASSERT_EQ(made.listeners.size(), 2u);
  EXPECT_FALSE(made.listeners[0].tls);
  EXPECT_TRUE(made.listeners[1].tls);
  EXPECT_EQ(made.listeners[1].endpoint.port, 443);
  EXPECT_EQ(made.http.connections_max, 9u);
  EXPECT_EQ(made.drain_max.count(), 11);
}

TEST_F(PlannerTest, EachSiteHasItsRoutesBehindTheHealthPage) {
  description_.sites.push_back({.hosts = {"one.example", "two.example"}, .certificate = 3});
  add("/same", "a.wasm");
  add("/same", "a.wasm", 10).site = 1;
  found("a.wasm");
  const auto prepared = plan();
  ASSERT_TRUE(prepared) << config::text(prepared.error());
  EXPECT_THAT(prepared->warnings, IsEmpty()) << "they are of two hosts";
  const worker::Plan& made = prepared->plan;
  ASSERT_EQ(made.sites.size(), 2u);
  EXPECT_THAT(made.sites[0].hosts, IsEmpty());
  EXPECT_THAT(made.sites[1].hosts, ElementsAre("one.example", "two.example"));
  EXPECT_EQ(made.sites[1].certificate, 3u);
  for (std::size_t site = 0; site < 2; ++site) {
    const auto& targets = made.sites[site].targets;
    ASSERT_EQ(targets.size(), 2u);
    EXPECT_EQ(std::get<worker::BuiltInPage>(targets[0]), worker::BuiltInPage::kHealth);
    EXPECT_EQ(std::get<worker::GuestTarget>(targets[1]).route, site);
  }
  EXPECT_EQ(made.routes.at(0).name(), "/same");
  EXPECT_EQ(made.routes.at(1).name(), "one.example/same");
}

TEST_F(PlannerTest, WhatIsWantedIsAskedForEachModule) {
  add("/a", "a.wasm").limits.memory_bytes_max = 1;
  add("/b", "b.wasm").limits.memory_bytes_max = 0;
  const auto wanted = wantedBy(description_);
  ASSERT_EQ(wanted.size(), 2u);
  EXPECT_EQ(wanted[0].path, "a.wasm");
  EXPECT_THAT(wanted[0].memory_bytes_max, ElementsAre(1u));
  EXPECT_THAT(wanted[1].memory_bytes_max, ElementsAre(0u));
}

}  // namespace
}  // namespace wagi::supervisor
