// A guest's linear memory during one host call. Nothing else reaches a guest's memory.
//
// Memory to be written is handed out by writable() and store() only, since some memories have pages
// that can't be written before the first write is announced (WritablePages).
//
// A guest pointer and a length are widened to 64 bits before they are added, so that no sum can
// wrap. Pointers needn't be aligned. A view is good until the guest runs again, since its memory
// may then grow and move; it is made anew for each call and each time a call is resumed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace wagi::wasi {

// Makes pages of a guest's memory writable. A write by an instruction, of the guest or the host,
// does that by itself, through a signal; the kernel's (read(2), getrandom(2)) fails without it.
class WritablePages {
 public:
  virtual void makeWritable(std::byte* at, std::size_t bytes) = 0;

 protected:
  ~WritablePages() = default;
};

class GuestMemory {
 public:
  GuestMemory() = default;
  // Without `pages`, all of it is writable.
  GuestMemory(std::byte* base, std::size_t size, WritablePages* pages = nullptr)
      : base_(base), size_(size), pages_(pages) {}

  [[nodiscard]] bool contains(std::uint32_t at, std::uint64_t length) const {
    return length <= size_ && at <= size_ - length;
  }

  // The bytes of a range, to be read; nullopt where one of them is outside.
  [[nodiscard]] std::optional<std::span<const std::byte>> readable(std::uint32_t at,
                                                                   std::uint64_t length) const {
    if (!contains(at, length)) return std::nullopt;
    return std::span<const std::byte>(base_ + at, static_cast<std::size_t>(length));
  }
  // The same, to be written, also by the kernel.
  [[nodiscard]] std::optional<std::span<std::byte>> writable(std::uint32_t at,
                                                             std::uint64_t length) const {
    if (!contains(at, length)) return std::nullopt;
    const std::span range(base_ + at, static_cast<std::size_t>(length));
    if (pages_ != nullptr) pages_->makeWritable(range.data(), range.size());
    return range;
  }
  [[nodiscard]] std::optional<std::string_view> text(std::uint32_t at, std::uint32_t length) const {
    if (!contains(at, length)) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(base_ + at), length);
  }

  template <class T>
    requires std::is_trivially_copyable_v<T>
  [[nodiscard]] std::optional<T> load(std::uint32_t at) const {
    if (!contains(at, sizeof(T))) return std::nullopt;
    T value;
    std::memcpy(&value, base_ + at, sizeof(T));
    return value;
  }

  // Writes `value`; false where it doesn't fit, and nothing is written then.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  [[nodiscard]] bool store(std::uint32_t at, const T& value) const {
    if (!contains(at, sizeof(T))) return false;
    std::memcpy(base_ + at, &value, sizeof(T));
    return true;
  }

 private:
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
  WritablePages* pages_ = nullptr;
};

}  // namespace wagi::wasi
