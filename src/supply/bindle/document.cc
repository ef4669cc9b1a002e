#include "supply/bindle/document.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "config/toml_writer.h"

namespace wagi::bindle {
namespace {

constexpr std::size_t kMistakesShown = 10;

// --- Writing TOML.

bool isTables(const Value& value) {
  return value.is_array() && !value.empty() &&
         std::ranges::all_of(value, [](const Value& item) { return item.is_object(); });
}

std::string inlineText(const Value& value) {
  if (value.is_string()) return config::tomlString(value.get_ref<const std::string&>());
  // A number or a boolean, which TOML and JSON write alike.
  if (!value.is_array()) return value.dump();
  std::vector<std::string> items;
  for (const Value& item : value) items.push_back(inlineText(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

bool isOwnValue(const Value& value) {
  return !value.is_null() && !value.is_object() && !isTables(value);
}

// Whether a table needs a header of its own; one that has only inner tables doesn't, since their
// headers name it.
bool needsHeader(const Value& table) {
  return table.empty() || std::ranges::any_of(table, isOwnValue);
}

// A table's own values, then what needs a header. `path` is empty for the document itself.
void writeTable(config::TomlWriter& writer, const Value& table, const std::string& path) {
  for (const auto& [key, value] : table.items()) {
    if (isOwnValue(value)) writer.raw(key, inlineText(value));
  }
  for (const auto& [key, value] : table.items()) {
    const std::string name = config::tomlKey(key);
    const std::string inner = path.empty() ? name : path + '.' + name;
    if (value.is_object()) {
      if (needsHeader(value)) writer.table(inner);
      writeTable(writer, value, inner);
    } else if (isTables(value)) {
      for (const Value& item : value) {
        writer.tableOfList(inner);
        writeTable(writer, item, inner);
      }
    }
  }
}

void dropNulls(Value& value) {
  if (value.is_object()) {
    for (auto item = value.begin(); item != value.end();) {
      item = item->is_null() ? value.erase(item) : std::next(item);
    }
  }
  if (value.is_structured()) {
    for (Value& item : value) dropNulls(item);
  }
}

// --- Reading JSON.

using Json = nlohmann::json;

bool addTo(toml::array& list, const Json& value, int depth);

bool addTo(toml::table& table, const Json& object, int depth) {
  if (depth > kDocumentDepthMax) return false;
  for (const auto& [key, value] : object.items()) {
    if (value.is_null()) continue;
    toml::array one;
    if (!addTo(one, value, depth + 1)) return false;
    table.insert_or_assign(key, std::move(one[0]));
  }
  return true;
}

bool addTo(toml::array& list, const Json& value, int depth) {
  if (depth > kDocumentDepthMax) return false;
  if (value.is_object()) {
    toml::table table;
    if (!addTo(table, value, depth)) return false;
    list.push_back(std::move(table));
  } else if (value.is_array()) {
    toml::array items;
    for (const Json& item : value) {
      if (!item.is_null() && !addTo(items, item, depth + 1)) return false;
    }
    list.push_back(std::move(items));
  } else if (value.is_string()) {
    list.push_back(value.get<std::string>());
  } else if (value.is_boolean()) {
    list.push_back(value.get<bool>());
  } else if (value.is_number_integer() &&
             !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)) {
    list.push_back(value.get<std::int64_t>());
  } else {
    list.push_back(value.get<double>());
  }
  return true;
}

std::optional<toml::table> readJson(std::string_view text, config::Mistakes& mistakes) {
  const Json value = Json::parse(text, nullptr, false);
  toml::table table;
  if (!value.is_object()) {
    mistakes.add({}, value.is_discarded() ? "it is no JSON" : "it is no JSON object");
  } else if (!addTo(table, value, 0)) {
    mistakes.add({}, fmt::format("it nests deeper than {}", kDocumentDepthMax));
  } else {
    return table;
  }
  return std::nullopt;
}

}  // namespace

std::string write(const Value& value, Format format) {
  if (format == Format::kJson) {
    Value clean = value;
    dropNulls(clean);
    return clean.dump(-1, ' ', false, Value::error_handler_t::replace);
  }
  config::TomlWriter writer;
  writeTable(writer, value, "");
  return writer.take();
}

std::optional<toml::table> read(std::string_view text, Format format, config::Mistakes& mistakes,
                                std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    mistakes.add({},
                 fmt::format("it has {} bytes, and at most {} are read", text.size(), bytes_max));
    return std::nullopt;
  }
  return format == Format::kJson ? readJson(text, mistakes) : config::parseToml(text, mistakes);
}

Error errorOf(config::Mistakes& mistakes) {
  std::vector<config::Diagnostic> found = mistakes.take();
  const std::size_t count = found.size();
  found.resize(std::min(count, kMistakesShown));
  std::string text = config::text(found);
  if (count > kMistakesShown)
    fmt::format_to(std::back_inserter(text), "\n... and {} more", count - kMistakesShown);
  return {std::move(text)};
}

}  // namespace wagi::bindle
