#include "config/application.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "config/write.h"

namespace wagi::config {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

Module good(const std::string& route = "/a") {
  Module module;
  module.route = route;
  module.module = "a.wasm";
  module.place = {"HIPPOFACTS", 4, 1};
  module.module_place = {"HIPPOFACTS", 5, 8};
  return module;
}

std::string mistakesOf(std::vector<Module> modules) {
  Application application{.modules = std::move(modules), .files = {}, .warnings = {}};
  const auto checked = check(application);
  return checked ? "none" : text(checked.error());
}

std::string mistakeAfter(const std::function<void(Module&)>& change) {
  Module module = good();
  change(module);
  return mistakesOf({module});
}

TEST(ApplicationTest, MistakesAreAtTheirModules) {
  EXPECT_EQ(mistakesOf({good()}), "none");
  EXPECT_EQ(mistakesOf({}), "there is no module, so there is nothing to serve");
  EXPECT_EQ(mistakeAfter([](Module& m) { m.route = "a"; }),
            "HIPPOFACTS:4:1: the route `a` must begin with '/'");
  EXPECT_EQ(mistakeAfter([](Module& m) { m.module = ""; }),
            "HIPPOFACTS:5:8: `module` must not be empty");
  EXPECT_EQ(mistakeAfter([](Module& m) {
              m.volumes = {{.guest = "../x", .host = "/", .place = {"HIPPOFACTS", 6, 2}}};
            }),
            "HIPPOFACTS:6:2: `volumes`: a guest's path must not contain `..`");
  EXPECT_EQ(mistakeAfter([](Module& m) { m.place = {.file = "bindle a/1.0.0"}, m.argv = "${X"; }),
            "bindle a/1.0.0: `argv` has `${X` without its '}'");
  Module other = good("b");
  EXPECT_EQ(mistakesOf({good("a"), other}),
            "HIPPOFACTS:4:1: the route `a` must begin with '/'\n"
            "HIPPOFACTS:4:1: the route `b` must begin with '/'");
}

TEST(ApplicationTest, WhatHasNoEffectIsWarnedOf) {
  Module many = good("/a");
  many.http_max_concurrency = 5'000;
  Module placeless = good("/healthz");
  placeless.place = placeless.module_place = {.file = "bindle a/1.0.0"};
  Application application{
      .modules = {good("/a"), many, placeless, placeless}, .files = {}, .warnings = {}};
  ASSERT_TRUE(check(application));
  EXPECT_EQ(application.modules[1].http_max_concurrency, 1'000u);
  EXPECT_EQ(
      text(application.warnings),
      "HIPPOFACTS:4:1: `http_max_concurrency` is 5000, and 1000 is taken: the most\n"
      "bindle a/1.0.0: the route `/healthz` is never reached: the server answers there\n"
      "bindle a/1.0.0: the route `/healthz` is never reached: the server answers there\n"
      "HIPPOFACTS:4:1: the route `/a` is never reached: the module of line 4 has the same one, "
      "and the first wins\n"
      "bindle a/1.0.0: the route `/healthz` is never reached: another module has the same one, "
      "and the first wins");
}

// Modules of which some values are ones that parse() refuses.
class Values {
 public:
  explicit Values(unsigned seed) : random_(seed) {}

  Module module() {
    Module m;
    m.route = one({"/a", "/a/...", "/healthz", "/a b", "a", "/a/.../b", ""s, "/\n", "/\xff"});
    m.module = one({"a.wasm", "oci://x/y:1", "a\"b", "", "a\0b"s, "\xff"});
    m.entrypoint = one({"_start", "main", "", "\xff"});
    if (rarely()) m.argv = one({"${ARGS}", "", "${X}", "${", "\0"s, "\xfe"});
    if (rarely()) m.bindle_server = one({"http://x", "", "\xff"});
    for (auto left = below(3); left > 0; --left) {
      m.volumes.push_back({.guest = one({"/", "/a", "a", "/a/../b", "", "\xff", "/b\0"s}),
                           .host = one({"x", "", "\0"s, "\xff"}),
                           .read_only = rarely(),
                           .place = {}});
    }
    for (auto left = below(3); left > 0; --left) {
      m.environment.emplace_back(std::to_string(left) + one({"", "A", "=", "\0"s, "\xff"}),
                                 one({"1", "", "\0"s, "\xff"}));
    }
    for (auto left = below(3); left > 0; --left) {
      m.allowed_hosts.push_back(one({"https://a", "insecure:allow-all", "ftp://", "", "\xff"}));
    }
    if (rarely()) m.http_max_concurrency = number();
    if (rarely()) m.limits.memory_bytes_max = number();
    if (rarely()) m.limits.cpu_ms_max = number();
    if (rarely()) m.limits.wall_ms_max = number();
    if (rarely()) m.limits.body_bytes_max = number();
    if (rarely()) m.limits.concurrency_max = number();
    if (rarely()) m.limits.keeps_instances = false;
    return m;
  }

 private:
  std::uint64_t below(std::uint64_t most) { return random_() % most; }
  bool rarely() { return below(5) == 0; }
  // The first ones, which are good, most of the time.
  std::string one(const std::vector<std::string>& values) {
    return values[below(30) == 0 ? below(values.size()) : below(2)];
  }
  std::uint64_t number() {
    const std::vector<std::uint64_t> numbers{0,
                                             1,
                                             999,
                                             1'001,
                                             UINT32_MAX,
                                             UINT32_MAX + 1ULL,
                                             1'000'000'000'000,
                                             1'000'000'000'001,
                                             INT64_MAX,
                                             UINT64_MAX};
    return numbers[below(numbers.size())];
  }
  std::mt19937_64 random_;
};

TEST(ApplicationTest, WhatAFileMayNotSayNobodyMay) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Values values(seed);
  int refused = 0;
  constexpr int kRounds = 3'000;
  for (int round = 0; round < kRounds && !testing::Test::HasFailure(); ++round) {
    Application application;
    application.modules = {values.module(), values.module()};
    const auto written = write(application.modules);
    const auto parsed = written ? parse(*written, "m.toml")
                                : std::unexpected(std::vector{Diagnostic{{}, "can't be written"}});
    const auto checked = check(application);
    refused += parsed ? 0 : 1;
    ASSERT_EQ(parsed.has_value(), checked.has_value())
        << written.value_or("") << "\n"
        << (parsed ? "" : text(parsed.error())) << "\n"
        << (checked ? "" : text(checked.error()));
    if (!parsed) continue;
    EXPECT_EQ(parsed->warnings.size(), application.warnings.size()) << *written;
  }
  EXPECT_GT(refused, kRounds / 10);
  EXPECT_LT(refused, kRounds);
}

}  // namespace
}  // namespace wagi::config
