// The first state of the memory of a module's instances, mapped from the file of its code.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"
#include "guest/engine/code_file.h"

namespace wagi::engine {

// The host pages from the first byte that isn't 0 to the last one. Everything else of the memory is
// 0 at the start.
class MemoryImage {
 public:
  // An image from which memories are copied rather than mapped needs no descriptor.
  static constexpr std::size_t kCopiedBytesMax = 128 << 10;

  MemoryImage() = default;  // All is 0.
  [[nodiscard]] static Result<MemoryImage> map(int fd, const CodeNotes& notes);
  MemoryImage(MemoryImage&& other) noexcept;
  MemoryImage& operator=(MemoryImage&&) = delete;
  ~MemoryImage();

  [[nodiscard]] std::size_t address() const { return address_; }
  [[nodiscard]] std::size_t end() const { return address_ + bytes_.size(); }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  // Whether pages that are given back to the kernel are the image's again when they are touched.
  [[nodiscard]] bool isMappedFromFile() const { return static_cast<bool>(fd_); }

  // Puts the image at its place in memory at `base`, read-only, where inaccessible pages are now.
  // False where the kernel refuses that.
  [[nodiscard]] bool mapInto(std::byte* base) const;

 private:
  std::span<const std::byte> bytes_;  // Mapped; owned.
  std::size_t address_ = 0;
  UniqueFd fd_;  // None where the image is copied.
  off_t offset_ = 0;
};

}  // namespace wagi::engine
