#include "supply/spin/fields.h"

#include <fmt/format.h>

#include "config/env_pair.h"

namespace wagi::spin {
namespace {

bool saysNothing(const toml::node& value) {
  if (const auto* boolean = value.as_boolean()) return !boolean->get();
  if (const toml::array* list = value.as_array()) return list->empty();
  if (const toml::table* table = value.as_table()) return table->empty();
  return false;
}

}  // namespace

const toml::node* Fields::any(std::string_view key) {
  asked_.emplace(key);
  return table_.get(key);
}

std::optional<std::string> Fields::string(std::string_view key) {
  const toml::node* value = any(key);
  return value == nullptr ? std::nullopt : config::readString(key, *value, report_.mistakes);
}

std::optional<std::string> Fields::required(std::string_view key) {
  if (any(key) == nullptr) {
    report_.mistakes.add(source(), fmt::format("{} has no `{}`, which is required", name_, key));
  }
  return string(key);
}

const toml::table* Fields::table(std::string_view key) {
  const toml::node* value = any(key);
  if (value == nullptr) return nullptr;
  if (!value->is_table()) report_.mistakes.addType(key, *value, "a table");
  return value->as_table();
}

std::vector<Fields::Text> Fields::texts(std::string_view key) {
  const toml::node* value = any(key);
  if (value == nullptr) return {};
  if (!value->is_array()) {
    report_.mistakes.addType(key, *value, "a list of strings");
    return {};
  }
  std::vector<Text> list;
  for (const toml::node& item : *value->as_array()) {
    if (auto text = config::readString(key, item, report_.mistakes)) {
      list.push_back({*std::move(text), report_.mistakes.placeOf(item.source())});
    }
  }
  return list;
}

std::vector<std::pair<std::string, std::string>> Fields::variables(std::string_view key) {
  const toml::table* table = this->table(key);
  if (table == nullptr) return {};
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, item] : *table) {
    const auto value = config::readString(name.str(), item, report_.mistakes);
    if (!value) continue;
    if (const auto good = config::checkVariable(name.str(), *value)) {
      pairs.emplace_back(name.str(), *value);
    } else {
      report_.mistakes.add(name.source(), fmt::format("`{}`: {}", key, good.error().message));
    }
  }
  return pairs;
}

void Fields::leaveOut(std::string_view key, std::string_view why) {
  const toml::node* value = any(key);
  if (value == nullptr || saysNothing(*value)) return;
  report_.left_out.add(value->source(), fmt::format("`{}` of {}: {}", key, name_, why));
}

void Fields::note(std::string_view key, std::string_view why) {
  const toml::node* value = any(key);
  if (value == nullptr || saysNothing(*value)) return;
  report_.notes.add(value->source(), fmt::format("`{}` of {}: {}", key, name_, why));
}

void Fields::leaveOutRest() {
  for (const auto& [key, value] : table_) {
    if (asked_.contains(key.str())) continue;
    report_.left_out.add(key.source(),
                         fmt::format("`{}` of {}: nothing is known of this key", key.str(), name_));
  }
}

config::Place Fields::place() const { return report_.mistakes.placeOf(source()); }

config::Place Fields::placeOf(std::string_view key) const {
  const toml::node* value = table_.get(key);
  return report_.mistakes.placeOf(value == nullptr ? source() : value->source());
}

}  // namespace wagi::spin
