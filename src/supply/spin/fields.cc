#include "supply/spin/fields.h"

#include <fmt/format.h>

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
  ignore(key);
  return reader_.string(key);
}

std::optional<std::string> Fields::required(std::string_view key) {
  if (any(key) == nullptr) {
    report_.mistakes.add(source(), fmt::format("{} has no `{}`, which is required", name_, key));
  }
  return string(key);
}

const toml::table* Fields::table(std::string_view key) {
  ignore(key);
  return reader_.table(key);
}

std::vector<const toml::table*> Fields::tables(std::string_view key) {
  ignore(key);
  return reader_.tables(key);
}

const toml::array* Fields::list(std::string_view key, std::string_view expected) {
  ignore(key);
  return reader_.list(key, expected);
}

std::vector<Fields::Text> Fields::texts(std::string_view key) {
  std::vector<Text> texts;
  const toml::array* values = list(key, "a list of strings");
  if (values == nullptr) return texts;
  for (const toml::node& item : *values) {
    if (auto text = config::readString(key, item, report_.mistakes)) {
      texts.push_back({*std::move(text), report_.mistakes.placeOf(item.source())});
    }
  }
  return texts;
}

std::vector<config::EnvPair> Fields::variables(std::string_view key) {
  ignore(key);
  return reader_.variables(key);
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
