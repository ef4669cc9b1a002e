#include "supply/oci/root_filesystem.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>

#include "base/printable.h"
#include "base/sha256.h"
#include "base/unique_fd.h"
#include "supply/oci/wasm.h"

namespace wagi::oci {
namespace {

constexpr std::size_t kReadBytes = 128 << 10;

using EntryKind = ModulesInLayers::EntryKind;
// Is given pieces of a file, and where in it they begin.
using Take = std::function<Result<void>(std::uint64_t offset, std::string_view bytes)>;

// One archive, entry by entry, never more than the limits of it.
class Reader {
 public:
  Reader(const ArchiveLimits& limits, std::uint64_t& unpacked_bytes, std::size_t& entries)
      : limits_(limits),
        unpacked_before_(unpacked_bytes),
        unpacked_(unpacked_bytes),
        entries_(entries),
        archive_(archive_read_new()) {}

  Result<void> open(const std::string& path) {
    fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd_) return fail(fmt::format("can't read {}: {}", path, std::strerror(errno)));
    archive_read_support_format_tar(archive_.get());
    archive_read_support_filter_gzip(archive_.get());
    // Without the library it would run a program of that name.
    if (archive_libzstd_version() != nullptr) archive_read_support_filter_zstd(archive_.get());
    if (archive_read_open_fd(archive_.get(), fd_.get(), kReadBytes) != ARCHIVE_OK) return broken();
    return {};
  }

  // False at the end.
  Result<bool> next() {
    const int code = archive_read_next_header(archive_.get(), &entry_);
    if (code == ARCHIVE_EOF) return false;
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return broken();
    if (++entries_ > limits_.entries_max) {
      return fail(fmt::format("it has more than {} files", limits_.entries_max));
    }
    if (auto counted = count(); !counted) return std::unexpected(std::move(counted.error()));
    if (size() > limits_.unpacked_bytes_max) return tooLarge();  // Before it is read.
    return true;
  }

  // The bytes of this entry, but for the holes of a sparse file.
  Result<void> read(const Take& take) {
    for (;;) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int code = archive_read_data_block(archive_.get(), &block, &size, &offset);
      if (code == ARCHIVE_EOF) return {};
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return broken();
      if (auto counted = count(); !counted) return counted;
      const std::string_view bytes(static_cast<const char*>(block), size);
      if (auto taken = take(static_cast<std::uint64_t>(offset), bytes); !taken) return taken;
    }
  }

  [[nodiscard]] std::string_view path() const {
    const char* text = archive_entry_pathname(entry_);
    return text == nullptr ? std::string_view() : text;
  }
  // A second name of a file before is none itself.
  [[nodiscard]] EntryKind kind() const {
    const auto type = archive_entry_filetype(entry_);
    if (type == AE_IFDIR) return EntryKind::kFolder;
    return type == AE_IFREG && archive_entry_hardlink(entry_) == nullptr ? EntryKind::kFile
                                                                         : EntryKind::kOther;
  }
  [[nodiscard]] std::uint64_t size() const {
    return static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry_), 0));
  }

 private:
  struct Free {
    void operator()(archive* reader) const { archive_read_free(reader); }
  };

  std::unexpected<Error> broken() {
    const char* text = archive_error_string(archive_.get());
    return fail(fmt::format("expected a tar archive: {}", text == nullptr ? "broken" : text));
  }

  Result<void> count() {
    const la_int64_t bytes = archive_filter_bytes(archive_.get(), 0);
    unpacked_ = unpacked_before_ + static_cast<std::uint64_t>(std::max<la_int64_t>(bytes, 0));
    return unpacked_ <= limits_.unpacked_bytes_max ? Result<void>() : tooLarge();
  }

  std::unexpected<Error> tooLarge() {
    return fail(fmt::format("unpacked it has more than {} bytes", limits_.unpacked_bytes_max));
  }

  const ArchiveLimits& limits_;
  const std::uint64_t unpacked_before_;
  std::uint64_t& unpacked_;
  std::size_t& entries_;
  UniqueFd fd_;
  std::unique_ptr<archive, Free> archive_;
  archive_entry* entry_ = nullptr;  // The archive's.
};

// Adds every entry of one archive.
Result<void> addArchive(Reader& reader, std::size_t layer, ModulesInLayers& modules) {
  for (;;) {
    const auto more = reader.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    std::string head;
    auto read = reader.read([&](std::uint64_t offset, std::string_view bytes) {
      if (offset == head.size()) head.append(bytes.substr(0, kWasmMagic.size() - head.size()));
      return Result<void>();
    });
    if (!read) return read;
    auto added =
        modules.add(reader.path(), reader.kind(),
                    {.layer = layer, .size = reader.size(), .is_module = head == kWasmMagic});
    if (!added) return added;
  }
}

// Calls `take` with the bytes of the last file of that path in an archive.
Result<void> readFile(const std::string& archive, const std::string& path,
                      const ArchiveLimits& limits, const std::function<Result<void>()>& begin,
                      const std::function<Result<void>(std::string_view)>& take) {
  std::uint64_t position = 0;
  const Take whole = [&](std::uint64_t offset, std::string_view bytes) -> Result<void> {
    if (offset != position) return fail("the module has holes in it");
    position += bytes.size();
    return take(bytes);
  };
  const Take skip = [](std::uint64_t, std::string_view) { return Result<void>(); };
  std::uint64_t unpacked_bytes = 0;
  std::size_t entries = 0;
  Reader reader(limits, unpacked_bytes, entries);
  if (auto opened = reader.open(archive); !opened) return opened;
  for (;;) {
    const auto more = reader.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    const bool is_it = reader.kind() == EntryKind::kFile && pathInImage(reader.path()) == path;
    if (is_it) {
      position = 0;
      if (auto begun = begin(); !begun) return begun;
    }
    if (auto read = reader.read(is_it ? whole : skip); !read) return read;
  }
}

Result<void> append(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(fmt::format("can't write the module: {}", std::strerror(errno)));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace

Result<ModulesInLayers> modulesIn(const std::vector<std::string>& archives,
                                  const ArchiveLimits& limits) {
  ModulesInLayers modules;
  std::uint64_t unpacked_bytes = 0;
  std::size_t entries = 0;
  for (std::size_t layer = 0; layer < archives.size(); ++layer) {
    Reader reader(limits, unpacked_bytes, entries);
    auto added = reader.open(archives[layer]);
    if (added) added = addArchive(reader, layer, modules);
    if (!added) return fail(fmt::format("layers[{}]: {}", layer, added.error().message));
  }
  return modules;
}

Result<TakenModule> takeModule(const std::vector<std::string>& archives,
                               const ModulesInLayers& found, const std::string& path,
                               const store::Store& store, const ArchiveLimits& limits) {
  assert(found.files().contains(path));
  const ModulesInLayers::File file = found.files().at(path);
  if (file.size > limits.module_bytes_max) {
    return fail(fmt::format("/{} has {} bytes, over the limit of {}", printable(path), file.size,
                            limits.module_bytes_max));
  }
  // Once for its digest, which is its name in the store, and once to write it there.
  const std::string& archive = archives[file.layer];
  Sha256 hash;
  auto read = readFile(
      archive, path, limits,
      [&] {
        hash = Sha256();
        return Result<void>();
      },
      [&](std::string_view bytes) {
        hash.update(bytes);
        return Result<void>();
      });
  if (!read) return std::unexpected(std::move(read.error()));
  const store::Digest digest = hash.hex();
  if (store.find(digest)) return TakenModule{digest, false};
  const auto partial = store.partialPath(digest);
  if (!partial) return std::unexpected(partial.error());
  const UniqueFd fd(::open(partial->c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fail(fmt::format("can't write {}: {}", *partial, std::strerror(errno)));
  read = readFile(
      archive, path, limits,
      [&]() -> Result<void> {
        if (::ftruncate(fd.get(), 0) == 0 && ::lseek(fd.get(), 0, SEEK_SET) == 0) return {};
        return fail(fmt::format("can't write {}: {}", *partial, std::strerror(errno)));
      },
      [&](std::string_view bytes) { return append(fd.get(), bytes); });
  if (!read) return std::unexpected(std::move(read.error()));
  if (auto stored = store.commit(digest); !stored) {
    return std::unexpected(std::move(stored.error()));
  }
  return TakenModule{digest, true};
}

}  // namespace wagi::oci
