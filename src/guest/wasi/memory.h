// A guest's linear memory during one host call. Nothing else reaches a guest's memory.
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

class GuestMemory {
 public:
  GuestMemory() = default;
  GuestMemory(std::byte* base, std::size_t size) : base_(base), size_(size) {}

  [[nodiscard]] bool contains(std::uint32_t at, std::uint64_t length) const {
    return length <= size_ && at <= size_ - length;
  }

  // The bytes of a range; nullopt where one of them is outside.
  [[nodiscard]] std::optional<std::span<std::byte>> range(std::uint32_t at,
                                                          std::uint64_t length) const {
    if (!contains(at, length)) return std::nullopt;
    return std::span(base_ + at, static_cast<std::size_t>(length));
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
};

}  // namespace wagi::wasi
