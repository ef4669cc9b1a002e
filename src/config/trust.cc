#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/nearest.h"
#include "config/sections.h"

namespace wagi::config {
namespace {

constexpr std::string_view kName = "[trust]";
constexpr auto kKeys = std::to_array<std::string_view>({"keys", "required"});

std::vector<TrustedKey> readKeys(const toml::table& table, Mistakes& mistakes) {
  std::vector<TrustedKey> keys;
  for (const auto& [name, value] : table) {
    auto path = readString(fmt::format("keys.{}", name.str()), value, mistakes);
    if (!path) continue;
    if (path->empty()) {
      mistakes.add(value.source(), fmt::format("`keys.{}` must not be empty", name.str()));
      continue;
    }
    keys.push_back({std::string(name.str()), *std::move(path), mistakes.placeOf(value.source())});
  }
  return keys;
}

TrustRule readRule(const toml::key& pattern, const toml::node& value,
                   const std::vector<std::string_view>& names, Mistakes& mistakes) {
  TrustRule rule{.pattern = std::string(pattern.str()), .keys = {}};
  const std::string where = fmt::format("required.{}", pattern.str());
  if (rule.pattern.empty()) mistakes.add(pattern.source(), "`required` has an empty pattern");
  const toml::array* list = readList(where, value, "a list of names in `keys`", SIZE_MAX, mistakes);
  if (list == nullptr) return rule;
  for (const toml::node& item : *list) {
    auto name = readString(where, item, mistakes);
    if (!name) continue;
    if (std::ranges::find(names, *name) == names.end()) {
      const auto near = nearest(*name, names);
      mistakes.add(item.source(),
                   fmt::format("`{}` names the key `{}`, {}{}", where, *name,
                               names.empty() ? "and there are no `keys`" : "which isn't in `keys`",
                               near ? fmt::format(": the nearest one is `{}`", *near) : ""));
      continue;
    }
    rule.keys.push_back(*std::move(name));
  }
  // Nothing could ever satisfy it.
  if (list->empty()) {
    mistakes.add(value.source(), fmt::format("`{}` must name at least one key", where));
  }
  return rule;
}

}  // namespace

Trust readTrust(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, kName, kKeys, mistakes);
  Trust trust;
  if (const auto* keys = reader.table("keys", "a table, such as {acme = \"acme.pub\"}")) {
    trust.keys = readKeys(*keys, mistakes);
  }
  // A key whose path is a mistake is none that is missing.
  std::vector<std::string_view> names;
  if (const toml::node* keys = reader.node("keys"); keys != nullptr && keys->is_table()) {
    for (const auto& [name, value] : *keys->as_table()) names.push_back(name.str());
  }
  constexpr std::string_view kRequired = "a table, such as {\"ghcr.io/acme/*\" = [\"acme\"]}";
  if (const auto* required = reader.table("required", kRequired)) {
    for (const auto& [pattern, value] : *required) {
      trust.rules.push_back(readRule(pattern, value, names, mistakes));
    }
  }
  return trust;
}

}  // namespace wagi::config
