#include "config/toml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/printable.h"
#include "config/nearest.h"
#include "config/size.h"
#include "config/toml_depth.h"

namespace wagi::config {
namespace {

constexpr std::size_t kKeysListedMax = 8;  // A message lists so many of a table's keys.
// A message quotes the file: a key of a megabyte isn't shown whole, nor on several lines.
constexpr std::size_t kMistakeBytesMax = 1'000;

std::string_view kindOf(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

}  // namespace

Place Mistakes::placeOf(const toml::source_region& source) const {
  return {file_, source.begin.line, source.begin.column};
}

void Mistakes::add(const toml::source_region& source, std::string_view message) {
  addAt(placeOf(source), message);
}

void Mistakes::addAt(Place place, std::string_view message) {
  found_.push_back({std::move(place), printable(message, kMistakeBytesMax)});
}

void Mistakes::addType(std::string_view key, const toml::node& value, std::string_view expected) {
  add(value.source(), fmt::format("`{}`: expected {}, found {}", key, expected, kindOf(value)));
}

std::vector<Diagnostic> Mistakes::take() {
  std::ranges::stable_sort(found_, {}, [](const Diagnostic& diagnostic) {
    return std::tuple(diagnostic.place.line, diagnostic.place.column);
  });
  return std::move(found_);
}

std::optional<toml::table> parseToml(std::string_view text, Mistakes& mistakes) {
  if (text.size() > kFileBytesMax) {
    mistakes.add({}, fmt::format("the file is over {} bytes", kFileBytesMax));
    return std::nullopt;
  }
  if (const std::uint32_t line = lineOfDeepKey(text, kKeyPartsMax)) {
    mistakes.add({{line, 1}, {line, 1}, {}},
                 fmt::format("a key has more than {} parts", kKeyPartsMax));
    return std::nullopt;
  }
  toml::parse_result result = toml::parse(text);
  if (!result) {
    mistakes.add(result.error().source(), std::string(result.error().description()));
    return std::nullopt;
  }
  return std::move(result).table();
}

TableReader::TableReader(const toml::table& table, std::string_view name,
                         std::span<const std::string_view> known, Mistakes& mistakes)
    : table_(table), name_(name), mistakes_(mistakes) {
  for (const auto& [key, value] : table) noteUnknown(key, known);
}

TableReader::TableReader(const toml::table& table, std::string_view name,
                         std::span<const std::string_view> known, Mistakes& mistakes,
                         std::span<const FormerKey> former, Mistakes& warnings)
    : table_(table), name_(name), mistakes_(mistakes) {
  for (const auto& [key, value] : table) {
    const auto found = std::ranges::find(former, key.str(), &FormerKey::key);
    if (found == former.end()) {
      noteUnknown(key, known);
    } else {
      warnings.add(key.source(), fmt::format("`{}` has no effect: {}", found->key, found->advice));
    }
  }
}

void TableReader::noteUnknown(const toml::key& key, std::span<const std::string_view> known) {
  if (std::ranges::find(known, key.str()) != known.end()) return;
  std::string hint;
  if (const auto near = nearest(key.str(), known)) {
    hint = fmt::format(": the nearest known key is `{}`", *near);
  } else if (known.size() <= kKeysListedMax) {
    hint = fmt::format("; the known ones are `{}`", fmt::join(known, "`, `"));
  }
  mistakes_.add(key.source(), fmt::format("unknown key `{}` in {}{}", key.str(), name_, hint));
}

void TableReader::mistake(std::string_view key, std::string message) {
  mistakes_.add(table_.get(key)->source(), std::move(message));
}

toml::source_region regionOf(const Place& place) {
  const toml::source_position at{place.line, place.column};
  return {at, at, {}};
}

std::optional<std::string> readString(std::string_view key, const toml::node& value,
                                      Mistakes& mistakes) {
  const toml::value<std::string>* text = value.as_string();
  if (text == nullptr) {
    mistakes.addType(key, value, "a string");
    return std::nullopt;
  }
  if (text->get().contains('\0')) {
    mistakes.add(value.source(), fmt::format("`{}` must not contain NUL", key));
    return std::nullopt;
  }
  return text->get();
}

const toml::array* readList(std::string_view key, const toml::node& value,
                            std::string_view expected, std::size_t count_max, Mistakes& mistakes) {
  const toml::array* list = value.as_array();
  if (list == nullptr) {
    mistakes.addType(key, value, expected);
  } else if (list->size() > count_max) {
    mistakes.add(value.source(), fmt::format("`{}`: at most {} are possible", key, count_max));
    return nullptr;
  }
  return list;
}

std::vector<const toml::table*> readTables(std::string_view key, const toml::node& value,
                                           std::size_t count_max, Mistakes& mistakes) {
  std::vector<const toml::table*> tables;
  const toml::array* list = readList(key, value, "a list of tables", count_max, mistakes);
  if (list == nullptr) return tables;
  for (const toml::node& item : *list) {
    if (const toml::table* table = item.as_table()) {
      tables.push_back(table);
    } else {
      mistakes.addType(key, item, "a table");
    }
  }
  return tables;
}

std::optional<std::string> TableReader::string(std::string_view key) {
  const toml::node* value = table_.get(key);
  return value == nullptr ? std::nullopt : readString(key, *value, mistakes_);
}

std::optional<std::string> TableReader::nonEmpty(std::string_view key) {
  auto text = string(key);
  if (text && text->empty()) {
    mistake(key, fmt::format("`{}` must not be empty", key));
    return std::nullopt;
  }
  return text;
}

std::optional<std::string> TableReader::required(std::string_view key) {
  if (!table_.contains(key)) {
    mistakes_.add(table_.source(), fmt::format("{} has no `{}`, which is required", name_, key));
  }
  return nonEmpty(key);
}

std::optional<std::size_t> TableReader::oneOf(std::string_view key,
                                              std::initializer_list<std::string_view> names) {
  const auto text = string(key);
  if (!text) return std::nullopt;
  const auto* const found = std::ranges::find(names, *text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  mistake(key, fmt::format("`{}`: expected \"{}\", found \"{}\"", key, fmt::join(names, "\" or \""),
                           *text));
  return std::nullopt;
}

std::optional<bool> TableReader::boolean(std::string_view key) {
  const toml::node* value = table_.get(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* boolean = value->as_boolean()) return boolean->get();
  mistakes_.addType(key, *value, "true or false");
  return std::nullopt;
}

std::optional<std::uint64_t> TableReader::inRange(std::string_view key, std::int64_t value,
                                                  Range range) {
  if (value < 0) {
    mistake(key, fmt::format("`{}` must not be negative", key));
  } else if (static_cast<std::uint64_t>(value) < range.least) {
    mistake(key, fmt::format("`{}` must be at least {}", key, range.least));
  } else if (static_cast<std::uint64_t>(value) > range.most) {
    mistake(key, fmt::format("`{}` must be at most {}", key, range.most));
  } else {
    return static_cast<std::uint64_t>(value);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> TableReader::number(std::string_view key, Range range) {
  const toml::node* value = table_.get(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* integer = value->as_integer()) return inRange(key, integer->get(), range);
  mistakes_.addType(key, *value, "an integer");
  return std::nullopt;
}

std::optional<std::uint64_t> TableReader::size(std::string_view key, Range range) {
  const toml::node* value = table_.get(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* integer = value->as_integer()) return inRange(key, integer->get(), range);
  if (!value->is_string()) {
    mistakes_.addType(key, *value, "an integer or a string such as \"64 MiB\"");
    return std::nullopt;
  }
  const auto bytes = parseSize(value->as_string()->get());
  if (!bytes) {
    mistake(key, fmt::format("`{}`: {}", key, bytes.error().message));
    return std::nullopt;
  }
  if (*bytes > INT64_MAX) {
    mistake(key, fmt::format("`{}` is too large", key));
    return std::nullopt;
  }
  return inRange(key, static_cast<std::int64_t>(*bytes), range);
}

const toml::table* TableReader::table(std::string_view key, std::string_view expected) {
  const toml::node* value = table_.get(key);
  if (value != nullptr && !value->is_table()) mistakes_.addType(key, *value, expected);
  return value == nullptr ? nullptr : value->as_table();
}

const toml::array* TableReader::list(std::string_view key, std::string_view expected,
                                     std::size_t count_max) {
  const toml::node* value = table_.get(key);
  return value == nullptr ? nullptr : readList(key, *value, expected, count_max, mistakes_);
}

std::vector<const toml::table*> TableReader::tables(std::string_view key, std::size_t count_max) {
  const toml::node* value = table_.get(key);
  if (value == nullptr) return {};
  return readTables(key, *value, count_max, mistakes_);
}

std::vector<std::string> TableReader::strings(std::string_view key) {
  std::vector<std::string> strings;
  const toml::array* values = list(key, "a list of strings");
  if (values == nullptr) return strings;
  for (const toml::node& item : *values) {
    if (auto text = readString(key, item, mistakes_)) strings.push_back(*std::move(text));
  }
  return strings;
}

std::map<std::string, std::string> TableReader::texts(std::string_view key) {
  std::map<std::string, std::string> texts;
  const toml::table* values = table(key);
  if (values == nullptr) return texts;
  for (const auto& [name, value] : *values) {
    if (auto text = readString(fmt::format("{}.{}", key, name.str()), value, mistakes_)) {
      texts.emplace(name.str(), *std::move(text));
    }
  }
  return texts;
}

std::vector<EnvPair> TableReader::variables(std::string_view key) {
  std::vector<EnvPair> pairs;
  const toml::table* values = table(key, "a table of strings, such as {NAME = \"value\"}");
  if (values == nullptr) return pairs;
  for (const auto& [name, item] : *values) {
    if (!item.is_string()) {
      mistakes_.addType(fmt::format("{}.{}", key, name.str()), item, "a string");
      continue;
    }
    const std::string& text = item.as_string()->get();
    if (auto good = checkVariable(name.str(), text); !good) {
      mistakes_.add(name.source(), fmt::format("`{}`: {}", key, good.error().message));
      continue;
    }
    pairs.emplace_back(name.str(), text);
  }
  return pairs;
}

}  // namespace wagi::config
