// A tar archive that a stranger packed, entry by entry, through libarchive and never past its
// limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

struct archive;
struct archive_entry;

namespace wagi::archive {

// Of one archive, or of several that belong together.
struct Limits {
  std::uint64_t unpacked_bytes_max = 0;  // All that they unpack to, headers with it.
  std::size_t entries_max = 0;
};

// What was read so far, to be handed from one archive to the next.
struct Used {
  std::uint64_t unpacked_bytes = 0;
  std::size_t entries = 0;
};

// How the tar is packed. Each further kind is a further parser of foreign bytes.
enum class Packing : std::uint8_t {
  kGzip,  // Or not at all.
  kAny,   // Or by zstd.
};

// Takes pieces of a file, in their order.
using Take = std::function<Result<void>(std::string_view bytes)>;

class Reader {
 public:
  // No error but that of a file that can't be opened names the archive.
  [[nodiscard]] static Result<Reader> open(const std::string& path, Packing packing,
                                           const Limits& limits, Used used = {});

  // Goes to the next entry, past what is left of the one before; false at the end.
  [[nodiscard]] Result<bool> next();

  enum class Kind : std::uint8_t {
    kFile,
    kFolder,
    kOther,  // Links, devices; a second name of a file before is none itself.
  };
  // About the entry. REQUIRES: next() found one.
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] std::string_view path() const;  // As it was written: trust nothing.
  [[nodiscard]] std::uint64_t size() const;

  // Hands all bytes of the entry to `take`. Fails where a sparse file has holes.
  [[nodiscard]] Result<void> read(const Take& take);
  // At most `bytes_max` bytes of its beginning. A hole ends them.
  [[nodiscard]] Result<std::string> readHead(std::size_t bytes_max);

  [[nodiscard]] const Used& used() const { return used_; }

 private:
  struct Free {
    void operator()(::archive* reader) const;
  };
  Reader(const Limits& limits, Used used);

  // The next block of the entry and where it belongs; false at its end.
  [[nodiscard]] Result<bool> readBlock(std::string_view& bytes, std::uint64_t& offset);
  [[nodiscard]] Result<void> count();
  [[nodiscard]] std::unexpected<Error> broken() const;
  [[nodiscard]] std::unexpected<Error> tooLarge() const;

  Limits limits_;
  std::uint64_t unpacked_before_;  // By other archives.
  Used used_;
  UniqueFd fd_;
  std::unique_ptr<::archive, Free> archive_;
  archive_entry* entry_ = nullptr;  // The archive's.
};

}  // namespace wagi::archive
