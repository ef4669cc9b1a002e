// TOML text, line by line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wagi::config {

// `text` as a TOML string in double quotes. What isn't UTF-8, which TOML must be, becomes U+FFFD.
[[nodiscard]] std::string tomlString(std::string_view text);

// A key as it is, or quoted where it needs that.
[[nodiscard]] std::string tomlKey(std::string_view name);

// ["a", "b"]
[[nodiscard]] std::string tomlStrings(const std::vector<std::string>& values);

class TomlWriter {
 public:
  // "[PATH]" and "[[PATH]]" on a line of their own, behind an empty one. `path` has keys that
  // tomlKey() gave, with dots between them.
  void table(std::string_view path);
  void tableOfList(std::string_view path);

  void string(std::string_view key, std::string_view value) { raw(key, tomlString(value)); }
  void number(std::string_view key, std::uint64_t value);
  // `value` is TOML already.
  void raw(std::string_view key, std::string_view value);

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace wagi::config
