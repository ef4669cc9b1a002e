#include "oci/root_filesystem.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/file.h"
#include "base/sha256.h"

namespace wagi::oci {
namespace {

using testing::HasSubstr;

struct Entry {
  std::string path;
  std::string bytes{};
  unsigned type = AE_IFREG;
};

class RootFilesystemTest : public testing::Test {
 protected:
  std::string archive(const std::vector<Entry>& entries, int filter = ARCHIVE_FILTER_GZIP) {
    const std::string path = directory_.path() + "/layer" + std::to_string(layers_++) + ".tar";
    ::archive* writer = archive_write_new();
    archive_write_set_format_pax_restricted(writer);
    archive_write_add_filter(writer, filter);
    EXPECT_EQ(archive_write_open_filename(writer, path.c_str()), ARCHIVE_OK);
    for (const Entry& item : entries) {
      archive_entry* entry = archive_entry_new();
      archive_entry_set_pathname(entry, item.path.c_str());
      archive_entry_set_filetype(entry, item.type);
      archive_entry_set_perm(entry, 0644);
      if (item.type == AE_IFLNK) archive_entry_set_symlink(entry, "/etc/passwd");
      archive_entry_set_size(entry, static_cast<la_int64_t>(item.bytes.size()));
      EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
      archive_write_data(writer, item.bytes.data(), item.bytes.size());
      archive_entry_free(entry);
    }
    archive_write_free(writer);
    return path;
  }
  std::string failure(const std::vector<std::string>& archives, const ArchiveLimits& limits = {}) {
    const auto found = takeModule(archives, store_, limits);
    return found ? "none" : found.error().message;
  }
  // The module's bytes.
  std::string taken(const std::vector<std::string>& archives) {
    const auto found = takeModule(archives, store_, {});
    if (!found) return found.error().message;
    std::ifstream file(store_.find(found->digest).value(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  store::Store store_ = store::Store::open(directory_.path() + "/store").value();
  int layers_ = 0;
};

TEST_F(RootFilesystemTest, TakesTheOneModule) {
  for (const int filter : {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD}) {
    const auto found = takeModule(
        {archive({{"./etc/", "", AE_IFDIR}, {"./etc/x", "text"}, {"./app/main.wasm", "module"}},
                 filter)},
        store_, {});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->path, "app/main.wasm");
    EXPECT_EQ(found->digest, sha256Hex("module"));
  }
}

TEST_F(RootFilesystemTest, LaterLayersChangeEarlierOnes) {
  const std::string base = archive({{"a/one.wasm", "1"}, {"a/b/two.wasm", "2"}, {"x", "text"}});
  EXPECT_THAT(failure({base}), HasSubstr("it has 2: /a/b/two.wasm, /a/one.wasm"));
  EXPECT_EQ(taken({base, archive({{"a/.wh.one.wasm"}})}), "2");
  EXPECT_EQ(taken({base, archive({{"a/b/.wh..wh..opq"}})}), "1");
  EXPECT_EQ(taken({base, archive({{"a/.wh.b"}})}), "1");
  EXPECT_EQ(taken({base, archive({{"a/b", "a file now"}})}), "1");
  EXPECT_EQ(taken({base, archive({{"a/one.wasm", "", AE_IFLNK}})}), "2");
  EXPECT_EQ(taken({base, archive({{".wh.a"}, {"new.wasm", "3"}})}), "3");
  EXPECT_EQ(taken({base, archive({{"a/.wh..wh..opq"}, {"a/one.wasm", "4"}})}), "4");
  EXPECT_EQ(taken({base, archive({{"a/one.wasm", "4"}, {"a/.wh..wh..opq"}})}), "4")
      << "whatever the order in the layer";
  EXPECT_EQ(taken({base, archive({{".wh.a"}}), archive({{"a/one.wasm", "5"}})}), "5");
}

TEST_F(RootFilesystemTest, TheLastOfOneName) {
  EXPECT_EQ(taken({archive({{"m.wasm", "first"}, {"m.wasm", "second"}})}), "second");
}

TEST_F(RootFilesystemTest, WithoutAModule) {
  EXPECT_THAT(failure({archive({{"bin/sh", "x"}})}), HasSubstr("it has none"));
  EXPECT_THAT(failure({archive({{"m.wasm", "", AE_IFLNK}})}), HasSubstr("it has none"));
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
  const std::string bomb = archive({{"m.wasm", std::string(8 << 20, '\0')}});
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
