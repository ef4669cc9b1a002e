#include "supply/glob/glob.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

#include "supply/glob/name.h"

namespace wagi::glob {
namespace {

constexpr std::string_view kFolders = "**";

}  // namespace

Result<std::vector<std::string>> partsOf(std::string_view path) {
  if (path.contains('\0')) return fail("it has a NUL");
  if (path.starts_with('/')) {
    return fail("it leaves the folder, since it is absolute; write it relative to the folder");
  }
  std::vector<std::string> parts;
  for (const auto range : std::views::split(path, '/')) {
    const std::string_view part(range);
    if (part == "..") return fail("it leaves the folder, by `..`");
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  if (parts.empty()) return fail("it names no file");
  return parts;
}

Result<std::string> normalPath(std::string_view path) {
  const auto parts = partsOf(path);
  if (!parts) return std::unexpected(parts.error());
  return fmt::format("{}", fmt::join(*parts, "/"));
}

Result<Glob> Glob::parse(std::string_view text, Hidden hidden) {
  const auto wrong = [&](std::string_view why) {
    return fail(fmt::format("the pattern `{}`: {}", text.substr(0, 200), why));
  };
  if (text.size() > kPatternBytesMax) {
    return wrong(fmt::format("it is longer than {} bytes", kPatternBytesMax));
  }
  const auto parts = partsOf(text);
  if (!parts) return wrong(parts.error().message);
  Glob glob{std::string(text), hidden};
  for (const std::string& part : *parts) {
    if (const auto mistake = mistakeIn(part)) return wrong(*mistake);
    const bool again = part == kFolders && !glob.parts_.empty() && glob.parts_.back() == kFolders;
    if (!again) glob.parts_.push_back(part);
  }
  if (glob.parts_.size() > kPatternPartsMax) {
    return wrong(fmt::format("it has more than {} parts", kPatternPartsMax));
  }
  return glob;
}

std::optional<std::string> Glob::literal() const {
  if (std::ranges::any_of(parts_, hasWildcard)) return std::nullopt;
  return fmt::format("{}", fmt::join(parts_, "/"));
}

// Adds a part to the position, and the one behind it where the part is a "**", which may stand for
// no folder. A "**" at the end needs a name.
void Glob::add(Position& position, std::size_t part) const {
  if (std::ranges::find(position, part) != position.end()) return;
  position.push_back(part);
  const bool is_folders = part < parts_.size() && parts_[part] == kFolders;
  if (is_folders && part + 1 < parts_.size()) add(position, part + 1);
}

Glob::Position Glob::start() const {
  Position position;
  add(position, 0);
  return position;
}

Glob::Position Glob::step(const Position& at, std::string_view name, Step step) const {
  const bool hidden = name.starts_with('.') && hidden_ == Hidden::kByNameOnly;
  Position next;
  for (const std::size_t index : at) {
    if (index == parts_.size()) continue;
    const std::string& part = parts_[index];
    if (part == kFolders) {
      if (hidden || step == Step::kDirectly) continue;
      add(next, index);
      if (index + 1 == parts_.size()) add(next, parts_.size());
    } else if ((!hidden || part.starts_with('.')) && matchesName(part, name)) {
      add(next, index + 1);
    }
  }
  return next;
}

bool Glob::isEnd(const Position& at) const {
  return std::ranges::find(at, parts_.size()) != at.end();
}

bool Glob::goesOn(const Position& at) const {
  return std::ranges::any_of(at, [&](std::size_t part) { return part < parts_.size(); });
}

bool Glob::matches(std::string_view path) const {
  Position position = start();
  for (const auto name : std::views::split(path, '/')) {
    position = step(position, std::string_view(name), Step::kAny);
    if (position.empty()) return false;
  }
  return isEnd(position);
}

}  // namespace wagi::glob
