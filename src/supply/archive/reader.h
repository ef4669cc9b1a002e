// Reads a tar archive that a stranger packed, entry by entry, through libarchive and within limits.
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

// Bounds on one archive, or on several that belong together.
struct Limits {
  std::uint64_t unpacked_bytes_max = 0;  // Headers included.
  std::size_t entries_max = 0;
};

// How much was read so far, to be handed from one archive to the next.
struct Used {
  std::uint64_t unpacked_bytes = 0;
  std::size_t entries = 0;
};

// How the tar may be packed. Each further kind is a further parser of foreign bytes.
enum class Packing : std::uint8_t {
  kGzip,  // By gzip, or not at all.
  kAny,   // By gzip or zstd, or not at all.
};

// Takes pieces of a file, in their order.
using Take = std::function<Result<void>(std::string_view bytes)>;

class Reader {
 public:
  // Opens the archive. Only the error of a file that can't be opened names it.
  [[nodiscard]] static Result<Reader> open(const std::string& path, Packing packing,
                                           const Limits& limits, Used used = {});

  // Goes to the next entry, past what is left of the one before; false at the end.
  [[nodiscard]] Result<bool> next();

  enum class Kind : std::uint8_t {
    kFile,
    kFolder,
    kOther,  // A link (a hard one, too), a device and the like.
  };
  // The entry's path, kind and size. REQUIRES: next() returned true.
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] std::string_view path() const;  // As the archive has it, unchecked.
  [[nodiscard]] std::uint64_t size() const;

  // Hands all bytes of the entry to `take`. Fails where a sparse file has holes.
  [[nodiscard]] Result<void> read(const Take& take);
  // The entry's first bytes, at most `bytes_max`, and none behind a hole.
  [[nodiscard]] Result<std::string> readHead(std::size_t bytes_max);

  [[nodiscard]] const Used& used() const { return used_; }

 private:
  struct Free {
    void operator()(::archive* reader) const;
  };
  Reader(const Limits& limits, Used used);

  // Reads the next block of the entry, and its offset; false at the entry's end.
  [[nodiscard]] Result<bool> readBlock(std::string_view& bytes, std::uint64_t& offset);
  [[nodiscard]] Result<void> count();
  [[nodiscard]] std::unexpected<Error> broken() const;
  [[nodiscard]] std::unexpected<Error> tooLarge() const;

  Limits limits_;
  std::uint64_t unpacked_before_;  // Bytes that earlier archives unpacked to.
  Used used_;
  UniqueFd fd_;
  std::unique_ptr<::archive, Free> archive_;
  archive_entry* entry_ = nullptr;  // Owned by archive_.
};

}  // namespace wagi::archive
