#include "supply/bindle/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <memory>

namespace wagi::bindle {
namespace {

constexpr std::size_t kBlockBytes = 64 << 10;

struct FreeArchive {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using Archive = std::unique_ptr<archive, FreeArchive>;

std::string_view behindFirstFolder(std::string_view path) {
  if (path.starts_with("./")) path.remove_prefix(2);
  const std::size_t slash = path.find('/');
  return slash == path.npos ? std::string_view() : path.substr(slash + 1);
}

class Reader {
 public:
  Reader(const std::string& path, const ArchiveLimits& limits)
      : path_(path), limits_(limits), archive_(archive_read_new()) {}

  Result<void> open() {
    if (!archive_) return fail("there is no memory for an archive");
    // Nothing but what Bindle writes: each further format is a further parser of foreign bytes.
    archive_read_support_format_tar(archive_.get());
    archive_read_support_filter_gzip(archive_.get());
    if (archive_read_open_filename(archive_.get(), path_.c_str(), kBlockBytes) == ARCHIVE_OK) {
      return {};
    }
    return wrong(reason());
  }

  // The next entry; null at the end.
  Result<archive_entry*> next() {
    archive_entry* entry = nullptr;
    // It passes over what is left of the entry before.
    const int code = archive_read_next_header(archive_.get(), &entry);
    if (code == ARCHIVE_EOF) return nullptr;
    if (code < ARCHIVE_WARN) return wrong(reason());
    if (++entries_ > limits_.entries_max) {
      return wrong(fmt::format("it has more than {} entries", limits_.entries_max));
    }
    const auto size = archive_entry_size(entry);
    if (size < 0 || static_cast<std::uint64_t>(size) > limits_.bytes_max) {
      return wrong(fmt::format("an entry of {} bytes is over the limit", size));
    }
    if (auto good = checkBytes(static_cast<std::uint64_t>(size)); !good) {
      return std::unexpected(good.error());
    }
    return entry;
  }

  Result<void> readInto(const EntrySink& sink) {
    std::string buffer(kBlockBytes, '\0');
    for (;;) {
      const la_ssize_t count = archive_read_data(archive_.get(), buffer.data(), buffer.size());
      if (count < 0) return wrong(reason());
      if (count == 0) return {};
      if (auto taken = sink({buffer.data(), static_cast<std::size_t>(count)}); !taken) return taken;
    }
  }

 private:
  // Of what was unpacked so far and of what is about to be.
  Result<void> checkBytes(std::uint64_t more) const {
    const auto bytes = static_cast<std::uint64_t>(archive_filter_bytes(archive_.get(), 0));
    if (bytes + more <= limits_.bytes_max) return {};
    return wrong(fmt::format("it unpacks to more than {} bytes", limits_.bytes_max));
  }
  std::unexpected<Error> wrong(std::string_view why) const {
    return fail(fmt::format("{}: {}", path_, why));
  }
  std::string reason() const {
    const char* text = archive_error_string(archive_.get());
    return text != nullptr ? text : "it can't be read";
  }

  const std::string& path_;
  const ArchiveLimits limits_;
  Archive archive_;
  std::size_t entries_ = 0;
};

}  // namespace

Result<void> readArchive(
    const std::string& path, const ArchiveLimits& limits,
    const std::function<Result<EntrySink>(std::string_view name, std::uint64_t size)>& begin,
    const std::function<Result<void>()>& end) {
  Reader reader(path, limits);
  if (auto opened = reader.open(); !opened) return opened;
  for (;;) {
    const auto entry = reader.next();
    if (!entry) return std::unexpected(entry.error());
    if (*entry == nullptr) return {};
    const char* name = archive_entry_pathname(*entry);
    if (name == nullptr || archive_entry_filetype(*entry) != AE_IFREG) continue;
    const auto sink =
        begin(behindFirstFolder(name), static_cast<std::uint64_t>(archive_entry_size(*entry)));
    if (!sink) return std::unexpected(sink.error());
    if (!*sink) continue;
    if (auto read = reader.readInto(*sink); !read) return read;
    if (auto ended = end(); !ended) return ended;
  }
}

}  // namespace wagi::bindle
