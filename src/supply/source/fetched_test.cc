#include "supply/source/fetched.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "supply/source/values.h"

namespace wagi::source {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

config::Module fullModule() {
  config::Module module;
  module.site = 1;
  module.route = "/a/...";
  module.module = "dir\xff/a.wasm";  // A path may have any bytes.
  module.entrypoint = "main";
  module.argv = "${ARGS} \"\\";
  module.volumes = {{.guest = "/",
                     .host = "store/trees/1",
                     .read_only = true,
                     .exclusive = true,
                     .place = {"HIPPOFACTS", 7, 3}},
                    {.guest = "b", .host = "c", .place = {}}};
  module.environment = {{"A", "1"}, {"A", "\n\u00e9"}};
  module.allowed_hosts = {"https://a", "https://b:1"};
  module.http_max_concurrency = 7;
  module.bindle_server = "https://c/v1";
  module.limits = {.memory_bytes_max = INT64_MAX,
                   .cpu_ms_max = 1,
                   .wall_ms_max = 2,
                   .body_bytes_max = 0,
                   .concurrency_max = 3,
                   .keeps_instances = false};
  module.place = {"HIPPOFACTS", 5, 1};
  module.module_place = {"HIPPOFACTS", 6, 9};
  return module;
}

config::Site fullSite() {
  return {.hosts = {"a.example", "*.b.example"},
          .certificate = config::Certificate{"cert.pem", "key.pem", {"HIPPOFACTS", 3, 4}},
          .place = {"HIPPOFACTS", 2, 1}};
}

Fetched full() {
  Fetched fetched;
  fetched.paths = {{"oci://a/b:1", "/store/1"}, {"bindle:c/1.0.0", "/store/2"}};
  fetched.errors = {{"oci://a/none:1", "it isn't there\n"}};
  fetched.application = {.sites = {{}, fullSite()},
                         .modules = {fullModule(), {}},
                         .files = {"HIPPOFACTS", "site/."},
                         .warnings = {{{"HIPPOFACTS", 5, 1}, "beware"}}};
  fetched.warnings = {"the stored copy is served"};
  return fetched;
}

// Expects that every value in `full` differs from its default, so that one which a message left out
// would be noticed.
template <class T>
void expectSet(const T& full, const T& by_itself, std::string_view name) {
  if constexpr (HasFields<const T>) {
    const auto compare = [](const auto& set, const auto& unset) {
      expectSet(set.value, unset.value, set.name);
    };
    [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
      const auto set = fieldsOf(full);
      const auto unset = fieldsOf(by_itself);
      (compare(std::get<kIndex>(set), std::get<kIndex>(unset)), ...);
    }(std::make_index_sequence<std::tuple_size_v<decltype(fieldsOf(full))>>());
  } else {
    EXPECT_NE(full, by_itself) << name;
  }
}

TEST(FetchedTest, AMessageLeavesNothingOut) {
  expectSet(fullModule(), {}, "module");
  expectSet(fullSite(), {}, "site");
  expectSet(*fullSite().certificate, {}, "certificate");
  expectSet(fullModule().volumes[0], {}, "volume");
  expectSet(*full().application, {}, "application");
  expectSet(full().application->warnings[0], {}, "warning");
  EXPECT_EQ(Fetched::deserialize(full().serialize()).value(), full());
  EXPECT_EQ(Fetched::deserialize(Fetched().serialize()).value(), Fetched());
  Fetched nothing_to_serve;
  nothing_to_serve.application.emplace();
  EXPECT_EQ(Fetched::deserialize(nothing_to_serve.serialize()).value(), nothing_to_serve);
}

class PlacesTest : public testing::Test {
 protected:
  PlacesTest() {
    for (const char* folder : {"store", "project", "outside"}) {
      std::filesystem::create_directory(path(folder));
      std::ofstream(path(folder) + "/file") << folder;
    }
    std::filesystem::create_directory_symlink(path("outside"), path("store/link"));
  }
  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
  std::string errorOf(const Fetched& fetched) const {
    const auto good = fetched.checkPlaces({path("store"), path("project")});
    return good ? "none" : good.error().message;
  }

  TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST_F(PlacesTest, WhatIsBelowTheRootsIsGood) {
  Fetched fetched;
  fetched.paths["oci://a/b:1"] = path("store/file");
  config::Module module;
  module.module = path("project/file");
  module.volumes = {{.guest = "/", .host = path("store"), .place = {}}};
  fetched.application = {.modules = {module}, .files = {}, .warnings = {}};
  EXPECT_EQ(errorOf(fetched), "none");
  EXPECT_EQ(errorOf({}), "none");
}

TEST_F(PlacesTest, WhatIsElsewhereIsRefused) {
  for (const std::string& name :
       {path("outside/file"), path("store/../outside"), path("store/link"), path("store/link/file"),
        path("storehouse"), folder_.path(), "/"s, "oci://a/b:1"s, ""s}) {
    Fetched by_path;
    by_path.paths["oci://a/b:1"] = name;
    EXPECT_THAT(errorOf(by_path), HasSubstr("which it may not")) << name;
    config::Module module;
    module.module = path("store/file");
    module.volumes = {{.guest = "/", .host = name, .place = {}}};
    Fetched by_volume;
    by_volume.application = {.modules = {module}, .files = {}, .warnings = {}};
    EXPECT_THAT(errorOf(by_volume), HasSubstr("which it may not")) << name;
  }
}

TEST(FetchedTest, NonsenseIsAnError) {
  const std::string good = full().serialize();
  for (const std::string& bytes : {""s, "x"s, "{}"s, "\xa0"s, good.substr(0, good.size() / 2),
                                   good + "x", "\x83\x01\x02\x03"s}) {
    const auto fetched = Fetched::deserialize(bytes);
    ASSERT_FALSE(fetched) << bytes;
    EXPECT_THAT(fetched.error().message, HasSubstr("answered nonsense"));
  }
}

}  // namespace
}  // namespace wagi::source
