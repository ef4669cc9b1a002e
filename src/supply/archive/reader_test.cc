#include "supply/archive/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "base/file.h"
#include "supply/archive/testing.h"

namespace wagi::archive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Limits kLarge{1ULL << 30, 1'000};

class ReaderTest : public testing::Test {
 protected:
  std::string write(const std::vector<TestEntry>& entries, int filter = ARCHIVE_FILTER_GZIP) {
    std::string path = directory_.path() + "/" + std::to_string(archives_++) + ".tar";
    writeArchive(path, entries, filter);
    return path;
  }
  // Each entry as "PATH KIND BYTES", or the error.
  static std::vector<std::string> all(const std::string& path, Packing packing = Packing::kAny,
                                      const Limits& limits = kLarge) {
    auto reader = Reader::open(path, packing, limits);
    if (!reader) return {reader.error().message};
    std::vector<std::string> found;
    for (;;) {
      const auto more = reader->next();
      if (!more) return {more.error().message};
      if (!*more) return found;
      std::string bytes;
      const auto read = reader->read([&](std::string_view piece) -> Result<void> {
        bytes += piece;
        return {};
      });
      if (!read) return {read.error().message};
      constexpr std::string_view kKinds[] = {"file", "folder", "other"};
      found.push_back(std::string(reader->path()) + " " +
                      std::string(kKinds[static_cast<std::size_t>(reader->kind())]) + " " + bytes);
    }
  }
  static Result<Used> pass(const std::string& path, const Limits& limits, Used used = {}) {
    auto reader = Reader::open(path, Packing::kAny, limits, used);
    if (!reader) return std::unexpected(reader.error());
    for (;;) {
      const auto more = reader->next();
      if (!more) return std::unexpected(more.error());
      if (!*more) return reader->used();
    }
  }
  static std::string failure(const std::string& path, const Limits& limits, Used used = {}) {
    const auto passed = pass(path, limits, used);
    return passed ? "none" : passed.error().message;
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  int archives_ = 0;
};

TEST_F(ReaderTest, HandsOutEachEntry) {
  const std::vector<TestEntry> entries = {{"a/", "", AE_IFDIR},
                                          {"./a/one", "1"},
                                          {"../two", std::string(300'000, 'x')},
                                          {"link", "", AE_IFLNK, "/etc/passwd"},
                                          {"again", "", AE_IFREG, "./a/one"},
                                          {"empty"}};
  for (const int filter : {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD}) {
    EXPECT_THAT(
        all(write(entries, filter)),
        ElementsAre("a/ folder ", "./a/one file 1", "../two file " + std::string(300'000, 'x'),
                    "link other ", "again other ", "empty file "));
  }
}

TEST_F(ReaderTest, OnlyWhatIsAskedForIsUnpacked) {
  const std::vector<TestEntry> entries = {{"a", "1"}};
  EXPECT_THAT(all(write(entries, ARCHIVE_FILTER_NONE), Packing::kGzip), ElementsAre("a file 1"));
  EXPECT_THAT(all(write(entries, ARCHIVE_FILTER_GZIP), Packing::kGzip), ElementsAre("a file 1"));
  for (const int filter : {ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ}) {
    EXPECT_THAT(all(write(entries, filter), Packing::kGzip),
                ElementsAre(HasSubstr("expected a tar archive")));
  }
  EXPECT_THAT(all(write(entries, ARCHIVE_FILTER_BZIP2)),
              ElementsAre(HasSubstr("expected a tar archive")));
}

TEST_F(ReaderTest, WhatIsNoArchive) {
  const std::string path = directory_.path() + "/nonsense";
  for (const std::string& bytes : {std::string(3000, 'x'), std::string("<html></html>")}) {
    std::ofstream(path, std::ios::trunc) << bytes;
    EXPECT_THAT(all(path), ElementsAre(HasSubstr("expected a tar archive")));
  }
  const std::string cut = write({{"a", std::string(100'000, 'x')}}, ARCHIVE_FILTER_NONE);
  std::filesystem::resize_file(cut, 50'000);
  EXPECT_THAT(all(cut), ElementsAre(HasSubstr("expected a tar archive: ")));
  EXPECT_NE(failure(cut, kLarge), "none");
  EXPECT_THAT(all(directory_.path() + "/none"),
              ElementsAre(HasSubstr("No such file or directory")));
}

TEST_F(ReaderTest, ABombIsNotUnpacked) {
  const Limits limits{1 << 20, 1'000};
  const std::string bomb = write({{"a", std::string(8 << 20, '\0')}});
  EXPECT_LT(std::filesystem::file_size(bomb), 20'000u);
  EXPECT_THAT(failure(bomb, limits), HasSubstr("unpacked it has more than 1048576 bytes"));
  const std::string several(400'000, '\0');
  EXPECT_THAT(failure(write({{"a", several}, {"b", several}, {"c", several}}), limits),
              HasSubstr("more than 1048576 bytes"))
      << "what is passed over counts too";
  EXPECT_EQ(failure(write({{"a", several}, {"b", several}}), limits), "none");
}

TEST_F(ReaderTest, EntriesAreLimited) {
  const std::string three = write({{"a"}, {"b"}, {"c"}});
  EXPECT_EQ(failure(three, {1 << 20, 3}), "none");
  EXPECT_THAT(failure(three, {1 << 20, 2}), HasSubstr("more than 2 files"));
}

TEST_F(ReaderTest, LimitsMayHoldForSeveralTogether) {
  const Limits limits{1 << 20, 3};
  const std::string half = write({{"a", std::string(600'000, '\0')}});
  const auto used = pass(half, limits);
  ASSERT_TRUE(used);
  EXPECT_EQ(used->entries, 1u);
  EXPECT_GE(used->unpacked_bytes, 600'000u);
  EXPECT_THAT(failure(half, limits, *used), HasSubstr("more than 1048576 bytes"));
  EXPECT_THAT(failure(write({{"a"}, {"b"}, {"c"}}), limits, *used), HasSubstr("more than 3 files"));
}

TEST_F(ReaderTest, AFileWithHolesIsNotRead) {
  const std::string sparse =
      write({{"a", "end", AE_IFREG, "", 1 << 20}, {"b", "2"}}, ARCHIVE_FILTER_NONE);
  EXPECT_LT(std::filesystem::file_size(sparse), 1u << 20);
  EXPECT_THAT(all(sparse), ElementsAre(HasSubstr("holes")));
  EXPECT_EQ(failure(sparse, kLarge), "none") << "it may be passed over";
}

TEST_F(ReaderTest, HeadsAreReadAlone) {
  auto reader = Reader::open(write({{"a", "123456"}, {"b", "1"}, {"c"}}), Packing::kAny, kLarge);
  ASSERT_TRUE(reader);
  for (const char* head : {"1234", "1", ""}) {
    ASSERT_TRUE(reader->next().value());
    EXPECT_EQ(reader->readHead(4).value(), head);
  }
  EXPECT_FALSE(reader->next().value());
}

TEST_F(ReaderTest, WhoTakesTheBytesMayFail) {
  auto reader = Reader::open(write({{"a", "1"}}), Packing::kAny, kLarge);
  ASSERT_TRUE(reader && reader->next().value());
  const auto read = reader->read([](std::string_view) -> Result<void> { return fail("no room"); });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "no room");
}

}  // namespace
}  // namespace wagi::archive
