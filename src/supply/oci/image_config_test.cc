#include "supply/oci/image_config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::oci {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ProgramsIn, EntrypointThenCommandAsPathsInTheImage) {
  EXPECT_THAT(programsIn(R"({"config": {"Entrypoint": ["/app"], "Cmd": ["./b.wasm", "-v"]}})"),
              ElementsAre("app", "b.wasm", "-v"));
  EXPECT_THAT(programsIn(R"({"config": {"WorkingDir": "/srv", "Cmd": ["a.wasm", "/b.wasm"]}})"),
              ElementsAre("srv/a.wasm", "b.wasm"));
  EXPECT_THAT(programsIn(R"({"config": {"Entrypoint": ["/app.wasm#run"]}})"),
              ElementsAre("app.wasm"));
}

TEST(ProgramsIn, NothingOfWhatSaysNothing) {
  for (const char* config :
       {"", "{", "[]", "{}", R"({"config": 1})", R"({"config": {}})",
        R"({"config": {"Entrypoint": null, "Cmd": "app"}})", R"({"Entrypoint": ["/app"]})",
        R"({"config": {"Entrypoint": [1, "", "/", "../app", "a/../../b"]}})"}) {
    EXPECT_THAT(programsIn(config), IsEmpty()) << config;
  }
}

TEST(ProgramsIn, NoMoreWordsThanAreNeeded) {
  std::string words = "\"a\"";
  for (std::size_t i = 0; i < kProgramWordsMax; ++i) words += ", \"a\"";
  EXPECT_EQ(programsIn(fmt::format(R"({{"config": {{"Cmd": [{}]}}}})", words)).size(),
            kProgramWordsMax);
}

}  // namespace
}  // namespace wagi::oci
