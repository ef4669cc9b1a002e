#include "supply/oci/root_filesystem.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>

#include "base/file.h"
#include "base/printable.h"
#include "base/sha256.h"
#include "base/unique_fd.h"
#include "supply/archive/reader.h"
#include "supply/oci/wasm.h"

namespace wagi::oci {
namespace {

using EntryKind = ModulesInLayers::EntryKind;

EntryKind kindOf(const archive::Reader& reader) {
  switch (reader.kind()) {
    case archive::Reader::Kind::kFile:
      return EntryKind::kFile;
    case archive::Reader::Kind::kFolder:
      return EntryKind::kFolder;
    case archive::Reader::Kind::kOther:
      return EntryKind::kOther;
  }
  std::unreachable();
}

Result<archive::Reader> openLayer(const std::string& path, const ArchiveLimits& limits,
                                  archive::Used used = {}) {
  return archive::Reader::open(path, archive::Packing::kAny,
                               {limits.unpacked_bytes_max, limits.entries_max}, used);
}

// Adds every entry of one archive. `used` is what its neighbours have used, and then this one too.
Result<void> addArchive(const std::string& path, std::size_t layer, const ArchiveLimits& limits,
                        archive::Used& used, ModulesInLayers& modules) {
  auto reader = openLayer(path, limits, used);
  if (!reader) return std::unexpected(std::move(reader.error()));
  for (;;) {
    const auto more = reader->next();
    if (!more) return std::unexpected(more.error());
    used = reader->used();
    if (!*more) return {};
    const auto head = reader->readHead(kWasmMagic.size());
    if (!head) return std::unexpected(head.error());
    auto added =
        modules.add(reader->path(), kindOf(*reader),
                    {.layer = layer, .size = reader->size(), .is_module = *head == kWasmMagic});
    if (!added) return added;
  }
}

// Calls `take` with the bytes of the file `path` of an archive. An archive may have several of that
// path, of which the last counts: `begin` is called before each.
Result<void> readFile(const std::string& archive, const std::string& path,
                      const ArchiveLimits& limits, const std::function<Result<void>()>& begin,
                      const archive::Take& take) {
  auto reader = openLayer(archive, limits);
  if (!reader) return std::unexpected(std::move(reader.error()));
  for (;;) {
    const auto more = reader->next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    if (kindOf(*reader) != EntryKind::kFile || pathInImage(reader->path()) != path) continue;
    if (auto begun = begin(); !begun) return begun;
    if (auto read = reader->read(take); !read) return read;
  }
}

}  // namespace

Result<ModulesInLayers> modulesIn(const std::vector<std::string>& archives,
                                  const ArchiveLimits& limits) {
  ModulesInLayers modules;
  archive::Used used;
  for (std::size_t layer = 0; layer < archives.size(); ++layer) {
    const auto added = addArchive(archives[layer], layer, limits, used, modules);
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
  // The archive is read twice: for the module's digest, which is its name in the store, and to
  // write it there.
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
      [&](std::string_view bytes) -> Result<void> {
        if (writeAll(fd.get(), bytes)) return {};
        return fail(fmt::format("can't write the module: {}", std::strerror(errno)));
      });
  if (!read) return std::unexpected(std::move(read.error()));
  if (auto stored = store.commit(digest); !stored) {
    return std::unexpected(std::move(stored.error()));
  }
  return TakenModule{digest, true};
}

}  // namespace wagi::oci
