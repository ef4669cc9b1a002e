#include "cli/folder.h"

#include <gtest/gtest.h>

namespace wagi::cli {
namespace {

std::string parsed(std::string_view text) {
  const auto folder = parseFolder(text);
  if (!folder) return "mistake";
  return folder->host + " as " + folder->guest + (folder->read_only ? " to read" : "");
}

TEST(Folder, HasAHostAndAGuestPath) {
  EXPECT_EQ(parsed("data"), "data as data");
  EXPECT_EQ(parsed("/srv/data::/data"), "/srv/data as /data");
  EXPECT_EQ(parsed("a:b::/c:d"), "a:b as /c:d");
  EXPECT_EQ(parsed(".::/"), ". as /");
}

TEST(Folder, MayBeReadOnly) {
  EXPECT_EQ(parsed("data:ro"), "data as data to read");
  EXPECT_EQ(parsed("data::/data:ro"), "data as /data to read");
}

TEST(Folder, NeedsBothPaths) {
  for (const auto text : {"", "::", "::/data", "data::", ":ro", "data:::ro"}) {
    EXPECT_EQ(parsed(text), "mistake") << text;
  }
}

}  // namespace
}  // namespace wagi::cli
