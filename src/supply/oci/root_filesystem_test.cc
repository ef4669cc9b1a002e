#include "supply/oci/root_filesystem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/file.h"
#include "base/sha256.h"
#include "supply/archive/testing.h"
#include "supply/oci/wasm.h"

namespace wagi::oci {
namespace {

using testing::HasSubstr;

// A file that begins as a module does.
std::string wasm(const std::string& rest) { return std::string(kWasmMagic) + rest; }

using Entry = archive::TestEntry;

class RootFilesystemTest : public testing::Test {
 protected:
  std::string archive(const std::vector<Entry>& entries, int filter = ARCHIVE_FILTER_GZIP) {
    const std::string path = directory_.path() + "/layer" + std::to_string(layers_++) + ".tar";
    archive::writeArchive(path, entries, filter);
    return path;
  }
  Result<TakenModule> take(const std::vector<std::string>& archives,
                           const std::vector<std::string>& programs = {},
                           const ArchiveLimits& limits = {}) {
    const auto found = modulesIn(archives, limits);
    if (!found) return std::unexpected(found.error());
    const auto path = chooseModule(*found, programs);
    if (!path) return std::unexpected(path.error());
    return takeModule(archives, *found, *path, store_, limits);
  }
  std::string failure(const std::vector<std::string>& archives, const ArchiveLimits& limits = {}) {
    const auto taken = take(archives, {}, limits);
    return taken ? "none" : taken.error().message;
  }
  // The bytes behind the magic ones of the module that takeModule() takes.
  std::string taken(const std::vector<std::string>& archives,
                    const std::vector<std::string>& programs = {}) {
    const auto module = take(archives, programs);
    if (!module) return module.error().message;
    std::ifstream file(store_.find(module->digest).value(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    EXPECT_TRUE(bytes.starts_with(kWasmMagic));
    return bytes.substr(kWasmMagic.size());
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  store::Store store_ = store::Store::open(directory_.path() + "/store").value();
  int layers_ = 0;
};

TEST_F(RootFilesystemTest, TakesTheOneModule) {
  for (const int filter : {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD}) {
    const auto module = take({archive(
        {{"./etc/", "", AE_IFDIR}, {"./etc/x", "text"}, {"./app/main.wasm", wasm("module")}},
        filter)});
    ASSERT_TRUE(module) << module.error().message;
    EXPECT_EQ(module->digest, sha256Hex(wasm("module")));
    EXPECT_EQ(module->is_new, filter == ARCHIVE_FILTER_NONE);
  }
}

TEST_F(RootFilesystemTest, LaterLayersChangeEarlierOnes) {
  const std::string base =
      archive({{"a/one.wasm", wasm("1")}, {"a/b/two.wasm", wasm("2")}, {"x", "text"}});
  EXPECT_THAT(failure({base}), HasSubstr("it has 2: /a/b/two.wasm, /a/one.wasm"));
  EXPECT_EQ(taken({base, archive({{"a/.wh.one.wasm"}})}), "2");
  EXPECT_EQ(taken({base, archive({{"a/b/.wh..wh..opq"}})}), "1");
  EXPECT_EQ(taken({base, archive({{"a/.wh.b"}})}), "1");
  EXPECT_EQ(taken({base, archive({{"a/b", "a file now"}})}), "1");
  EXPECT_EQ(taken({base, archive({{"a/one.wasm", "", AE_IFLNK, "/etc/passwd"}})}), "2");
  EXPECT_EQ(taken({base, archive({{".wh.a"}, {"new.wasm", wasm("3")}})}), "3");
  EXPECT_EQ(taken({base, archive({{"a/.wh..wh..opq"}, {"a/one.wasm", wasm("4")}})}), "4");
  EXPECT_EQ(taken({base, archive({{"a/one.wasm", wasm("4")}, {"a/.wh..wh..opq"}})}), "4")
      << "whatever the order in the layer";
  EXPECT_EQ(taken({base, archive({{".wh.a"}}), archive({{"a/one.wasm", wasm("5")}})}), "5");
}

TEST_F(RootFilesystemTest, TheLastOfOneName) {
  EXPECT_EQ(taken({archive({{"m.wasm", wasm("first")}, {"m.wasm", wasm("second")}})}), "second");
}

// A file is a module if it begins as one, whatever its name is.
TEST_F(RootFilesystemTest, AModuleIsKnownByItsBytes) {
  EXPECT_EQ(taken({archive({{"bin/app", wasm("1")}, {"readme", "text"}, {"a.wasm", "text"}})}),
            "1");
  EXPECT_EQ(taken({archive({{"bin/app", wasm("1")}, {"main.wasm", wasm("2")}})}), "2")
      << "the one that is called .wasm";
  EXPECT_THAT(failure({archive({{"a.wasm", "text"}, {"b.wasm", ""}})}),
              HasSubstr("none by their bytes: /a.wasm, /b.wasm"));
  EXPECT_THAT(failure({archive({{"a", wasm("1")}, {"b", wasm("2")}})}),
              HasSubstr("with an Entrypoint that names one, it has 2: /a, /b"));
}

TEST_F(RootFilesystemTest, OfSeveralModulesThatWhichTheImageRuns) {
  const std::string two = archive({{"app", wasm("1")}, {"lib/b.wasm", wasm("2")}});
  EXPECT_EQ(taken({two}, {"app"}), "1");
  EXPECT_EQ(taken({two}, {"usr/bin/runtime", "lib/b.wasm", "app"}), "2");
  EXPECT_EQ(taken({two}, {"none"}), "2");
  EXPECT_EQ(taken({archive({{"app",
                             "\x7f"
                             "ELF"},
                            {"b.wasm", wasm("2")}})},
                  {"app"}),
            "2");
}

TEST_F(RootFilesystemTest, WithoutAModule) {
  EXPECT_THAT(failure({archive({{"bin/sh", "x"}})}), HasSubstr("it has none"));
  EXPECT_THAT(failure({archive({{"m.wasm", "", AE_IFLNK, "/etc/passwd"}})}),
              HasSubstr("it has none"));
  EXPECT_THAT(failure({archive({{"m.wasm", "", AE_IFDIR}})}), HasSubstr("it has none"));
}

TEST_F(RootFilesystemTest, PathsThatLeaveIt) {
  EXPECT_THAT(failure({archive({{"../../m.wasm", "x"}})}), HasSubstr("'../../m.wasm'"));
}

TEST_F(RootFilesystemTest, WhatIsNoArchive) {
  const std::string path = directory_.path() + "/nonsense";
  for (const std::string& bytes : {std::string(3000, 'x'), std::string("<html></html>")}) {
    std::ofstream(path, std::ios::trunc) << bytes;
    EXPECT_THAT(failure({path}), HasSubstr("layers[0]: expected a tar archive"));
  }
  const std::string good = archive({{"m.wasm", std::string(100'000, 'x')}}, ARCHIVE_FILTER_NONE);
  std::filesystem::resize_file(good, 50'000);
  EXPECT_THAT(failure({good}), HasSubstr("layers[0]"));
}

TEST_F(RootFilesystemTest, ABombIsNotUnpacked) {
  const std::string bomb = archive({{"m.wasm", wasm(std::string(8 << 20, '\0'))}});
  EXPECT_LT(std::filesystem::file_size(bomb), 20'000u);
  EXPECT_THAT(failure({bomb}, {.unpacked_bytes_max = 1 << 20}),
              HasSubstr("more than 1048576 bytes"));
  EXPECT_THAT(failure({bomb}, {.module_bytes_max = 1 << 20}), HasSubstr("limit of 1048576"));
  const std::string half = archive({{"a", std::string(600'000, '\0')}});
  EXPECT_THAT(failure({half, half}, {.unpacked_bytes_max = 1 << 20}), HasSubstr("layers[1]"));
  const std::string many = archive({{"a"}, {"b"}, {"c"}, {"m.wasm", "x"}});
  EXPECT_THAT(failure({many}, {.entries_max = 3}), HasSubstr("more than 3 files"));
}

}  // namespace
}  // namespace wagi::oci
