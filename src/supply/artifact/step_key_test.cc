#include "supply/artifact/step_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "guest/engine/engine.h"

namespace wagi::artifact {
namespace {

TEST(StepKeyTest, AFileIsNamedByAllThatItsContentDependsOn) {
  const StepKey key{.step = "code", .input = "ab", .settings = "engine-1"};
  EXPECT_EQ(key.fileName(), "ab-engine-1.code");
  StepKey other = key;
  other.revision = 2;
  EXPECT_EQ(other.fileName(), "ab-engine-1-r2.code");
  other = key;
  other.step = "note";
  EXPECT_EQ(other.fileName(), "ab-engine-1.note");
}

TEST(StepKeyTest, OurStepsDependOnTheirBytesAndTheEngine) {
  EXPECT_NE(inspectKey("a"), inspectKey("b"));
  EXPECT_EQ(inspectKey("a").input, sha256Hex("a"));
  EXPECT_NE(compileKey(sha256Hex("a")), compileKey(sha256Hex("b")));
  EXPECT_NE(compileKey(sha256Hex("a")).fileName(), inspectKey("a").fileName());
  EXPECT_THAT(compileKey("").fileName(), testing::HasSubstr("wasmtime-"));
  EXPECT_EQ(compileKey("").settings, engine::Engine::fingerprint());
}

TEST(StepKeyTest, AResultIsKnownByItsName) {
  EXPECT_TRUE(isStepResult(compileKey("x").fileName()));
  EXPECT_TRUE(isStepResult(inspectKey("x").fileName()));
  for (const char* name : {"README", "a.code.tmp.abc123", "a.", "code", ""}) {
    EXPECT_FALSE(isStepResult(name)) << name;
  }
}

}  // namespace
}  // namespace wagi::artifact
