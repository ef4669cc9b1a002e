#include "oci/root_filesystem.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>

#include "base/sha256.h"
#include "base/unique_fd.h"

namespace wagi::oci {
namespace {

constexpr std::size_t kReadBytes = 128 << 10;
constexpr std::size_t kPathBytesMax = 4096;
constexpr std::size_t kListedMax = 5;
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

// "a/b" for "./a//b/" and "/a/b"; nullopt where a part is "..".
std::optional<std::string> normalized(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part == "..") return std::nullopt;
    if (part.empty() || part == ".") continue;
    if (!result.empty()) result.push_back('/');
    result.append(part);
  }
  return result;
}

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

  // The bytes of this entry, which has to be a plain file. Skips them without `take`.
  Result<void> read(const std::function<Result<void>(std::string_view)>& take) {
    std::uint64_t position = 0;
    for (;;) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int code = archive_read_data_block(archive_.get(), &block, &size, &offset);
      if (code == ARCHIVE_EOF) return {};
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return broken();
      if (auto counted = count(); !counted) return counted;
      if (!take) continue;
      if (static_cast<std::uint64_t>(offset) != position) return fail("the module has holes in it");
      position += size;
      if (auto taken = take({static_cast<const char*>(block), size}); !taken) return taken;
    }
  }

  [[nodiscard]] std::string_view path() const {
    const char* text = archive_entry_pathname(entry_);
    return text == nullptr ? std::string_view() : text;
  }
  [[nodiscard]] bool isFolder() const { return archive_entry_filetype(entry_) == AE_IFDIR; }
  // A second name of a file before is none.
  [[nodiscard]] bool isFile() const {
    return archive_entry_filetype(entry_) == AE_IFREG && archive_entry_hardlink(entry_) == nullptr;
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

Result<ModulesInLayers> listModules(const std::vector<std::string>& archives,
                                    const ArchiveLimits& limits) {
  ModulesInLayers modules;
  std::uint64_t unpacked_bytes = 0;
  std::size_t entries = 0;
  for (std::size_t layer = 0; layer < archives.size(); ++layer) {
    Reader reader(limits, unpacked_bytes, entries);
    const auto failed = [&](Error error) {
      return fail(fmt::format("layers[{}]: {}", layer, error.message));
    };
    if (auto opened = reader.open(archives[layer]); !opened) return failed(opened.error());
    for (;;) {
      const auto more = reader.next();
      if (!more) return failed(more.error());
      if (!*more) break;
      auto added =
          modules.add(layer, reader.path(), reader.isFolder(), reader.isFile(), reader.size());
      if (!added) return failed(added.error());
      if (auto skipped = reader.read({}); !skipped) return failed(skipped.error());
    }
  }
  return modules;
}

// Calls `take` with the bytes of the last file of that path in an archive.
Result<void> readFile(const std::string& archive, const std::string& path,
                      const ArchiveLimits& limits, const std::function<Result<void>()>& begin,
                      const std::function<Result<void>(std::string_view)>& take) {
  std::uint64_t unpacked_bytes = 0;
  std::size_t entries = 0;
  Reader reader(limits, unpacked_bytes, entries);
  if (auto opened = reader.open(archive); !opened) return opened;
  for (;;) {
    const auto more = reader.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    const bool is_it = reader.isFile() && normalized(reader.path()) == path;
    if (is_it) {
      if (auto begun = begin(); !begun) return begun;
    }
    if (auto read = reader.read(is_it ? take : nullptr); !read) return read;
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

Result<std::string> onlyPath(const std::map<std::string, ModulesInLayers::File>& files) {
  if (files.size() == 1) return files.begin()->first;
  if (files.empty()) return fail("expected an image with one .wasm file, it has none");
  std::vector<std::string> listed;
  for (const auto& [path, file] : files) {
    if (listed.size() == kListedMax) break;
    listed.push_back('/' + path);
  }
  return fail(fmt::format("expected an image with one .wasm file, it has {}: {}{}", files.size(),
                          fmt::join(listed, ", "), files.size() > kListedMax ? ", ..." : ""));
}

}  // namespace

Result<void> ModulesInLayers::add(std::size_t layer, std::string_view path, bool is_folder,
                                  bool is_file, std::uint64_t size) {
  const auto clean = path.size() <= kPathBytesMax ? normalized(path) : std::nullopt;
  if (!clean) return fail(fmt::format("the file '{}' leaves the image", path.substr(0, 200)));
  const std::size_t slash = clean->rfind('/');
  const std::string folder = slash == std::string::npos ? "" : clean->substr(0, slash);
  const std::string_view name =
      std::string_view(*clean).substr(slash == std::string::npos ? 0 : slash + 1);
  if (name == kOpaque) {
    removeBelow(folder, layer);
    return {};
  }
  if (name.starts_with(kWhiteout)) {
    const std::string removed =
        fmt::format("{}{}{}", folder, folder.empty() ? "" : "/", name.substr(kWhiteout.size()));
    removeBelow(removed, layer);
    if (const auto file = files_.find(removed);
        file != files_.end() && file->second.layer < layer) {
      files_.erase(file);
    }
    return {};
  }
  files_.erase(*clean);  // It replaces what is of that name, and what was in a folder of it.
  if (!is_folder) removeBelow(*clean, layer + 1);
  if (is_file && clean->ends_with(".wasm")) files_.emplace(*clean, File{layer, size});
  return {};
}

// What layers before `layer` put below a folder; "" is the root.
void ModulesInLayers::removeBelow(const std::string& folder, std::size_t layer) {
  const std::string prefix = folder.empty() ? "" : folder + '/';
  for (auto file = files_.lower_bound(prefix);
       file != files_.end() && file->first.starts_with(prefix);) {
    file = file->second.layer < layer ? files_.erase(file) : std::next(file);
  }
}

Result<FoundModule> takeModule(const std::vector<std::string>& archives, const store::Store& store,
                               const ArchiveLimits& limits) {
  const auto modules = listModules(archives, limits);
  if (!modules) return std::unexpected(modules.error());
  auto path = onlyPath(modules->files());
  if (!path) return std::unexpected(std::move(path.error()));
  const ModulesInLayers::File file = modules->files().begin()->second;
  if (file.size > limits.module_bytes_max) {
    return fail(fmt::format("/{} has {} bytes, over the limit of {}", *path, file.size,
                            limits.module_bytes_max));
  }
  // Once for its digest, which is its name in the store, and once to write it there.
  const std::string& archive = archives[file.layer];
  Sha256 hash;
  auto read = readFile(
      archive, *path, limits,
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
  if (store.find(digest)) return FoundModule{*std::move(path), digest};
  const auto partial = store.partialPath(digest);
  if (!partial) return std::unexpected(partial.error());
  const UniqueFd fd(::open(partial->c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fail(fmt::format("can't write {}: {}", *partial, std::strerror(errno)));
  read = readFile(
      archive, *path, limits,
      [&]() -> Result<void> {
        if (::ftruncate(fd.get(), 0) == 0 && ::lseek(fd.get(), 0, SEEK_SET) == 0) return {};
        return fail(fmt::format("can't write {}: {}", *partial, std::strerror(errno)));
      },
      [&](std::string_view bytes) { return append(fd.get(), bytes); });
  if (!read) return std::unexpected(std::move(read.error()));
  if (auto stored = store.commit(digest); !stored) {
    return std::unexpected(std::move(stored.error()));
  }
  return FoundModule{*std::move(path), digest};
}

}  // namespace wagi::oci
