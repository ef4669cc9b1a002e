// Tests names of every sort: valid ones, long ones, and such that only look like "..".
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/walk.h"
#include "guest/wasi/sandbox_testing.h"

namespace wagi::wasi {
namespace {

using namespace std::string_literals;

class NamesTest : public SandboxTest {
 protected:
  // The errno for `path` of each function that takes a path.
  std::vector<std::pair<const char*, Errno>> everywhere(const std::string& path) {
    return {{"open", guest().tryOpen(path)},
            {"create", guest().tryOpen(path, kOflagsCreat, rights::kFdWrite)},
            {"stat", tryStat(path)},
            {"times", setTimes(path, 1, 1, 5)},
            {"readlink", readlink(path)},
            {"mkdir", guest().path("path_create_directory", path)},
            {"rmdir", guest().path("path_remove_directory", path)},
            {"unlink", guest().path("path_unlink_file", path)},
            {"rename from", rename(path, "x")},
            {"rename to", rename("inside/file", path)},
            {"link from", link(path, "x")},
            {"link to", link("inside/file", path)},
            {"symlink", symlink("x", path)}};
  }
  void expectEverywhere(Errno expected, const std::string& path) {
    for (const auto& [function, error] : everywhere(path)) {
      EXPECT_EQ(error, expected) << function << ": " << path.substr(0, 100);
    }
    guest().reset();
  }
};

TEST_P(NamesTest, WhatIsNoPathIsNoneAnywhere) {
  expectEverywhere(Errno::kNoent, "");
  expectEverywhere(Errno::kInval, "inside\0file"s);
  expectEverywhere(Errno::kInval, "inside/file\0"s);
  expectEverywhere(Errno::kInval, "\0"s);
  expectEverywhere(Errno::kInval, "..\0/outside/secret"s);
  expectEverywhere(Errno::kNotcapable, "/");
  expectEverywhere(Errno::kNotcapable, "//");
  expectEverywhere(Errno::kNotcapable, "/inside/file");
  expectEverywhere(Errno::kNametoolong, std::string(kPathBytesMax, 'a'));
  expectEverywhere(Errno::kNametoolong, std::string(10'000, 'a'));
  expectEverywhere(Errno::kNametoolong, std::string(256, 'a'));
  expectEverywhere(Errno::kNametoolong, "inside/" + std::string(256, 'a'));
  expectEverywhere(Errno::kNametoolong, std::string(256, 'a') + "/x");
}

// Preview 1's paths are UTF-8, which has no two bytes for '.' or '/', as some decoders accept.
TEST_P(NamesTest, WhatIsNotUtf8IsNoPath) {
  for (const std::string path : {"\xff", "inside/\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                 "\xc0\xae\xc0\xae/outside/secret", "..\xc0\xafoutside",
                                 "\xe0\x80\xae\xe0\x80\xae/outside/secret"}) {
    expectEverywhere(Errno::kIlseq, path);
    EXPECT_EQ(symlink(path, "new"), Errno::kIlseq);
  }
  EXPECT_FALSE(exists("volume/new"));
}

// Only "..", '/' and NUL have a meaning in a path.
TEST_P(NamesTest, NoOtherNameLeadsUp) {
  for (const std::string path :
       {"..\n/outside/secret", ".. /outside/secret", " ../outside/secret", ".../outside/secret",
        "..\\outside\\secret", "..%2foutside%2fsecret", "%2e%2e/outside/secret",
        "\u2025/outside/secret", "\uff0e\uff0e/outside/secret", "..\u2215outside\u2215secret",
        "~/secret", "inside/..;/outside/secret", "C:/outside", "file:///etc/passwd"}) {
    EXPECT_EQ(guest().tryOpen(path), Errno::kNoent) << path;
    EXPECT_EQ(tryStat(path), Errno::kNoent) << path;
  }
  EXPECT_EQ(guest().tryOpen("..\\outside", kOflagsCreat, rights::kFdWrite), Errno::kSuccess);
  EXPECT_TRUE(exists("volume/..\\outside")) << "a name as any other";
}

TEST_P(NamesTest, EveryOtherByteIsPartOfAName) {
  std::string all;
  for (int c = 1; c < 128; ++c) {
    if (c != '/') all.push_back(static_cast<char>(c));
  }
  for (const std::string& name : {all, "a\nb"s, "\n"s, "-rf"s, "..."s, " "s, "\x7f"s,
                                  "\u00e9\u20ac\U0001f600"s, "e\u0301"s, std::string(255, 'n')}) {
    EXPECT_EQ(guest().tryOpen(name, kOflagsCreat | kOflagsExcl, rights::kFdWrite), Errno::kSuccess)
        << name;
    EXPECT_TRUE(exists("volume/" + name)) << name;
    EXPECT_EQ(rename(name, "moved"), Errno::kSuccess) << name;
    EXPECT_EQ(link("moved", name), Errno::kSuccess) << name;
    EXPECT_EQ(guest().path("path_unlink_file", name), Errno::kSuccess) << name;
    EXPECT_EQ(guest().path("path_unlink_file", "moved"), Errno::kSuccess) << name;
  }
  EXPECT_EQ(guest().tryOpen("Inside/file"), Errno::kNoent) << "case matters";
}

TEST_P(NamesTest, LongPathsAreWalkedToTheirEnd) {
  std::string dots, circles, missing;
  for (int i = 0; i < 2000; ++i) dots += "./";
  for (int i = 0; i < 400; ++i) circles += "inside/../";
  for (int i = 0; i < 2000; ++i) missing += "a/";
  EXPECT_EQ(guest().read(guest().open(dots + "inside/file")), "file");
  EXPECT_EQ(guest().read(guest().open(circles + "inside/file")), "file");
  EXPECT_EQ(guest().tryOpen(missing), Errno::kNoent);
  EXPECT_EQ(guest().tryOpen(std::string(4000, '/') + "x"), Errno::kNotcapable);
  EXPECT_EQ(guest().read(guest().open("inside" + std::string(4000, '/') + "file")), "file");
  const std::string longest =
      "inside" + std::string(kPathBytesMax - 1 - std::string("insidefile").size(), '/') + "file";
  EXPECT_EQ(longest.size(), kPathBytesMax - 1);
  EXPECT_EQ(tryStat(longest), Errno::kSuccess);
  EXPECT_EQ(tryStat("." + ("/" + longest)), Errno::kNametoolong);
}

TEST_P(NamesTest, FortyLinksAreFollowedAndNoMore) {
  EXPECT_EQ(symlink("inside/file", "l0"), Errno::kSuccess);
  for (std::size_t i = 1; i <= kSymlinksMax; ++i) {
    EXPECT_EQ(symlink("l" + std::to_string(i - 1), "l" + std::to_string(i)), Errno::kSuccess);
  }
  EXPECT_EQ(guest().tryOpen("l" + std::to_string(kSymlinksMax - 1)), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen("l" + std::to_string(kSymlinksMax)), Errno::kLoop);
  EXPECT_EQ(tryStat("l" + std::to_string(kSymlinksMax)), Errno::kSuccess) << "the link itself";
  EXPECT_EQ(symlink(".", "here"), Errno::kSuccess);
  std::string through;
  for (std::size_t i = 0; i < kSymlinksMax; ++i) through += "here/";
  EXPECT_EQ(guest().tryOpen(through + "inside/file"), Errno::kSuccess);
  EXPECT_EQ(guest().tryOpen(through + "here/inside/file"), Errno::kLoop);
}

// Each link here names the next many times, which would take 2^40 steps to follow.
TEST_P(NamesTest, LinksThatMultiplyEnd) {
  EXPECT_EQ(symlink("inside", "m0"), Errno::kSuccess);
  for (int i = 1; i < 40; ++i) {
    const std::string before = "m" + std::to_string(i - 1);
    EXPECT_EQ(symlink(fmt::format("{0}/../{0}", before), fmt::format("m{}", i)), Errno::kSuccess);
  }
  EXPECT_EQ(guest().tryOpen("m39/file"), Errno::kLoop);
  EXPECT_EQ(guest().tryOpen("m3/file"), Errno::kSuccess);
}

// The host may have names that a guest can't pass; they are listed as they are.
TEST_P(NamesTest, NamesOfTheHostAreListedAsTheyAre) {
  folder_.write("volume/inside/\xff", "");
  folder_.write("volume/inside/a\nb", "");
  const U32 inside = guest().openFolder("inside");
  constexpr U32 kList = 64 << 10;
  EXPECT_EQ(guest().call("fd_readdir", {inside, kList, 4096, 0, 0}), Errno::kSuccess);
  const std::string listing = guest().text(kList, guest().load<U32>(0));
  EXPECT_THAT(listing, testing::HasSubstr("\xff"));
  EXPECT_THAT(listing, testing::HasSubstr("a\nb"));
  EXPECT_EQ(guest().tryOpen("\xff", 0, rights::kFdRead, inside), Errno::kIlseq);
  EXPECT_EQ(guest().tryOpen("a\nb", 0, rights::kFdRead, inside), Errno::kSuccess);
}

INSTANTIATE_TEST_SUITE_P(Kernels, NamesTest,
                         testing::Values(Kernel::kHasOpenat2, Kernel::kLacksOpenat2), kernelName);

}  // namespace
}  // namespace wagi::wasi
