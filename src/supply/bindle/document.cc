#include "supply/bindle/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/utf8.h"

namespace wagi::bindle {
namespace {

constexpr std::size_t kMistakesShown = 10;

// --- Writing TOML.

// What isn't UTF-8, which TOML must be, becomes U+FFFD.
void appendString(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t length = utf8SequenceLength(text);
    const char c = text[0];
    if (length == 0) {
      out.append("\xEF\xBF\xBD");
    } else if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out.push_back('"');
}

std::string keyText(const std::string& key) {
  const bool is_bare = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  if (is_bare) return key;
  std::string quoted;
  appendString(quoted, key);
  return quoted;
}

bool isTables(const Value& value) {
  return value.is_array() && !value.empty() &&
         std::ranges::all_of(value, [](const Value& item) { return item.is_object(); });
}

void appendInline(std::string& out, const Value& value) {
  if (value.is_string()) {
    appendString(out, value.get_ref<const std::string&>());
  } else if (value.is_array()) {
    out.push_back('[');
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out.append(", ");
      appendInline(out, value[i]);
    }
    out.push_back(']');
  } else {
    out.append(value.dump());  // A number or a boolean, which both write alike.
  }
}

bool isOwnValue(const Value& value) {
  return !value.is_null() && !value.is_object() && !isTables(value);
}

// The headers of inner tables say that it is there, too.
bool needsHeader(const Value& table) {
  return table.empty() || std::ranges::any_of(table, isOwnValue);
}

// A table's own values, then what needs a header. `path` is empty for the document itself.
void appendTable(std::string& out, const Value& table, const std::string& path) {
  for (const auto& [key, value] : table.items()) {
    if (!isOwnValue(value)) continue;
    out.append(keyText(key)).append(" = ");
    appendInline(out, value);
    out.push_back('\n');
  }
  for (const auto& [key, value] : table.items()) {
    const std::string inner = path.empty() ? keyText(key) : path + '.' + keyText(key);
    if (value.is_object()) {
      if (needsHeader(value)) fmt::format_to(std::back_inserter(out), "\n[{}]\n", inner);
      appendTable(out, value, inner);
    } else if (isTables(value)) {
      for (const Value& item : value) {
        fmt::format_to(std::back_inserter(out), "\n[[{}]]\n", inner);
        appendTable(out, item, inner);
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
  std::string out;
  appendTable(out, value, "");
  return out;
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

std::vector<const toml::table*> tablesOf(config::TableReader& reader, std::string_view key,
                                         std::size_t count_max, config::Mistakes& mistakes) {
  const toml::node* value = reader.node(key);
  if (value == nullptr) return {};
  if (!value->is_array()) {
    mistakes.addType(key, *value, "a list of tables");
    return {};
  }
  const toml::array& list = *value->as_array();
  if (list.size() > count_max) {
    reader.mistake(key, fmt::format("`{}`: {} are listed, and at most {} are taken", key,
                                    list.size(), count_max));
    return {};
  }
  std::vector<const toml::table*> tables;
  for (const toml::node& item : list) {
    if (const toml::table* table = item.as_table()) {
      tables.push_back(table);
    } else {
      mistakes.addType(key, item, "a table");
    }
  }
  return tables;
}

const toml::table* tableOf(config::TableReader& reader, std::string_view key,
                           config::Mistakes& mistakes) {
  const toml::node* value = reader.node(key);
  if (value != nullptr && !value->is_table()) mistakes.addType(key, *value, "a table");
  return value == nullptr ? nullptr : value->as_table();
}

Texts textsOf(config::TableReader& reader, std::string_view key, config::Mistakes& mistakes) {
  Texts texts;
  if (const toml::table* table = tableOf(reader, key, mistakes)) {
    for (const auto& [name, value] : *table) {
      if (auto text = config::readString(fmt::format("{}.{}", key, name.str()), value, mistakes)) {
        texts.emplace(name.str(), *std::move(text));
      }
    }
  }
  return texts;
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
