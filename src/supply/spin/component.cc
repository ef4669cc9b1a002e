#include "supply/spin/component.h"

#include <fmt/format.h>

#include <string_view>

namespace wagi::spin {
namespace {

// Reads the module's path. nullopt where a table says from where to fetch it instead.
std::optional<std::string> readSource(Fields& fields, Report& report) {
  const toml::node* value = fields.any("source");
  const toml::table* table = value == nullptr ? nullptr : value->as_table();
  if (table == nullptr) return fields.required("source");
  const toml::value<std::string>* url = table->get_as<std::string>("url");
  report.left_out.add(
      table->source(),
      fmt::format("{}: its module is fetched from {}; download it, and name its file in `source`",
                  fields.name(), url == nullptr ? "a registry" : url->get()));
  return std::nullopt;
}

std::vector<Mount> readFiles(Fields& fields, Report& report) {
  constexpr std::string_view kKey = "files";
  std::vector<Mount> mounts;
  const toml::array* list = fields.list(kKey, "a list");
  if (list == nullptr) return mounts;
  for (const toml::node& item : *list) {
    Mount mount;
    mount.place = report.mistakes.placeOf(item.source());
    if (const toml::table* table = item.as_table()) {
      Fields inner(*table, "`files`", report);
      auto source = inner.required("source");
      auto destination = inner.required("destination");
      inner.leaveOutRest();
      if (!source || !destination) continue;
      mount.source = *std::move(source);
      mount.destination = destination->empty() ? "/" : *std::move(destination);
    } else if (auto pattern = config::readString(kKey, item, report.mistakes)) {
      mount.source = *std::move(pattern);
    } else {
      continue;
    }
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

void leaveOutServices(Fields& fields, Version version) {
  fields.leaveOut("key_value_stores", "Wagi has no key-value stores");
  fields.leaveOut("sqlite_databases",
                  "Wagi has no databases of its own; a program can bring "
                  "SQLite and a volume");
  fields.leaveOut("ai_models", "Wagi runs no models");
  fields.leaveOut(version == Version::k1 ? "config" : "variables",
                  "Wagi has no variables that a program asks for; see `environment`");
  if (version == Version::k1) return;
  fields.leaveOut("dependencies", "Wagi composes no components");
  fields.leaveOut("dependencies_inherit_configuration", "Wagi composes no components");
  fields.leaveOut("executor", "it has no effect in Spin, either: it belongs to [[trigger.http]]");
}

}  // namespace

std::optional<Component> readComponent(Fields& fields, const std::string& id, Version version,
                                       Report& report) {
  auto source = readSource(fields, report);
  if (!source) return std::nullopt;
  Component component;
  component.id = id;
  component.source = *std::move(source);
  component.place = fields.place();
  component.files = readFiles(fields, report);
  component.excluded = fields.texts("exclude_files");
  component.environment = fields.variables("environment");
  component.hosts = fields.texts("allowed_http_hosts");
  if (version == Version::k2) component.outbound_hosts = fields.texts("allowed_outbound_hosts");
  fields.ignore("description");
  fields.ignore("tool");
  fields.note("build", "Wagi builds nothing; run its command before you start wagi");
  leaveOutServices(fields, version);
  fields.leaveOutRest();
  return component;
}

}  // namespace wagi::spin
