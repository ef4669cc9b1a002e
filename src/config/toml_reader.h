// TOML tables read key by key, with every mistake noted at its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/env_pair.h"
#include "config/toml.h"

namespace wagi::config {

inline constexpr std::size_t kFileBytesMax = 16 << 20;
inline constexpr std::size_t kKeyPartsMax = 16;                       // a.b.c has three.
inline constexpr std::uint64_t kMillisecondsMax = 1'000'000'000'000;  // Fits in nanoseconds too.

// The mistakes of one file.
class Mistakes {
 public:
  explicit Mistakes(const std::string& file) : file_(file) {}

  [[nodiscard]] Place placeOf(const toml::source_region& source) const;
  // On one line, and made printable.
  void add(const toml::source_region& source, std::string_view message);
  void addAt(Place place, std::string_view message);
  // "`key`: expected a string, found an integer"
  void addType(std::string_view key, const toml::node& value, std::string_view expected);
  [[nodiscard]] bool none() const { return found_.empty(); }
  [[nodiscard]] std::size_t count() const { return found_.size(); }
  // In the order of the file.
  [[nodiscard]] std::vector<Diagnostic> take();

 private:
  const std::string& file_;
  std::vector<Diagnostic> found_;
};

// The whole file as a table, or nothing and a mistake.
[[nodiscard]] std::optional<toml::table> parseToml(std::string_view text, Mistakes& mistakes);

// A key that a format had once, or ignores, so that files have it: a warning, not a mistake.
struct FormerKey {
  std::string_view key;
  std::string_view advice;  // Says in the imperative what to write instead.
};

// Borrows the table and the mistakes. Each reader of a key gives nothing if the key is absent or
// its value is a mistake, which is then noted.
class TableReader {
 public:
  // Notes every key that isn't among `known`. `name` is the table's, for messages: "[server]".
  TableReader(const toml::table& table, std::string_view name,
              std::span<const std::string_view> known, Mistakes& mistakes);
  // For a table that may have any key.
  TableReader(const toml::table& table, std::string_view name, Mistakes& mistakes)
      : table_(table), name_(name), mistakes_(mistakes) {}
  // Notes unknown keys, but that a key of `former` is a warning: that it has no effect, and the
  // advice.
  TableReader(const toml::table& table, std::string_view name,
              std::span<const std::string_view> known, Mistakes& mistakes,
              std::span<const FormerKey> former, Mistakes& warnings);

  [[nodiscard]] std::optional<std::string> string(std::string_view key);  // Without NUL.
  [[nodiscard]] std::optional<std::string> nonEmpty(std::string_view key);
  // As nonEmpty(); its absence is a mistake.
  [[nodiscard]] std::optional<std::string> required(std::string_view key);
  // One of `names`, by its index.
  [[nodiscard]] std::optional<std::size_t> oneOf(std::string_view key,
                                                 std::initializer_list<std::string_view> names);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);

  struct Range {
    std::uint64_t least = 0;
    std::uint64_t most = INT64_MAX;
  };
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key, Range range);
  // An integer, or a string with a unit (size.h).
  [[nodiscard]] std::optional<std::uint64_t> size(std::string_view key, Range range);
  // A table, or a list of at most `count_max` values, which `expected` describes.
  [[nodiscard]] const toml::table* table(std::string_view key,
                                         std::string_view expected = "a table");
  [[nodiscard]] const toml::array* list(std::string_view key, std::string_view expected,
                                        std::size_t count_max = SIZE_MAX);
  [[nodiscard]] std::vector<const toml::table*> tables(std::string_view key,
                                                       std::size_t count_max = SIZE_MAX);
  [[nodiscard]] std::vector<std::string> strings(std::string_view key);
  // A table of strings.
  [[nodiscard]] std::map<std::string, std::string> texts(std::string_view key);
  // A table of variables (env_pair.h).
  [[nodiscard]] std::vector<EnvPair> variables(std::string_view key);

  [[nodiscard]] const toml::node* node(std::string_view key) const { return table_.get(key); }
  // Notes a mistake in the value of `key`. REQUIRES: the key is there.
  void mistake(std::string_view key, std::string message);

 private:
  void noteUnknown(const toml::key& key, std::span<const std::string_view> known);
  [[nodiscard]] std::optional<std::uint64_t> inRange(std::string_view key, std::int64_t value,
                                                     Range range);

  const toml::table& table_;
  const std::string_view name_;
  Mistakes& mistakes_;
};

// A place as toml++ has it.
[[nodiscard]] toml::source_region regionOf(const Place& place);

// Calls `read` with each table of the list `key` of a file, where there is one.
template <class Read>
void forEachTable(const toml::table& root, std::string_view key, Mistakes& mistakes, Read read) {
  const toml::node* value = root.get(key);
  if (value == nullptr) return;
  if (!value->is_array()) {
    return mistakes.add(value->source(), "`" + std::string(key) + "` must be a list: write [[" +
                                             std::string(key) + "]], not [" + std::string(key) +
                                             "]");
  }
  for (const toml::node& item : *value->as_array()) {
    if (const toml::table* table = item.as_table()) {
      read(*table);
    } else {
      mistakes.addType(key, item, "a table");
    }
  }
}

// The same readers for a value that no TableReader reads, of which `key` is the name in messages.
[[nodiscard]] std::optional<std::string> readString(std::string_view key, const toml::node& value,
                                                    Mistakes& mistakes);
[[nodiscard]] const toml::array* readList(std::string_view key, const toml::node& value,
                                          std::string_view expected, std::size_t count_max,
                                          Mistakes& mistakes);
[[nodiscard]] std::vector<const toml::table*> readTables(std::string_view key,
                                                         const toml::node& value,
                                                         std::size_t count_max, Mistakes& mistakes);

}  // namespace wagi::config
