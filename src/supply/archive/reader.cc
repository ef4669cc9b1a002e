#include "supply/archive/reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace wagi::archive {
namespace {

constexpr std::size_t kReadBytes = 128 << 10;

}  // namespace

void Reader::Free::operator()(::archive* reader) const { archive_read_free(reader); }

Reader::Reader(const Limits& limits, Used used)
    : limits_(limits),
      unpacked_before_(used.unpacked_bytes),
      used_(used),
      archive_(archive_read_new()) {}

Result<Reader> Reader::open(const std::string& path, Packing packing, const Limits& limits,
                            Used used) {
  Reader reader(limits, used);
  ::archive* const handle = reader.archive_.get();
  if (handle == nullptr) return fail("there is no memory for an archive");
  archive_read_support_format_tar(handle);
  archive_read_support_filter_gzip(handle);
  // Without libzstd, libarchive would run the program zstd instead.
  if (packing == Packing::kAny && archive_libzstd_version() != nullptr) {
    archive_read_support_filter_zstd(handle);
  }
  reader.fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader.fd_) return fail(fmt::format("can't read {}: {}", path, std::strerror(errno)));
  if (archive_read_open_fd(handle, reader.fd_.get(), kReadBytes) == ARCHIVE_OK) return reader;
  return reader.broken();
}

Result<bool> Reader::next() {
  const int code = archive_read_next_header(archive_.get(), &entry_);
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN && code != ARCHIVE_EOF) return broken();
  if (auto counted = count(); !counted) return std::unexpected(std::move(counted.error()));
  if (code == ARCHIVE_EOF) return false;
  if (++used_.entries > limits_.entries_max) {
    return fail(fmt::format("it has more than {} files", limits_.entries_max));
  }
  if (size() > limits_.unpacked_bytes_max) return tooLarge();
  return true;
}

Reader::Kind Reader::kind() const {
  const auto type = archive_entry_filetype(entry_);
  if (type == AE_IFDIR) return Kind::kFolder;
  return type == AE_IFREG && archive_entry_hardlink(entry_) == nullptr ? Kind::kFile : Kind::kOther;
}

std::string_view Reader::path() const {
  const char* text = archive_entry_pathname(entry_);
  return text == nullptr ? std::string_view() : text;
}

std::uint64_t Reader::size() const {
  return static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry_), 0));
}

Result<bool> Reader::readBlock(std::string_view& bytes, std::uint64_t& offset) {
  const void* block = nullptr;
  std::size_t size = 0;
  la_int64_t at = 0;
  const int code = archive_read_data_block(archive_.get(), &block, &size, &at);
  if (code == ARCHIVE_EOF) return false;
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return broken();
  if (auto counted = count(); !counted) return std::unexpected(std::move(counted.error()));
  bytes = {static_cast<const char*>(block), size};
  offset = static_cast<std::uint64_t>(at);
  return true;
}

Result<void> Reader::read(const Take& take) {
  std::string_view bytes;
  std::uint64_t offset = 0, position = 0;
  for (;;) {
    const auto more = readBlock(bytes, offset);
    if (!more) return std::unexpected(more.error());
    if ((*more ? offset : size()) != position) return fail("the file has holes in it");
    if (!*more) return {};
    position += bytes.size();
    if (auto taken = take(bytes); !taken) return taken;
  }
}

Result<std::string> Reader::readHead(std::size_t bytes_max) {
  std::string head;
  std::string_view bytes;
  std::uint64_t offset = 0;
  while (head.size() < bytes_max) {
    const auto more = readBlock(bytes, offset);
    if (!more) return std::unexpected(more.error());
    if (!*more || offset != head.size()) break;
    head.append(bytes.substr(0, bytes_max - head.size()));
  }
  return head;
}

std::unexpected<Error> Reader::broken() const {
  const char* text = archive_error_string(archive_.get());
  return fail(fmt::format("expected a tar archive: {}", text == nullptr ? "broken" : text));
}

Result<void> Reader::count() {
  const la_int64_t bytes = archive_filter_bytes(archive_.get(), 0);
  used_.unpacked_bytes =
      unpacked_before_ + static_cast<std::uint64_t>(std::max<la_int64_t>(bytes, 0));
  return used_.unpacked_bytes <= limits_.unpacked_bytes_max ? Result<void>() : tooLarge();
}

std::unexpected<Error> Reader::tooLarge() const {
  return fail(fmt::format("unpacked it has more than {} bytes", limits_.unpacked_bytes_max));
}

}  // namespace wagi::archive
