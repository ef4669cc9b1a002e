// Keeps each name of the store in a JSON file.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/sha256.h"
#include "supply/store/store.h"
#include "supply/store/write.h"

namespace wagi::store {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kNameBytesMax = 64 << 20;  // An invoice may need many thousand blobs.
constexpr mode_t kNameMode = 0600;

// Reads a file that remember() wrote; nullopt for any other.
std::optional<Name> read(const std::string& path) {
  const auto bytes = readFile(path, kNameBytesMax);
  if (!bytes) return std::nullopt;
  const Json json = Json::parse(*bytes, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const auto text = [](const Json& object, const char* key) -> std::string {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto list = [&](const char* key) {
    std::vector<std::string> items;
    const auto found = json.find(key);
    if (found == json.end() || !found->is_array()) return items;
    for (const Json& item : *found) {
      if (item.is_string()) items.push_back(item.get<std::string>());
    }
    return items;
  };
  Name name{.reference = text(json, "reference"),
            .digest = text(json, "digest"),
            .blobs = list("blobs"),
            .trees = list("trees")};
  if (name.reference.empty() || parseDigest(name.digest) != name.digest) return std::nullopt;
  for (const Digest& blob : name.blobs) {
    if (parseDigest(blob) != blob) return std::nullopt;
  }
  if (const auto at = json.find("used_at"); at != json.end() && at->is_number_integer()) {
    name.used_at = at->get<std::int64_t>();
  }
  return name;
}

}  // namespace

std::string Store::namePath(const std::string& reference) const {
  return fmt::format("{}/names/{}.json", directory_, sha256Hex(reference));
}

Result<void> Store::remember(const Name& name) const {
  const Json json{{"reference", name.reference},
                  {"digest", name.digest},
                  {"blobs", name.blobs},
                  {"trees", name.trees},
                  {"used_at", name.used_at}};
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace);
  return writeWhole(namePath(name.reference), text + '\n', kNameMode);
}

std::optional<Name> Store::recall(const std::string& reference) const {
  auto name = read(namePath(reference));
  if (!name || name->reference != reference) return std::nullopt;
  return name;
}

std::vector<Name> Store::names() const {
  std::vector<Name> names;
  std::error_code error;
  for (const auto& item : std::filesystem::directory_iterator(directory_ + "/names", error)) {
    if (item.path().extension() != ".json") continue;
    if (auto name = read(item.path().native())) names.push_back(*std::move(name));
  }
  std::ranges::sort(names, {}, &Name::reference);
  return names;
}

}  // namespace wagi::store
