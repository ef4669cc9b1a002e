#include "config/toml_depth.h"

#include <gtest/gtest.h>

#include <string>

namespace wagi::config {
namespace {

TEST(TomlDepthTest, UsualFilesAreShallow) {
  EXPECT_EQ(lineOfDeepKey("[a.b.c]\nd.e = 1.5\nf = {g.h = [1.0, 2.0, 3.0, 4.0]}\n", 3), 0u);
  EXPECT_EQ(lineOfDeepKey("", 3), 0u);
}

TEST(TomlDepthTest, DeepKeyIsFoundOnItsLine) {
  EXPECT_EQ(lineOfDeepKey("a = 1\n[a.b.c.d]\n", 3), 2u);
  EXPECT_EQ(lineOfDeepKey("a = {b.\"c\".'d'.e = 1}", 3), 1u);
  EXPECT_EQ(lineOfDeepKey("\n\na . b . c . d = 1", 3), 3u);
  EXPECT_EQ(lineOfDeepKey("a = \"\"\"x\n\"\"\"\nb.c.d.e = 1", 3), 3u);
}

TEST(TomlDepthTest, DotsInStringsAndCommentsDontCount) {
  EXPECT_EQ(lineOfDeepKey("# a.b.c.d.e\na = '1.2.3.4.5' # a.b.c.d.e\n", 3), 0u);
  EXPECT_EQ(lineOfDeepKey(R"(a = "\".....\\" # "....)", 3), 0u);
  EXPECT_EQ(lineOfDeepKey("a = '''\n.....\n'.....''.....'''", 3), 0u);
  EXPECT_EQ(lineOfDeepKey("a = \"\"\"\n.....\"\"....\\\"\"\"....\"\"\"", 3), 0u);
}

// Two more quotes may stand before the closing ones; what follows them is outside again.
TEST(TomlDepthTest, QuotesAtTheEndOfAStringHideNothing) {
  EXPECT_EQ(lineOfDeepKey("a = [\"\"\"x\"\"\"\", {b.c.d.e = 1}]", 3), 1u);
  EXPECT_EQ(lineOfDeepKey("a = ['''x''''', {b.c.d.e = 1}]", 3), 1u);
}

TEST(TomlDepthTest, UnclosedStringsEnd) {
  EXPECT_EQ(lineOfDeepKey("a = \"x", 3), 0u);
  EXPECT_EQ(lineOfDeepKey("a = \"\\", 3), 0u);
  EXPECT_EQ(lineOfDeepKey("a = '\nb.c.d.e = 1", 3), 2u);
}

}  // namespace
}  // namespace wagi::config
