#include "supply/oci/modules_in_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ranges>

#include "base/printable.h"

namespace wagi::oci {
namespace {

constexpr std::size_t kPathBytesMax = 4096;
constexpr std::size_t kListedMax = 5;
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

// Paths for a message: "/a, /b, ..."
std::string listOf(const std::vector<std::string>& paths) {
  std::vector<std::string> listed;
  for (const std::string& path : paths | std::views::take(kListedMax)) {
    listed.push_back('/' + printable(path));
  }
  return fmt::format("{}{}", fmt::join(listed, ", "), listed.size() < paths.size() ? ", ..." : "");
}

bool isCalledWasm(std::string_view path) { return path.ends_with(".wasm"); }

}  // namespace

std::optional<std::string> pathInImage(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part == "..") return std::nullopt;
    if (part.empty() || part == ".") continue;
    if (!result.empty()) result.push_back('/');
    result.append(part);
  }
  return result;
}

Result<void> ModulesInLayers::add(std::string_view path, EntryKind kind, const File& file) {
  const std::size_t layer = file.layer;
  const auto clean = path.size() <= kPathBytesMax ? pathInImage(path) : std::nullopt;
  if (!clean) return fail(fmt::format("the file '{}' leaves the image", printable(path)));
  const std::size_t slash = clean->rfind('/');
  const std::string folder = slash == std::string::npos ? "" : clean->substr(0, slash);
  const std::string_view name =
      std::string_view(*clean).substr(slash == std::string::npos ? 0 : slash + 1);
  if (name == kOpaque) {
    removeBelow(folder, layer);
    return {};
  }
  if (name.starts_with(kWhiteout)) {
    const std::string removed =
        fmt::format("{}{}{}", folder, folder.empty() ? "" : "/", name.substr(kWhiteout.size()));
    removeBelow(removed, layer);
    if (const auto before = files_.find(removed);
        before != files_.end() && before->second.layer < layer) {
      files_.erase(before);
    }
    return {};
  }
  // The entry replaces a file of its name, and all below a folder of its name.
  files_.erase(*clean);
  if (kind != EntryKind::kFolder) removeBelow(*clean, layer + 1);
  if (kind == EntryKind::kFile && (file.is_module || isCalledWasm(*clean))) {
    files_.emplace(*clean, file);
  }
  return {};
}

std::vector<std::string> ModulesInLayers::modules() const {
  std::vector<std::string> paths;
  for (const auto& [path, file] : files_) {
    if (file.is_module) paths.push_back(path);
  }
  return paths;
}

// Removes files that layers before `layer` put below a folder; "" is the root.
void ModulesInLayers::removeBelow(const std::string& folder, std::size_t layer) {
  const std::string prefix = folder.empty() ? "" : folder + '/';
  for (auto file = files_.lower_bound(prefix);
       file != files_.end() && file->first.starts_with(prefix);) {
    file = file->second.layer < layer ? files_.erase(file) : std::next(file);
  }
}

Result<std::string> chooseModule(const ModulesInLayers& found,
                                 const std::vector<std::string>& programs) {
  const std::vector<std::string> modules = found.modules();
  const auto meant = std::ranges::find_first_of(programs, modules);
  if (meant != programs.end()) return *meant;
  if (modules.size() == 1) return modules.front();
  const auto named = std::ranges::find_if(modules, isCalledWasm);
  if (std::ranges::count_if(modules, isCalledWasm) == 1) return *named;
  if (!modules.empty()) {
    return fail(
        fmt::format("expected an image with one module, or with an Entrypoint that names "
                    "one, it has {}: {}",
                    modules.size(), listOf(modules)));
  }
  if (found.files().empty()) return fail("expected an image with a module, it has none");
  const auto keys = std::views::keys(found.files());
  return fail(fmt::format("expected an image with a module, these are none by their bytes: {}",
                          listOf({keys.begin(), keys.end()})));
}

}  // namespace wagi::oci
