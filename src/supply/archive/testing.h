// For tests only: makes archives as a stranger would pack them.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace wagi::archive {

struct TestEntry {
  std::string path;
  std::string bytes{};
  unsigned type = AE_IFREG;
  std::string link{};      // The target of a link; for a file, the earlier file of a hard link.
  std::uint64_t hole = 0;  // A hole of as many bytes before the others.
};

// Writes a tar, packed by a filter such as ARCHIVE_FILTER_GZIP.
inline void writeArchive(const std::string& path, const std::vector<TestEntry>& entries,
                         int filter) {
  ::archive* writer = archive_write_new();
  archive_write_set_format_pax_restricted(writer);
  archive_write_add_filter(writer, filter);
  ASSERT_EQ(archive_write_open_filename(writer, path.c_str()), ARCHIVE_OK);
  for (const TestEntry& item : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, item.path.c_str());
    archive_entry_set_filetype(entry, item.type);
    archive_entry_set_perm(entry, 0644);
    if (item.type == AE_IFLNK) archive_entry_set_symlink(entry, item.link.c_str());
    if (item.type == AE_IFREG && !item.link.empty()) {
      archive_entry_set_hardlink(entry, item.link.c_str());
    }
    const std::string bytes = std::string(item.hole, '\0') + item.bytes;
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    if (item.hole != 0) {
      archive_entry_sparse_add_entry(entry, static_cast<la_int64_t>(item.hole),
                                     static_cast<la_int64_t>(item.bytes.size()));
    }
    ASSERT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
    archive_write_data(writer, bytes.data(), bytes.size());
    archive_entry_free(entry);
  }
  archive_write_free(writer);
}

}  // namespace wagi::archive
