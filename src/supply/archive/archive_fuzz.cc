// Fuzzes the reader of packed tars: no entry may give more bytes than it states, and all together
// no more than the limits allow.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/file.h"
#include "base/fuzzing.h"
#include "base/unique_fd.h"
#include "supply/archive/reader.h"

namespace {

using wagi::require;
using wagi::archive::Limits;
using wagi::archive::Reader;

constexpr Limits kLimits{.unpacked_bytes_max = 1 << 20, .entries_max = 100};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wagi::UniqueFd file(::memfd_create("archive", MFD_CLOEXEC));
  require(file && wagi::writeAll(file.get(), {reinterpret_cast<const char*>(data), size}));
  auto reader = Reader::open("/proc/self/fd/" + std::to_string(file.get()),
                             wagi::archive::Packing::kAny, kLimits);
  if (!reader) return 0;
  for (std::size_t entries = 0;; ++entries) {
    const auto more = reader->next();
    if (!more || !*more) return 0;
    require(entries < kLimits.entries_max && reader->size() <= kLimits.unpacked_bytes_max);
    // Some entries are read, some begun, and some skipped.
    if (entries % 3 == 0) {
      std::uint64_t bytes = 0;
      const auto read = reader->read([&](std::string_view piece) -> wagi::Result<void> {
        bytes += piece.size();
        return {};
      });
      require(bytes <= kLimits.unpacked_bytes_max);
      if (!read) return 0;
      require(bytes == reader->size());
    } else if (entries % 3 == 1) {
      const auto head = reader->readHead(8);
      if (!head) return 0;
      require(head->size() <= 8);
    }
    require(reader->used().unpacked_bytes <= kLimits.unpacked_bytes_max);
  }
}
