#include "supply/hippo/hippofacts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include "config/toml_reader.h"
#include "routing/pattern.h"
#include "supply/bindle/version.h"

namespace wagi::hippo {
namespace {

using config::Mistakes;
using config::TableReader;

constexpr auto kTopKeys =
    std::to_array<std::string_view>({"bindle", "annotations", "handler", "export"});
constexpr auto kBindleKeys =
    std::to_array<std::string_view>({"name", "version", "description", "authors"});
constexpr auto kHandlerKeys =
    std::to_array<std::string_view>({"route", "name", "external", "entrypoint", "files"});
constexpr auto kExternalKeys = std::to_array<std::string_view>({"bindleId", "handlerId"});
constexpr auto kExportKeys = std::to_array<std::string_view>({"name", "id", "entrypoint", "files"});

constexpr auto kNames =
    std::to_array<std::string_view>({"HIPPOFACTS", "hippofacts", "Hippofacts", "HIPPOFACTS.toml",
                                     "hippofacts.toml", "Hippofacts.toml"});

void readBindle(const toml::table& table, Hippofacts& facts, Mistakes& mistakes) {
  TableReader reader(table, "[bindle]", kBindleKeys, mistakes);
  if (auto name = reader.required("name")) {
    if (const auto good = bindle::checkName(*name); !good) {
      reader.mistake("name", fmt::format("`name`: {}", good.error().message));
    }
    facts.id.name = *std::move(name);
  }
  if (auto version = reader.required("version")) {
    if (const auto good = bindle::Version::parse(*version); !good) {
      reader.mistake("version", fmt::format("`version`: {}", good.error().message));
    }
    facts.id.version = *std::move(version);
  }
  facts.description = reader.string("description");
  facts.authors = reader.strings("authors");
}

std::vector<Files> readFiles(TableReader& reader, Mistakes& mistakes) {
  constexpr std::string_view kKey = "files";
  std::vector<Files> files;
  const toml::array* list =
      reader.list(kKey, "a list of patterns, such as [\"assets/**\"]", kPatternsMax);
  if (list == nullptr) return files;
  for (const toml::node& item : *list) {
    const auto text = config::readString(kKey, item, mistakes);
    if (!text) continue;
    // "**" must not publish hidden files, such as .env and .git.
    auto glob = glob::Glob::parse(*text, glob::Hidden::kByNameOnly);
    if (glob) {
      files.push_back({*std::move(glob), mistakes.placeOf(item.source())});
    } else {
      mistakes.add(item.source(), fmt::format("`files`: {}", glob.error().message));
    }
  }
  return files;
}

// Reads the path of a module in the folder; "" where it is missing or a mistake.
std::string readName(TableReader& reader) {
  const auto name = reader.nonEmpty("name");
  if (!name) return {};
  auto path = glob::normalPath(*name);
  if (path) return *std::move(path);
  reader.mistake("name", fmt::format("`name`: `{}`: {}", *name, path.error().message));
  return {};
}

void readExternal(TableReader& handler, Entry& entry, Mistakes& mistakes) {
  const toml::table* table = handler.table("external");
  if (table == nullptr) return;
  TableReader reader(*table, "`external`", kExternalKeys, mistakes);
  if (const auto text = reader.required("bindleId")) {
    if (auto id = bindle::parseId(*text)) {
      entry.bindle = *std::move(id);
    } else {
      reader.mistake("bindleId", fmt::format("`bindleId`: {}", id.error().message));
    }
  }
  entry.id = reader.required("handlerId").value_or("");
}

Entry readHandler(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, "[[handler]]", kHandlerKeys, mistakes);
  Entry entry;
  entry.place = mistakes.placeOf(table.source());
  if (auto route = reader.required("route")) {
    if (const auto pattern = routing::Pattern::parse(*route); !pattern) {
      reader.mistake("route", pattern.error().message);
    }
    entry.route = *std::move(route);
  }
  const bool has_name = reader.node("name") != nullptr;
  const bool has_external = reader.node("external") != nullptr;
  if (has_name == has_external) {
    mistakes.add(table.source(), "[[handler]] must have exactly one of `name` and `external`");
  }
  if (has_name) entry.name = readName(reader);
  entry.entrypoint = reader.nonEmpty("entrypoint");
  if (has_external) {
    entry.kind = Entry::Kind::kExternal;
    readExternal(reader, entry, mistakes);
    if (entry.entrypoint) {
      reader.mistake("entrypoint", "`entrypoint` is not possible beside `external`");
    }
  }
  entry.files = readFiles(reader, mistakes);
  return entry;
}

Entry readExport(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, "[[export]]", kExportKeys, mistakes);
  Entry entry;
  entry.kind = Entry::Kind::kExport;
  entry.place = mistakes.placeOf(table.source());
  if (reader.node("name") == nullptr) {
    mistakes.add(table.source(), "[[export]] has no `name`, which is required");
  }
  entry.name = readName(reader);
  entry.id = reader.required("id").value_or("");
  entry.entrypoint = reader.nonEmpty("entrypoint");
  entry.files = readFiles(reader, mistakes);
  return entry;
}

}  // namespace

std::string Entry::group() const {
  switch (kind) {
    case Kind::kHandler:
      return fmt::format("{}-files", name);
    case Kind::kExternal:
      return fmt::format("import:{}:{}-at-{}-files", bindle.text(), id, route);
    case Kind::kExport:
      return fmt::format("{}-{}-files", name, id);
  }
  std::unreachable();
}

std::expected<Hippofacts, Diagnostics> parse(std::string_view text, const std::string& file) {
  Mistakes mistakes(file);
  const auto root = config::parseToml(text, mistakes);
  if (!root) return std::unexpected(mistakes.take());
  TableReader reader(*root, "the file", kTopKeys, mistakes);
  Hippofacts facts;
  if (reader.node("bindle") == nullptr) {
    mistakes.add({}, "there is no [bindle], which is required");
  } else if (const toml::table* table = reader.table("bindle")) {
    readBindle(*table, facts, mistakes);
  }
  facts.annotations = reader.texts("annotations");
  for (const toml::table* table : reader.tables("handler", kEntriesMax)) {
    facts.entries.push_back(readHandler(*table, mistakes));
  }
  std::map<std::string, Entry> exports;  // By their ids.
  for (const toml::table* table : reader.tables("export", kEntriesMax)) {
    Entry entry = readExport(*table, mistakes);
    const auto [first, is_new] = exports.try_emplace(entry.id, entry);
    // A second export of the same id may add files, but mustn't be of another module.
    const bool is_same =
        first->second.name == entry.name && first->second.entrypoint == entry.entrypoint;
    if (!is_new && !is_same && !entry.id.empty()) {
      mistakes.add(table->source(),
                   fmt::format("two [[export]] that differ have the `id` {}", entry.id));
    }
    facts.entries.push_back(std::move(entry));
  }
  if (facts.entries.empty()) {
    mistakes.add({}, "there is no [[handler]] and no [[export]]: one of them is required");
  }
  if (!mistakes.none()) return std::unexpected(mistakes.take());
  return facts;
}

Result<std::string> findHippofacts(const std::string& path) {
  std::error_code unknown;
  if (!std::filesystem::is_directory(path, unknown)) return path;
  std::vector<std::string> found;
  for (const std::string_view name : kNames) {
    std::string file = (std::filesystem::path(path) / name).string();
    if (std::filesystem::exists(std::filesystem::symlink_status(file, unknown))) {
      found.push_back(std::move(file));
    }
  }
  if (found.empty()) return fail(fmt::format("there is no HIPPOFACTS in the folder {}", path));
  if (found.size() > 1) {
    return fail(fmt::format("the folder {} has more than one HIPPOFACTS: {}", path,
                            fmt::join(found, ", ")));
  }
  return found.front();
}

std::string folderOf(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) return path;
  std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace wagi::hippo
